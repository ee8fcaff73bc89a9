"""What a training writes of a classifier beside its weights: the card.

In: the model, the facts of its data and of its training. Out: text. Knows nothing of the loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.data.corpora import LABELLED_CORPORA
from textrnn.inference.classifier.model import TextClassifier
from textrnn.training.card import run_card


def classifier_card(model: TextClassifier, data: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return the card of a finished run. data, result: the facts that the run and `train-classifier --json` hold."""
    settings = model.settings
    directions = "both directions" if settings.bidirectional else "one direction"
    above = "" if settings.hierarchy == "none" else f" over {settings.hierarchy}, a slower layer over these"
    beside = " and a linear model of n-grams" if settings.ngrams else ""
    names = str(data["name"]).split("+")
    known = {name: LABELLED_CORPORA[name] for name in names if name in LABELLED_CORPORA}
    return run_card(
        model,
        data,
        result,
        kind="classifier",
        network=(
            f"{settings.num_layers} x {settings.hidden_size} {settings.cell.upper()} in {directions}{above}{beside}, "
            f"{len(model.classes_)} labels"
        ),
        size=f"{data['rows']:,} texts to train on, {data['valid_rows']:,} held out",
        figures=_figures(result["validation"], model.config["calibration"]),
        call="train_classifier",
        usage='textrnn classify --model RUN "..."',
        terms="; ".join(f"{name} ({info.origin}): {info.licence}" for name, info in known.items()) or None,
    )


def _figures(validation: Mapping[str, Any], calibration: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    def interval(name: str) -> str:
        pair = validation["interval_95"].get(name)
        return "" if pair is None else f" (95 %: {pair[0]:.4f} to {pair[1]:.4f})"

    figures = [
        ("accuracy, held out", f"{validation['accuracy']:.4f}{interval('accuracy')}"),
        ("macro F1, held out", f"{validation['macro_f1']:.4f}{interval('macro_f1')}"),
        *((f"accuracy of {one['name']}", f"{one['accuracy']:.4f}") for one in validation["baselines"]),
        ("log loss", "undefined" if validation["log_loss"] is None else f"{validation['log_loss']:.4f}"),
    ]
    if calibration is not None and validation["ece"] is not None:
        figures.append(
            (
                "expected calibration error",
                f"{calibration['ece_before']:.4f} before calibration, {validation['ece']:.4f} after "
                f"(chance alone: {validation['ece_expected']:.4f})",
            )
        )
    return tuple(figures)
