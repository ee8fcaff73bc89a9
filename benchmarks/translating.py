"""Translating: quality for time against a plain PyTorch encoder-decoder, speed against torch, and dates.

quality: `textrnn train-seq2seq` with its defaults and the tutorial's network (tutorial_translator.py) are trained for
the same time on the same pairs of FILE, and translate the same held-out tenth, whose sources neither has seen. Scored
by sacrebleu against the text as it stands in FILE: 13a tokens, with case, and again without; no side is normalised.
textrnn keeps a tenth of its pairs to choose its best weights by, the peer learns from all.
speed: the held-out tenth translated greedily on NumPy, batched, and by torch's forward pass of the same network with
the same weights, sentence by sentence; one thread for either, in turn; pairs a second.
dates: the toy task, trained for the same time, exact match on a held-out tenth.

    .venv/bin/python benchmarks/translating.py FILE [--budget 180] [--seed 0] [--only quality speed dates]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

# before NumPy is imported; torch has a number of its own, and training takes what it finds
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import torch
from harness import rates, report, spread
from sacrebleu import BLEU, CHRF
from tutorial_translator import translations

import textrnn
from textrnn.data.pair_data import split_pairs
from textrnn.data.pairs import Pairs, read_pairs
from textrnn.inference.seq2seq.model import Translator
from textrnn.networks.build import cell_of
from textrnn.networks.seq2seq import decode, encode
from textrnn.text.vocabulary import END, UNKNOWN
from textrnn.training.forms import native
from textrnn.training.tensors import to_tensors

TEXTRNN = [sys.executable, "-m", "textrnn"]
HELD_OUT = 0.1
Texts = tuple[list[str], list[str]]
Rows = list[dict[str, object]]


def parts_of(pairs: Pairs, seed: int) -> tuple[Texts, Texts]:
    """Sources and targets to train on, and held out; all pairs of a source are on one side."""
    train, held_out = (
        ([pairs.sources[place] for place in places], [pairs.targets[place] for place in places])
        for places in split_pairs(pairs.sources, HELD_OUT, seed=seed)
    )
    return train, held_out


def trained(train: Texts, run: Path, budget: float, seed: int) -> dict[str, Any]:
    """Train by the command that a user types."""
    file = run.with_suffix(".jsonl")
    rows = ({"source": one, "target": other} for one, other in zip(*train, strict=True))
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    words = ["train-seq2seq", str(file), "--budget", f"{budget:g}s", "--seed", str(seed), "--out", str(run), "--json"]
    began = time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([*TEXTRNN, *words], stdout=subprocess.PIPE, check=True, text=True, env=environment)
    told = json.loads(done.stdout)
    wall = time.perf_counter() - began
    return {"wall_s": wall, "steps": told["steps"], "parameters": told["parameters"]}


def scores(found: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """Figures from 0 to 100 against the text as it stands."""
    lower = BLEU(lowercase=True, force=True)
    return {
        "bleu": BLEU(force=True).corpus_score(found, [wanted]).score,
        "bleu_lowercase": lower.corpus_score(found, [wanted]).score,
        "chrf": CHRF().corpus_score(found, [wanted]).score,
        "exact_match": 100 * sum(one == other for one, other in zip(found, wanted, strict=True)) / len(wanted),
    }


def loaded(run: Path) -> Translator:
    """The translator of a run."""
    model = textrnn.load(run)
    assert isinstance(model, Translator)
    return model


def quality(train: Texts, held_out: Texts, run: Path, budget: float, seed: int) -> Rows:
    """Both trained for the same time, scored on the same pairs."""
    sources, targets = held_out
    rows: Rows = []
    condition = {"budget_s": budget, "seed": seed, "pairs": len(sources)}
    facts = trained(train, run, budget, seed)
    for search, beam in (("greedy", 1), ("beam 5", 5)):
        found = [one.text for one in loaded(run).translate(sources, beam=beam)]
        rows.append({"quality of": f"textrnn, {search}", **condition, **scores(found, targets), **facts})
    found, facts = translations(train, sources, seconds=budget, seed=seed)
    rows.append(
        {"quality of": "tutorial's GRU with additive attention", **condition, **scores(found, targets), **facts}
    )
    return rows


def batched(model: Translator, sources: Sequence[str]) -> Callable[[], int]:
    """Return what translates all sources as `textrnn translate` does, greedily."""
    return lambda: len(model.translate(sources, beam=1))


def sentence_by_sentence(model: Translator, sources: Sequence[str], most: int) -> tuple[Callable[[], int], list[str]]:
    """Return what calls torch's forward pass once a sentence, a step a unit, and the texts that it found."""
    cell = cell_of(model.settings)
    p, loop = to_tensors(model.engine.parameters, torch.device("cpu")), partial(native, cell)
    texts: list[str] = []

    @torch.inference_mode()
    def work() -> int:
        texts.clear()
        for text in sources:
            ids = torch.from_numpy(np.asarray(model.sides.source_ids(text), np.int64))[None]
            memory, state = encode(cell, p, ids, torch.tensor([ids.shape[1]]), loop)
            unit, found = END, list[int]()
            while len(found) < most:
                logits, state, _ = decode(p.decoder, torch.tensor([[unit]]), memory, state, loop)
                # it is never written
                logits[0, 0, UNKNOWN] = -torch.inf
                unit = int(logits[0, 0].argmax())
                if unit == END:
                    break
                found.append(unit)
            texts.append(model.sides.text(found))
        return len(sources)

    return work, texts


