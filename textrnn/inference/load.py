"""From a run to a predictor."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from textrnn.baselines.bag_of_words import BagOfWords
from textrnn.baselines.majority import Majority
from textrnn.baselines.ngram import NgramModel
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.settings import Settings
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.errors import UserError
from textrnn.inference.classifier import TASK as CLASSIFIER
from textrnn.inference.classifier import TextClassifier
from textrnn.inference.language_model import LanguageModel
from textrnn.networks import classifier, tagger
from textrnn.networks.initial import classifier_shapes, empty, parameter_shapes, tagger_shapes
from textrnn.networks.language_model import build
from textrnn.networks.ngrams import NgramParameters
from textrnn.networks.parameters import with_arrays
from textrnn.runs.card import read_card
from textrnn.runs.find import open_named
from textrnn.runs.folder import Run
from textrnn.text.tokenizer import Tokenizer, tokenizer_from_json
from textrnn.text.tokenizers.word import WordTokenizer

if TYPE_CHECKING:
    from textrnn.inference.tagger import Tagger

    Model = LanguageModel | TextClassifier | Tagger

RUNS_DIR = Path("checkpoints")
TAGGER = "tagger"
Checked = TypeVar("Checked", bound=Settings)

_NOTHING = type(None)
# the fields of the role config that are read, by the object that they stand in, and what they may be
_CONFIG: dict[str, dict[str, tuple[type, ...]]] = {
    "": {
        "settings": (dict,),
        "data": (dict,),
        "plan": (dict, _NOTHING),
        "validation": (dict, _NOTHING),
        "command": (str, _NOTHING),
    },
    "data": {"name": (str,), "sha256": (str,), "valid_sha256": (str, _NOTHING)},
    "plan": {"units_per_second": (int, float, _NOTHING)},
    "validation": {"nats_per_unit": (int, float, _NOTHING), "protocol": (str, _NOTHING)},
}


def load(model: str | os.PathLike[str], *, runs_dir: Path = RUNS_DIR) -> Model:
    """Return the model of a run: a folder, or a name under `runs_dir` or among the models that ship with the package.

    Raises UserError where there is none, or it is damaged or of another kind.
    """
    name = os.fspath(model)
    if not isinstance(name, str):
        raise TypeError(f"a run is named by text or a path, not {type(model).__name__}")
    return any_model(open_named(name, runs_dir=runs_dir))


def any_model(run: Run) -> Model:
    """Return the model in `run`, of whatever kind it is."""
    kinds: dict[str, Callable[[Run], Model]] = {CLASSIFIER: classifier_from_run, TAGGER: tagger_from_run}
    return kinds.get(run.task, model_from_run)(run)


def model_from_run(run: Run) -> LanguageModel:
    """Return the language model in `run`; the shapes are checked against its settings before anything is allocated."""
    config, settings = config_of(run, TrainLanguageModelSettings)
    tokenizer = tokenizer_of(run)
    run.check_shapes("model", parameter_shapes(settings, len(tokenizer.symbols)))
    template = build(settings, len(tokenizer.symbols), empty)
    return LanguageModel(
        name=run.name,
        tokenizer=tokenizer,
        settings=settings,
        parameters=with_arrays(template, run.arrays("model")),
        config=config,
        model_sha256=run.model_sha256,
        baseline_arrays=_baseline_of(run, len(tokenizer.symbols)),
        card=read_card(run.folder),
    )


def classifier_from_run(run: Run) -> TextClassifier:
    """Return the classifier in `run`; what it holds is checked before anything is allocated."""
    config, settings = config_of(run, TrainClassifierSettings)
    tokenizer, labels = tokenizer_of(run), _labels_of(run)
    if problem := _calibration_problem(config, len(labels)):
        raise run.bad("config", problem)
    size = len(tokenizer.symbols)
    run.check_shapes("model", classifier_shapes(settings, size, len(labels)))
    return TextClassifier(
        name=run.name,
        tokenizer=tokenizer,
        labels=labels,
        settings=settings,
        parameters=with_arrays(classifier.build(settings, size, len(labels), empty), run.arrays("model")),
        ngrams=_ngrams_of(run, len(labels)) if settings.ngrams else None,
        config=config,
        model_sha256=run.model_sha256,
        baseline_arrays=_classifier_baseline_of(run, len(labels)),
        card=read_card(run.folder),
    )


def tagger_from_run(run: Run) -> Tagger:
    """Return the tagger in `run`; what it holds is checked before anything is allocated."""
    # imported here: whoever writes or classifies a text starts sooner without
    from textrnn.inference.tagger import Tagger

    config, settings = config_of(run, TrainTaggerSettings)
    tokenizer, tags = tokenizer_of(run), _labels_of(run)
    if not isinstance(tokenizer, WordTokenizer):
        raise run.bad("tokenizer", "is not one of words")
    size = len(tokenizer.symbols)
    run.check_shapes("model", tagger_shapes(settings, size, len(tags)))
    return Tagger(
        name=run.name,
        tokenizer=tokenizer,
        tags=tags,
        settings=settings,
        parameters=with_arrays(tagger.build(settings, size, len(tags), empty), run.arrays("model")),
        config=config,
        model_sha256=run.model_sha256,
        baseline_arrays=_tagger_baseline_of(run, len(tags)),
        card=read_card(run.folder),
    )


def _labels_of(run: Run) -> tuple[str, ...]:
    value = run.json("tokenizer")
    labels = value.get("labels") if isinstance(value, dict) else None
    if (
        not isinstance(labels, list)
        or len(labels) < 2
        or not all(isinstance(label, str) for label in labels)
        or sorted(set(labels)) != labels
    ):
        raise run.bad("tokenizer", "holds no labels that it could be")
    return tuple(labels)


def _calibration_problem(config: Mapping[str, Any], num_labels: int) -> str | None:
    """Return what is wrong with how a classifier's parts are put together, None if nothing is."""
    prior, mixing, ngrams = config.get("prior"), config.get("mixing"), config.get("ngrams")
    numbers = (int, float)
    if (
        not isinstance(prior, list)
        or len(prior) != num_labels
        or not all(_is(share, numbers) and 0 < share <= 1 for share in prior)
        or not math.isclose(sum(prior), 1, rel_tol=1e-6)
    ):
        return "has no prior that it could be"
    if (
        not isinstance(mixing, dict)
        or mixing.keys() != {"network", "ngrams"}
        or not all(_is(weight, numbers) and 0 <= weight < 1e9 for weight in mixing.values())
    ):
        return "has no mixing that it could be"
    if not isinstance(ngrams, dict) or ngrams.keys() != {"words", "characters"}:
        return "does not say which n-grams it reads"
    for name, span in ngrams.items():
        if span is None and name == "characters":
            continue
        is_span = isinstance(span, list) and len(span) == 2 and all(_is(one, (int,)) for one in span)
        if not is_span or not 1 <= span[0] <= span[1] <= 16:
            return "does not say which n-grams it reads"
    return None


