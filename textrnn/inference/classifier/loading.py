"""From a run to a classifier."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.baselines.bag_of_words import BagOfWords
from textrnn.baselines.known_texts import KnownTexts
from textrnn.baselines.majority import Majority
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.errors import UserError
from textrnn.inference.classifier.model import TextClassifier
from textrnn.inference.reading import config_of, is_one_of, labels_of, tokenizer_of
from textrnn.networks.classifier import build, classifier_shapes
from textrnn.networks.initial import empty
from textrnn.networks.ngrams import NgramParameters
from textrnn.networks.parameters import with_arrays
from textrnn.runs.card import read_card
from textrnn.runs.folder import Run


def classifier_from_run(run: Run) -> TextClassifier:
    """Return the classifier in `run`; what it holds is checked before anything is allocated."""
    config, settings = config_of(run, TrainClassifierSettings)
    tokenizer, labels = tokenizer_of(run), labels_of(run)
    if problem := _calibration_problem(config, len(labels)):
        raise run.bad("config", problem)
    size = len(tokenizer.symbols)
    run.check_shapes("model", classifier_shapes(settings, size, len(labels)))
    return TextClassifier(
        name=run.name,
        tokenizer=tokenizer,
        labels=labels,
        settings=settings,
        parameters=with_arrays(build(settings, size, len(labels), empty), run.arrays("model")),
        ngrams=_ngrams_of(run, len(labels)) if settings.ngrams else None,
        config=config,
        model_sha256=run.model_sha256,
        baseline_arrays=_baseline_of(run, len(labels)),
        card=read_card(run.folder),
    )


def _calibration_problem(config: Mapping[str, Any], num_labels: int) -> str | None:
    """Return what is wrong with how a classifier's parts are put together, None if nothing is."""
    prior, mixing, ngrams = config.get("prior"), config.get("mixing"), config.get("ngrams")
    numbers = (int, float)
    if (
        not isinstance(prior, list)
        or len(prior) != num_labels
        or not all(is_one_of(share, numbers) and 0 < share <= 1 for share in prior)
        or not math.isclose(sum(prior), 1, rel_tol=1e-6)
    ):
        return "has no prior that it could be"
    if (
        not isinstance(mixing, dict)
        or mixing.keys() != {"network", "ngrams"}
        or not all(is_one_of(weight, numbers) and 0 <= weight < 1e9 for weight in mixing.values())
    ):
        return "has no mixing that it could be"
    if not isinstance(ngrams, dict) or ngrams.keys() != {"words", "characters"}:
        return "does not say which n-grams it reads"
    for name, span in ngrams.items():
        if span is None and name == "characters":
            continue
        is_span = isinstance(span, list) and len(span) == 2 and all(is_one_of(one, (int,)) for one in span)
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


def _baseline_of(run: Run, num_labels: int) -> dict[str, npt.NDArray[Any]] | None:
    if not run.has("baseline"):
        return None
    arrays = run.arrays("baseline")
    try:
        majority, words = Majority.from_arrays(arrays), BagOfWords.from_arrays(arrays)
        KnownTexts.from_arrays(arrays)
    except UserError as error:
        raise run.bad("baseline", f"has no {error.which} that it could be") from None
    if not len(majority.rows) == len(words.rows) == num_labels:
        raise run.bad("baseline", f"is not of {num_labels} labels")
    return arrays