def speed(held_out: Texts, run: Path, rounds: int) -> Rows:
    """Both in turn, and how many texts are the same: to the last digit they need not be."""
    torch.set_num_threads(1)
    sources, model = held_out[0], loaded(run)
    ours = [one.text for one in model.translate(sources, beam=1)]
    most = 10 + max(len(model.sides.target_ids(text)) for text in ours)
    work, texts = sentence_by_sentence(model, sources, most)
    names = ("textrnn, batched, NumPy", "torch, sentence by sentence")
    found = rates(dict(zip(names, (batched(model, sources), work), strict=True)), rounds=rounds)
    mine, theirs = found.values()
    rows: Rows = [{"speed of": name, "pairs/s": spread(values)} for name, values in found.items()]
    ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
    same = sum(one == other for one, other in zip(ours, texts, strict=True)) / len(ours)
    return [*rows, {"speed of": "ratio", "times": spread(ratios), "same_texts": same}]


def dates(run: Path, budget: float, seed: int) -> Rows:
    """The toy task, scored on dates held out of it."""
    train, (sources, targets) = parts_of(read_pairs(["dates"]), seed)
    facts = trained(train, run, budget, seed)
    found = [one.text for one in loaded(run).translate(sources, beam=1)]
    condition = {"budget_s": budget, "seed": seed, "pairs": len(sources)}
    return [{"dates": "textrnn, greedy", **condition, "exact_match": scores(found, targets)["exact_match"], **facts}]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", help="pairs, for quality and speed")
    parser.add_argument("--budget", type=float, default=180.0, help="seconds for each training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--run", type=Path, help="a run to measure the speed of, without training one")
    parser.add_argument(
        "--only", nargs="+", choices=["quality", "speed", "dates"], default=["quality", "speed", "dates"]
    )
    given = parser.parse_args()
    rows: Rows = []
    with tempfile.TemporaryDirectory() as folder:
        run = given.run or Path(folder) / "pairs"
        if given.file is not None:
            train, held_out = parts_of(read_pairs([given.file]), given.seed)
            if "quality" in given.only:
                rows += quality(train, held_out, run, given.budget, given.seed)
            if "speed" in given.only:
                rows += speed(held_out, run, given.rounds)
        if "dates" in given.only:
            rows += dates(Path(folder) / "dates", given.budget, given.seed)
    report("translating", rows)


if __name__ == "__main__":
    main()
