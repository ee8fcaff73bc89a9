"""What the tests of the command line share: a command run in this process, and a small model with known weights."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from textrnn.cli import main
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.inference.language_model.model import LanguageModel
from textrnn.inference.making import run_config
from textrnn.networks.language_model import initial_parameters
from textrnn.networks.parameters import map_arrays
from textrnn.text.corpus import corpus_from_text
from textrnn.text.tokenizer import fit_tokenizer

TEXT = "ROMEO:\nO, she doth teach the torches to burn bright!\nJULIET:\nMy only love sprung from my only hate.\n" * 30


class Result(NamedTuple):
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def error(self) -> str:
        """The one line of a refusal."""
        lines = [line for line in self.stderr.splitlines() if line.startswith("textrnn: error: ")]
        assert len(lines) == 1, self.stderr
        assert self.stdout == ""
        return lines[0].removeprefix("textrnn: error: ")


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run a command in an empty folder; `stdin` is what is piped into it."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("TEXTRNN_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return run


@pytest.fixture
def examples(run: Run) -> Callable[..., dict[str, Any]]:
    """Run the Python of a page, all of it, where the samples lie; `shorter` are the settings that take too long."""

    def examples(page: str, shorter: Mapping[str, str]) -> dict[str, Any]:
        if not Path("data").exists():
            shutil.copytree(Path(__file__).resolve().parents[2] / "data", "data")
        code = "\n".join(re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
        for long, short in shorter.items():
            assert long in code
            code = code.replace(long, short)
        names: dict[str, Any] = {}
        exec(code, names)
        return names

    return examples


@pytest.fixture
def refused(run: Run) -> Callable[..., str]:
    """Run a command that must be refused, with one line on stderr and nothing written anywhere. Returns the line."""

    def refused(*arguments: str, stdin: bytes = b"", code: int = 2) -> str:
        before = snapshot(Path.cwd())
        result = run(*arguments, stdin=stdin)
        assert result.code == code, result
        assert snapshot(Path.cwd()) == before
        assert "Traceback" not in result.stderr
        return result.error

    return refused


def snapshot(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def tiny_model(text: str = TEXT, *, name: str = "tiny") -> LanguageModel:
    settings = TrainLanguageModelSettings(cell="gru", hidden_size=8, embed_size=4, seed=0)
    corpus = corpus_from_text(text, "verse.txt")
    tokenizer = fit_tokenizer("char", corpus.part(0, corpus.characters))
    rng = np.random.default_rng(0)

    def noisy(_: str, array: np.ndarray) -> np.ndarray:
        # initial output weights are zero, and then no prompt would matter
        return array + rng.normal(0, 0.5, array.shape).astype(np.float32)

    facts = {"name": "verse.txt", "sha256": corpus.sha256, "characters": corpus.characters, "valid_sha256": None}
    return LanguageModel(
        name=name,
        tokenizer=tokenizer,
        settings=settings,
        parameters=map_arrays(noisy, initial_parameters(settings, len(tokenizer.symbols), rng)),
        config=run_config(settings, facts, plan={}, validation={"nats_per_unit": 3.25}, command=None),
    )


@pytest.fixture
def model_of(tmp_path: Path) -> Callable[[str], Path]:
    """Return the run folder of a small model of a text."""

    def model_of(text: str) -> Path:
        tiny_model(text).save(tmp_path / "model", overwrite=True)
        return tmp_path / "model"

    return model_of


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a small untrained character model of TEXT."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    tiny_model().save(folder)
    return folder


@pytest.fixture
def corpus_file(tmp_path: Path) -> Iterator[Path]:
    """A text file in the folder the command runs in."""
    path = tmp_path / "verse.txt"
    path.write_text(TEXT, encoding="utf-8")
    yield path


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """A table of labelled texts in the folder the command runs in, 40 rows, two labels that their words tell."""
    path = tmp_path / "reviews.csv"
    words = {"good": ("fine", "lovely", "moving"), "bad": ("dull", "awful", "tedious")}
    rows = [(words[label][number % 3], label, number) for number in range(20) for label in ("good", "bad")]
    path.write_text(
        "text,label\n" + "".join(f"a {word} film of part {number},{label}\n" for word, label, number in rows)
    )
    return path
