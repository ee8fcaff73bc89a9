"""`textrnn summary`: the layers of a run's network, or of one that flags describe, before it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, chosen_run
from textrnn.cli.fitting import CALLED, CLASSIFIER, FORECASTER, LANGUAGE_MODEL, SEQ2SEQ, TAGGER
from textrnn.cli.options import Given, Json, check, command
from textrnn.config.classifier import ClassifierSettings, TrainClassifierSettings
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.model import LanguageModelSettings
from textrnn.config.seq2seq import NOT_FOR_PAIRS, Seq2SeqSettings, TrainSeq2SeqSettings
from textrnn.config.settings import flag
from textrnn.config.tagger import NOT_FOR_TAGGERS, TaggerSettings, TrainTaggerSettings
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
        "--task", metavar=f"{LANGUAGE_MODEL}|{CLASSIFIER}|{TAGGER}|{SEQ2SEQ}", rich_help_panel="Network",
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

_SETTINGS: dict[str, Any] = {
    LANGUAGE_MODEL: TrainLanguageModelSettings,
    CLASSIFIER: TrainClassifierSettings,
    TAGGER: TrainTaggerSettings,
    SEQ2SEQ: TrainSeq2SeqSettings,
}
# ids that a vocabulary has where none is given: a text like shakespeare's, every byte, the tokenizers' own choice
_USUAL_VOCABULARY = {"auto": 70, "char": 70, "byte": 258, "word": 10_000, "bpe": 2_000}
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
    Seq2SeqSettings,
    TaggerSettings,
    ClassifierSettings,
    LanguageModelSettings,
    TokenizerSettings,
    without=["dropout", "min_count", "lowercase"],
    groups=dict.fromkeys(TokenizerSettings.model_fields, "Network"),
    texts={
        "hidden_size": f"units in a recurrent layer ({ClassifierSettings.model_fields['hidden_size'].default} in a "
        f"classifier, {TaggerSettings.model_fields['hidden_size'].default} in a tagger, "
        f"{Seq2SeqSettings.model_fields['hidden_size'].default} in an encoder-decoder)",
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
    from textrnn.networks.summary import classifier_layers, language_model_layers, seq2seq_layers, tagger_layers

    task = LANGUAGE_MODEL if task is None else task
    num_classes = _checked(given, task, classes)
    (settings,) = check(given, _SETTINGS[task])
    settings = settings.settled()
    vocabulary = settings.vocabulary_size
    if vocabulary is None:
        vocabulary = _USUAL_VOCABULARY[settings.tokenizer]
        if settings.tokenizer != "byte":
            streams.note(f"a vocabulary of {vocabulary:,} is assumed (--vocabulary-size gives another)")
    if task == CLASSIFIER:
        layers = classifier_layers(settings, vocabulary, num_classes)
        if settings.ngrams:
            streams.note("beside this network a linear model of n-grams is trained, whose size depends on the texts")
    elif task == TAGGER:
        layers = tagger_layers(settings, vocabulary, num_classes)
    elif task == SEQ2SEQ:
        layers = seq2seq_layers(settings, vocabulary, vocabulary)
    else:
        layers = language_model_layers(settings, vocabulary)
    num_bytes = _FLOAT32_BYTES * sum(layer.parameters for layer in layers)
    return Summary(None, task, settings.cell, vocabulary, layers, num_bytes, ("float32",))


def _checked(given: Given, task: str, classes: str | None) -> int:
    """Refuse what the kind of network does not have, and return the number of classes."""
    if task not in _SETTINGS:
        raise UserError(repr(task), which="--task", mend=f"expected {' or '.join(_SETTINGS)}")
    foreign = {flag(name): [kind for kind in _SETTINGS if _has(kind, name)] for name in given if not _has(task, name)}
    if classes is not None and task in (LANGUAGE_MODEL, SEQ2SEQ):
        foreign["--classes"] = [CLASSIFIER, TAGGER]
    bad = [
        UserError(
            f"{name} with {CALLED[task]}",
            mend=f"it is for {' or '.join(map(CALLED.__getitem__, kinds))}, give --task {kinds[0]} or leave it out",
        )
        for name, kinds in foreign.items()
    ]
    is_number = classes is None or (classes.isascii() and classes.isdecimal() and 2 <= int(classes[:9]) <= 2**20)
    if not is_number:
        bad.append(UserError(repr(classes), which="--classes", mend=f"expected a whole number from 2 to {2**20}"))
    if bad:
        raise UserError.join(bad)
    return int(classes or 2)


def _has(task: str, name: str) -> bool:
    """Whether networks of a kind have the setting `name`."""
    without = {TAGGER: NOT_FOR_TAGGERS, SEQ2SEQ: NOT_FOR_PAIRS}.get(task, ())
    return name in _SETTINGS[task].model_fields and name not in without


def _opened(name: str | None, runs_dir: Path) -> Run:
    """Return the run that was named, or the newest one of whatever kind."""
    from textrnn.runs.find import list_runs, open_named

    if name is not None:
        return open_named(name, runs_dir=runs_dir)
    newest = next((found.task for found in list_runs(runs_dir) if found.task), LANGUAGE_MODEL)
    return chosen_run(None, runs_dir, newest)


def _of_run(run: Run) -> Summary:
    from textrnn.inference.reading import conditions_of, config_of, tokenizer_of
    from textrnn.networks.classifier import classifier_shapes
    from textrnn.networks.language_model import parameter_shapes
    from textrnn.networks.summary import classifier_layers, language_model_layers, tagger_layers
    from textrnn.networks.tagger import tagger_shapes

    stored = dict(run.array_shapes("model"))
    if run.task == FORECASTER:
        return _summed(run, *_of_forecaster(run), None, stored)
    if run.task == SEQ2SEQ:
        return _summed(run, *_of_pairs(run), stored)
    vocabulary = len(tokenizer_of(run).symbols)
    if run.task == CLASSIFIER:
        _, settings = config_of(run, TrainClassifierSettings)
        # what does not fit the other arrays is refused by the check
        num_classes = prod(stored.get("output.bias", ((0,), ""))[0])
        run.check_shapes("model", classifier_shapes(settings, vocabulary, num_classes))
        beside = run.array_shapes("ngrams") if settings.ngrams else {}
        # the keys under which n-grams are found are not learned
        ngrams = {name: shape for name, (shape, _) in beside.items() if name != "keys"}
        layers = classifier_layers(settings, vocabulary, num_classes, ngrams or None)
        stored |= {f"ngrams.{name}": beside[name] for name in ngrams}
        cell = settings.cell
    elif run.task == TAGGER:
        _, tagging = config_of(run, TrainTaggerSettings)
        num_tags = prod(stored.get("output.bias", ((0,), ""))[0])
        run.check_shapes("model", tagger_shapes(tagging, vocabulary, num_tags))
        layers, cell = tagger_layers(tagging, vocabulary, num_tags), tagging.cell
    else:
        _, own = config_of(run, TrainLanguageModelSettings)
        num_conditions = len(conditions_of(run))
        run.check_shapes("model", parameter_shapes(own, vocabulary, num_conditions=num_conditions))
        layers, cell = language_model_layers(own, vocabulary, num_conditions), own.cell
    return _summed(run, layers, cell, vocabulary, stored)


def _of_forecaster(run: Run) -> tuple[tuple[Layer, ...], str]:
    """Return the layers and the cell of a forecaster: how much it reads is told by its arrays alone."""
    from textrnn.inference.forecaster.loading import forecaster_from_run
    from textrnn.networks.summary import forecaster_layers

    model = forecaster_from_run(run)
    return forecaster_layers(model.settings, model.steps, len(model.columns)), model.settings.cell


def _of_pairs(run: Run) -> tuple[tuple[Layer, ...], str, int]:
    """Return the layers, the cell and the size of the targets' vocabulary of an encoder-decoder."""
    from textrnn.inference.reading import config_of
    from textrnn.inference.seq2seq.loading import sides_of
    from textrnn.networks.seq2seq import seq2seq_shapes
    from textrnn.networks.summary import seq2seq_layers

    _, settings = config_of(run, TrainSeq2SeqSettings)
    sizes = sides_of(run).sizes
    run.check_shapes("model", seq2seq_shapes(settings, *sizes))
    return seq2seq_layers(settings, *sizes), settings.cell, sizes[1]


def _summed(
    run: Run, layers: tuple[Layer, ...], cell: str, vocabulary: int | None, stored: Mapping[str, tuple[Any, str]]
) -> Summary:
    import numpy as np

    dtypes = sorted({dtype for _, dtype in stored.values()})
    num_bytes = sum(prod(shape) * np.dtype(dtype).itemsize for shape, dtype in stored.values())
    return Summary(run.name, run.task, cell, vocabulary, layers, num_bytes, tuple(dtypes))