def _ngrams_of(run: Run, num_labels: int) -> NgramParameters:
    columns = 1 if num_labels == 2 else num_labels
    shapes = run.array_shapes("ngrams")
    count = shapes["keys"][0][0] if "keys" in shapes and shapes["keys"][0] else 0
    run.check_shapes("ngrams", {"keys": (count,), "weights": (count, columns), "bias": (columns,)})
    arrays = run.arrays("ngrams")
    keys = arrays["keys"]
    if keys.dtype != np.uint32 or not (keys[1:] > keys[:-1]).all():
        raise run.bad("ngrams", "holds keys that are not in order")
    if any(arrays[name].dtype.kind != "f" for name in ("weights", "bias")):
        raise run.bad("ngrams", "holds weights that are no fractions")
    return NgramParameters(**arrays)


def config_of(run: Run, kind: type[Checked]) -> tuple[dict[str, Any], Checked]:
    """Return what `run` says of its making, and its settings; what no training writes is refused by its file's name."""
    config = run.json("config")
    for part, fields in _CONFIG.items():
        here = config if not part else config.get(part)
        wrong = [name for name, types in fields.items() if not isinstance(here, dict) or not _is(here.get(name), types)]
        if wrong and here is not None:
            raise run.bad("config", f"has no {', '.join(wrong)} that it could be" + (f" in {part}" if part else ""))
    try:
        return config, kind.check(config["settings"])
    except UserError as error:
        raise run.bad("config", f"holds settings that cannot be ({error})") from None


def tokenizer_of(run: Run) -> Tokenizer:
    """Return the tokenizer of `run`."""
    try:
        return tokenizer_from_json(run.json("tokenizer"))
    except UserError as error:
        if run.has("tokenizer"):
            raise run.bad("tokenizer", f"cannot be ({error.what})") from None
        raise


def _baseline_of(run: Run, vocabulary_size: int) -> dict[str, npt.NDArray[Any]] | None:
    if not run.has("baseline"):
        return None
    arrays = run.arrays("baseline")
    try:
        NgramModel.check(arrays, vocabulary_size)
    except ValueError as error:
        raise run.bad("baseline", str(error)) from None
    return arrays


def _classifier_baseline_of(run: Run, num_labels: int) -> dict[str, npt.NDArray[Any]] | None:
    if not run.has("baseline"):
        return None
    arrays = run.arrays("baseline")
    try:
        majority, words = Majority.from_arrays(arrays), BagOfWords.from_arrays(arrays)
    except UserError as error:
        raise run.bad("baseline", f"has no {error.which} that it could be") from None
    if not len(majority.rows) == len(words.rows) == num_labels:
        raise run.bad("baseline", f"is not of {num_labels} labels")
    return arrays


def _tagger_baseline_of(run: Run, num_tags: int) -> dict[str, npt.NDArray[Any]] | None:
    from textrnn.baselines.frequent_tag import FrequentTag

    if not run.has("baseline"):
        return None
    arrays = run.arrays("baseline")
    try:
        FrequentTag.from_arrays(arrays, num_tags)
    except UserError as error:
        raise run.bad("baseline", f"has no {error.which} that it could be") from None
    return arrays


def _is(value: object, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)
