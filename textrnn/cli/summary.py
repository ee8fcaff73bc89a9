"""`textrnn summary`: the layers of a run's network, or of one that flags describe, before it is trained."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, chosen_run
from textrnn.cli.describing.classifier import CLASSIFIERS
from textrnn.cli.describing.describer import Describer
from textrnn.cli.describing.forecaster import FORECASTERS
from textrnn.cli.describing.language_model import LANGUAGE_MODELS
from textrnn.cli.describing.seq2seq import ENCODER_DECODERS
from textrnn.cli.describing.tagger import TAGGERS
from textrnn.cli.fitting import CALLED, CLASSIFIER, FORECASTER, LANGUAGE_MODEL, SEQ2SEQ, TAGGER
from textrnn.cli.options import Given, Json, check, command
from textrnn.config.classifier import ClassifierSettings
from textrnn.config.forecaster import ForecasterSettings, SeriesSettings
from textrnn.config.model import LanguageModelSettings
from textrnn.config.seq2seq import Seq2SeqSettings
from textrnn.config.settings import flag
from textrnn.config.tagger import TaggerSettings
from textrnn.config.text import TokenizerSettings
from textrnn.errors import UserError
from textrnn.text.display import printable

if TYPE_CHECKING:
    from textrnn.networks.summary import Layer
    from textrnn.runs.folder import Run

RunName = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN",
        help="a run folder, or a name under --runs-dir or of a model that ships (default: the newest), if no flag "
        "describes a network",
    ),
]
Task = Annotated[
    str | None,
    typer.Option(
        "--task", metavar=f"{LANGUAGE_MODEL}|{CLASSIFIER}|{TAGGER}|{SEQ2SEQ}|{FORECASTER}", rich_help_panel="Network",
        help="the kind of network that the flags describe", show_default=LANGUAGE_MODEL,
    ),
]  # fmt: skip
Classes = Annotated[
    str | None,
    typer.Option(
        "--classes", metavar="N", rich_help_panel="Network", help="labels of a classifier, tags of a tagger",
        show_default="2",
    ),
]  # fmt: skip
Weights = Annotated[
    bool, typer.Option("--weights", help="below each layer its arrays, with their shapes", rich_help_panel="Output")
]

_KINDS: dict[str, Describer] = {
    kind.task: kind for kind in (LANGUAGE_MODELS, CLASSIFIERS, TAGGERS, ENCODER_DECODERS, FORECASTERS)
}
_FLOAT32_BYTES = 4


class Summary(NamedTuple):
    """What a network is made of; run: None for one that is described by flags. dtypes: how its numbers are stored.

    vocabulary: None of a network that reads numbers.
    """

    run: str | None
    task: str
    cell: str
    vocabulary: int | None
    layers: tuple[Layer, ...]
    num_bytes: int
    dtypes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "task": self.task,
            "cell": self.cell,
            "vocabulary": self.vocabulary,
            "layers": [layer.to_json() for layer in self.layers],
            "parameters": self.parameters,
            "bytes": self.num_bytes,
            "dtypes": list(self.dtypes),
        }

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)


@command(
    ForecasterSettings,
    SeriesSettings,
    Seq2SeqSettings,
    TaggerSettings,
    ClassifierSettings,
    LanguageModelSettings,
    TokenizerSettings,
    without=["dropout", "min_count", "lowercase"],
    groups=dict.fromkeys((*TokenizerSettings.model_fields, *SeriesSettings.model_fields), "Network"),
    texts={
        "hidden_size": f"units in a recurrent layer ({ClassifierSettings.model_fields['hidden_size'].default} in a "
        f"classifier, {TaggerSettings.model_fields['hidden_size'].default} in a tagger, "
        f"{Seq2SeqSettings.model_fields['hidden_size'].default} in an encoder-decoder, "
        f"{ForecasterSettings.model_fields['hidden_size'].default} in a forecaster)",
        "window": "past steps that a forecast is made of",
        "column": "a column that is forecast, repeatable or several between commas (default: one)",
        "vocabulary_size": "different units, <unk> and <end> among them (default: as many as such a tokenizer usually "
        "finds)",
        "tokenizer": "unit of the text (word in a classifier and in a tagger)",
    },
)
def summary(
    given: Given,
    run: RunName = None,
    model: Model = None,
    task: Task = None,
    classes: Classes = None,
    runs_dir: RunsDir = RUNS_DIR,
    weights: Weights = False,
    json: Json = False,
) -> int:
    """Show the layers of a network, with shapes and numbers of parameters.

    Of a run; or, before training, of the network that the flags describe, by default a language model. Each cell has
    two vectors of biases, as torch.nn's have, where Keras has one.

    Examples:
    textrnn summary shakespeare
    textrnn summary --cell gru --hidden-size 256 --vocabulary-size 65
    textrnn summary --task classifier --classes 5 --no-bidirectional --weights
    textrnn summary --task tagger --classes 13
    textrnn summary --task seq2seq --attention additive
    textrnn summary --task forecaster --window 24 --horizon 6
    """
    described = [*given, *(name for name, one in {"task": task, "classes": classes}.items() if one is not None)]
    if run is not None and model is not None:
        raise UserError("RUN and --model", which="textrnn summary", mend="give one of them")
    run = model if run is None else run
    if run is not None and described:
        names = ", ".join(map(flag, described))
        mend = "a run has its own sizes, leave out the one or the other"
        raise UserError(f"{names} beside a run", which="textrnn summary", mend=mend)
    found = _of_flags(given, task, classes) if described else _of_run(_opened(run, runs_dir))
    if json:
        streams.json_line(found.to_json())
    else:
        _write(found, weights)
    return 0


def _write(found: Summary, weights: bool) -> None:
    from textrnn.report.summary import layer_rows, total_rows

    name = CALLED[found.task] if found.run is None else f"{printable(found.run)}: {CALLED[found.task]}"
    vocabulary = "" if found.vocabulary is None else f", vocabulary of {found.vocabulary:,}"
    streams.line(f"{name}, {found.cell}{vocabulary}")
    streams.line("")
    streams.tables(
        [layer_rows(found.layers, weights=weights), total_rows(found.parameters, found.num_bytes, found.dtypes)]
    )


def _of_flags(given: Given, task: str | None, classes: str | None) -> Summary:
    task = LANGUAGE_MODEL if task is None else task
    if task not in _KINDS:
        raise UserError(repr(task), which="--task", mend=f"expected {' or '.join(_KINDS)}")
    kind = _KINDS[task]
    num_classes = _checked(given, kind, classes)
    (settings,) = check(given, kind.settings)
    found = kind.of_settings(settings, num_classes)
    streams.notes(found.notes)
    num_bytes = _FLOAT32_BYTES * sum(layer.parameters for layer in found.layers)
    return Summary(None, task, found.cell, found.vocabulary, found.layers, num_bytes, ("float32",))


def _checked(given: Given, kind: Describer, classes: str | None) -> int:
    """Refuse what the kind of network does not have, and return the number of classes."""
    having = {flag(name): [other.task for other in _KINDS.values() if other.has(name)]
              for name in given if not kind.has(name)}  # fmt: skip
    if classes is not None and not kind.has_classes:
        having["--classes"] = [other.task for other in _KINDS.values() if other.has_classes]
    bad = [
        UserError(
            f"{name} with {CALLED[kind.task]}",
            mend=f"it is for {' or '.join(map(CALLED.__getitem__, tasks))}, give --task {tasks[0]} or leave it out",
        )
        for name, tasks in having.items()
    ]
    is_number = classes is None or (classes.isascii() and classes.isdecimal() and 2 <= int(classes[:9]) <= 2**20)
    if not is_number:
        bad.append(UserError(repr(classes), which="--classes", mend=f"expected a whole number from 2 to {2**20}"))
    if bad:
        raise UserError.join(bad)
    return int(classes or 2)


def _opened(name: str | None, runs_dir: Path) -> Run:
    """Return the run that was named, or the newest one of whatever kind."""
    from textrnn.runs.find import list_runs, open_named

    if name is not None:
        return open_named(name, runs_dir=runs_dir)
    newest = next((found.task for found in list_runs(runs_dir) if found.task), LANGUAGE_MODEL)
    return chosen_run(None, runs_dir, newest)


def _of_run(run: Run) -> Summary:
    import numpy as np

    found = _KINDS[run.task].of_run(run)
    streams.notes(found.notes)
    stored = [*run.array_shapes("model").values(), *(run.array_shapes(role)[name] for role, name in found.also)]
    dtypes = sorted({dtype for _, dtype in stored})
    num_bytes = sum(prod(shape) * np.dtype(dtype).itemsize for shape, dtype in stored)
    return Summary(run.name, run.task, found.cell, found.vocabulary, found.layers, num_bytes, tuple(dtypes))
