"""The rules of the house, held over the source itself: who may import whom, who may print, what may be in a file.

Every rule is a function (path inside the package, source) -> violations; each is shown to see a planted violation.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

import textrnn

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "textrnn"

# A module imports from its own station and from those before it.
# fmt: off
STATIONS = [
    "errors", "config", "text", "data", "cells", "metrics", "baselines", "runs",
    "networks", "explain", "inference", "report", "training", "learn", "repl", "cli",
]
# fmt: on
PRINTING = {"report", "learn", "repl", "cli"}
TRAINING = {"learn", "repl", "cli"}
SLOW = {"llvmlite", "matplotlib", "nltk", "numba", "prompt_toolkit", "rich", "sacrebleu", "tokenizers"}
UNPICKLED = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
GENERATORS = {"BitGenerator", "Generator", "PCG64", "PCG64DXSM", "Philox", "SeedSequence", "default_rng"}
MAX_LINES = 300

Rule = Callable[[PurePosixPath, str], Iterator[str]]


class Import:
    """One imported module: its dotted name, its line, and whether it is deferred into a function or only for types."""

    def __init__(self, name: str, line: int, is_deferred: bool, is_for_types: bool) -> None:
        self.name, self.line, self.is_deferred, self.is_for_types = name, line, is_deferred, is_for_types

    @property
    def is_at_start(self) -> bool:
        return not (self.is_deferred or self.is_for_types)

    @property
    def station(self) -> str | None:
        """The station imported from, for a module of the package (or one of its public names)."""
        top, _, rest = self.name.partition(".")
        rest = textrnn._HOMES.get(rest, f"textrnn.{rest}").partition(".")[2]
        return rest.split(".")[0] if top == "textrnn" and rest and not rest.startswith("__") else None


def station_of(path: PurePosixPath) -> str:
    return path.parts[0].removesuffix(".py")


def names_imported(node: ast.AST, path: PurePosixPath) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = ["textrnn", *path.parent.parts]
        base = [*package[: len(package) - node.level + 1]] if node.level else []
        module = ".".join([*base, *([node.module] if node.module else [])])
        # `from textrnn import cells` names a station; `from textrnn.cells import lstm` has named it already.
        yield from (f"textrnn.{alias.name}" for alias in node.names) if module == "textrnn" else [module]
        yield from (f"{module}.{alias.name}" for alias in node.names if module == "array_api_compat")
    elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"import_module", "importlib.import_module"}:
        yield from (argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant))


def imports(path: PurePosixPath, source: str) -> Iterator[Import]:
    def walk(node: ast.AST, is_deferred: bool, is_for_types: bool) -> Iterator[Import]:
        for name in names_imported(node, path):
            yield Import(name, getattr(node, "lineno", 0), is_deferred, is_for_types)
        is_deferred = is_deferred or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        only_types = isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        for child in ast.iter_child_nodes(node):
            body_for_types = only_types and isinstance(node, ast.If) and child in node.body
            yield from walk(child, is_deferred, is_for_types or body_for_types)

    yield from walk(ast.parse(source), False, False)


def order(path: PurePosixPath, source: str) -> Iterator[str]:
    here = station_of(path)
    if here not in STATIONS and here not in {"__init__", "__main__"}:
        yield f"1: {here} is no station of the road"
        return
    rank = STATIONS.index(here) if here in STATIONS else len(STATIONS)
    for imported in imports(path, source):
        if imported.station is None:
            continue
        if here == "__init__" and imported.is_at_start:
            yield f"{imported.line}: the package itself imports {imported.name} at start"
        if imported.station not in STATIONS or STATIONS.index(imported.station) > rank:
            yield f"{imported.line}: {here} imports {imported.name}, which is below it"


def torch_only_in_training(path: PurePosixPath, source: str) -> Iterator[str]:
    for imported in imports(path, source):
        if re.match(r"(array_api_compat\.)?torch(\.|$)", imported.name) and station_of(path) != "training":
            yield f"{imported.line}: imports {imported.name} outside training/"


def training_only_for_people(path: PurePosixPath, source: str) -> Iterator[str]:
    here = station_of(path)
    for imported in imports(path, source):
        if imported.station != "training" or here == "training" or imported.is_for_types:
            continue
        if here not in TRAINING:
            yield f"{imported.line}: {here} imports {imported.name}"
        elif not imported.is_deferred:
            yield f"{imported.line}: imports {imported.name} outside a function"


def slow_imports_are_deferred(path: PurePosixPath, source: str) -> Iterator[str]:
    for imported in imports(path, source):
        if imported.is_at_start and imported.name.split(".")[0] in SLOW:
            yield f"{imported.line}: imports {imported.name} at start"


def print_only_for_people(path: PurePosixPath, source: str) -> Iterator[str]:
    if station_of(path) in PRINTING:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "builtins.print", "rich.print"}:
            yield f"{node.lineno}: prints"
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout", "sys.stderr"}:
            yield f"{node.lineno}: takes {ast.unparse(node)}"


def no_bare_except(path: PurePosixPath, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield f"{node.lineno}: catches everything"


def no_pickle(path: PurePosixPath, source: str) -> Iterator[str]:
    for imported in imports(path, source):
        if imported.name.split(".")[0] in UNPICKLED:
            yield f"{imported.line}: imports {imported.name}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"torch.load", "torch.save"}:
            yield f"{node.lineno}: {ast.unparse(node)} pickles"
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
            yield f"{node.value.lineno}: allows pickle"


def randomness_is_an_argument(path: PurePosixPath, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute):
            continue
        home, name = ast.unparse(node.value), node.attr
        if (
            (home in {"np.random", "numpy.random"} and name not in GENERATORS)
            or (home == "torch" and name in {"manual_seed", "seed"})
            or (home == "random" and name in {"seed", "random", "randint", "choice", "choices", "shuffle", "sample"})
        ):
            yield f"{node.lineno}: {home}.{name} is the state of the whole process"


def says_what_it_is(path: PurePosixPath, source: str) -> Iterator[str]:
    if not ast.get_docstring(ast.parse(source)):
        yield "1: has no docstring"


def finished(path: PurePosixPath, source: str) -> Iterator[str]:
    for number, line in enumerate(source.split("\n"), start=1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            yield f"{number}: is unfinished"


def short(path: PurePosixPath, source: str) -> Iterator[str]:
    if (lines := source.count("\n")) > MAX_LINES:
        yield f"{lines}: has more than {MAX_LINES} lines"


RULES: dict[Rule, tuple[list[tuple[str, str]], list[tuple[str, str]]]] = {
    # rule: ([(path, source) that it must refuse], [(path, source) that it must let pass])
    order: (
        [
            ("text/a.py", "from textrnn.data import text_data"),
            ("text/a.py", "from textrnn import data"),
            ("text/a.py", "def f():\n    import textrnn.cli"),
            ("text/a.py", "from ..runs.folder import open_run"),
            ("text/a.py", "from importlib import import_module\nimport_module('textrnn.runs')"),
            ("cells/a.py", "from textrnn import load"),
            ("errors.py", "import textrnn.config"),
            ("utilities/a.py", ""),
            ("__init__.py", "from textrnn.errors import UserError"),
        ],
        [
            (
                "runs/a.py",
                "import json\nfrom textrnn.text.vocabulary import END\nfrom . import lock\nimport textrnn.runs.b",
            ),
            ("config/a.py", "from textrnn import __version__\nfrom textrnn.errors import UserError"),
            ("__init__.py", "if TYPE_CHECKING:\n    from textrnn.errors import UserError"),
            ("__main__.py", "from textrnn.cli import main"),
        ],
    ),
    torch_only_in_training: (
        [
            ("inference/a.py", "import torch"),
            ("inference/a.py", "def f():\n    from torch.nn import functional"),
            ("cells/a.py", "import array_api_compat.torch as xp"),
            ("cells/a.py", "from array_api_compat import torch"),
            ("cli/a.py", "import importlib\nimportlib.import_module('torch')"),
        ],
        [
            ("training/a.py", "import torch"),
            ("cells/a.py", "import array_api_compat\nimport torchlight\nfrom array_api_compat import numpy"),
        ],
    ),
    training_only_for_people: (
        [
            ("cli/a.py", "from textrnn.training.loop import train"),
            ("cli/a.py", "from textrnn import train_lm"),
            ("inference/a.py", "def f():\n    from textrnn.training import loop"),
        ],
        [
            ("cli/a.py", "def f():\n    from textrnn.training import loop"),
            ("cli/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import textrnn.training.loop"),
            ("training/a.py", "from textrnn.training import loop"),
        ],
    ),
    slow_imports_are_deferred: (
        [
            ("metrics/a.py", "import sacrebleu"),
            ("report/a.py", "try:\n    from rich.live import Live\nfinally:\n    pass"),
        ],
        [
            ("metrics/a.py", "def f():\n    import sacrebleu"),
            ("report/a.py", "if TYPE_CHECKING:\n    import rich.live"),
        ],
    ),
    print_only_for_people: (
        [("training/a.py", "print('loss')"), ("text/a.py", "import sys\nsys.stderr.write('note')")],
        [("cli/a.py", "print('loss')"), ("text/a.py", "import sys\nblueprint = sys.stdin"), ("report/a.py", "print()")],
    ),
    no_bare_except: (
        [("text/a.py", "try:\n    f()\nexcept:\n    pass")],
        [("text/a.py", "try:\n    f()\nexcept OSError:\n    pass")],
    ),
    no_pickle: (
        [
            ("runs/a.py", "def f():\n    import pickle"),
            ("training/a.py", "torch.load(path)"),
            ("runs/a.py", "np.load(path, allow_pickle=True)"),
        ],
        [("runs/a.py", "import json\nnp.load(path, allow_pickle=False)\nself.load(path)")],
    ),
    randomness_is_an_argument: (
        [
            ("data/a.py", "np.random.seed(0)"),
            ("training/a.py", "torch.manual_seed(0)"),
            ("data/a.py", "random.shuffle(a)"),
        ],
        [("data/a.py", "np.random.default_rng(seed).random()"), ("training/a.py", "generator.manual_seed(0)")],
    ),
    says_what_it_is: ([("text/a.py", "import re\n'''late'''")], [("text/a.py", "'''What it is.'''")]),
    finished: ([("text/a.py", "pass  # TO" + "DO: more")], [("text/a.py", "TODOS = 'todo'")]),
    short: ([("text/a.py", "\n" * (MAX_LINES + 1))], [("text/a.py", "\n" * MAX_LINES)]),
}


def over_rules(which: int) -> list[object]:
    cases = [(rule, *case) for rule, planted in RULES.items() for case in planted[which]]
    return [pytest.param(*case, id=f"{case[0].__name__}-{number}") for number, case in enumerate(cases)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert files
    violations = [
        f"textrnn/{path}:{violation}"
        for path, source in (
            (PurePosixPath(file.relative_to(PACKAGE).as_posix()), file.read_text(encoding="utf-8")) for file in files
        )
        for violation in rule(path, source)
    ]
    assert not violations, "\n".join(violations)


@pytest.mark.parametrize(("rule", "path", "source"), over_rules(0))
def test_the_rule_sees_a_planted_violation(rule: Rule, path: str, source: str) -> None:
    assert list(rule(PurePosixPath(path), source))


@pytest.mark.parametrize(("rule", "path", "source"), over_rules(1))
def test_the_rule_lets_good_code_pass(rule: Rule, path: str, source: str) -> None:
    assert not list(rule(PurePosixPath(path), source))
