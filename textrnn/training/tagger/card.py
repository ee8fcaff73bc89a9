"""What a training writes of a tagger beside its weights: the card.

In: the model, the facts of its data and of its training. Out: text. Knows nothing of the loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.inference.tagger.model import Tagger
from textrnn.training.card import run_card


def tagger_card(model: Tagger, data: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return the card of a finished run. data, result: the facts that the run and `train-tagger --json` hold."""
    settings = model.settings
    directions = "both directions" if settings.bidirectional else "one direction"
    return run_card(
        model,
        data,
        result,
        kind="tagger",
        network=(
            f"{settings.num_layers} x {settings.hidden_size} {settings.cell.upper()} in {directions}, "
            f"{len(model.tags)} tags"
        ),
        size=(
            f"{data['sentences']:,} sentences of {data['words']:,} words to train on, "
            f"{data['valid_sentences']:,} sentences held out"
        ),
        figures=_figures(result["validation"]),
        call="train_tagger",
        usage='textrnn tag --model RUN "..."',
    )


def _figures(validation: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = [("held out", validation), *((f"of {one['name']}", one) for one in validation["baselines"])]
    return tuple(
        (f"{name}, {whose}", "undefined" if one[key] is None else f"{one[key]:.4f}")
        for whose, one in rows
        for name, key in (("span F1", "span_f1"), ("token accuracy", "token_accuracy"))
    )
