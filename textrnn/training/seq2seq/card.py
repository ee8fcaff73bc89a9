"""What a training writes of an encoder-decoder beside its weights: the card.

In: the model, the facts of its data and of its training. Out: text. Knows nothing of the loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.inference.seq2seq.model import Translator
from textrnn.training.card import run_card

_FIGURES = (("BLEU", "bleu", ".2f"), ("chrF", "chrf", ".2f"), ("exact match", "exact_match", ".4f"))


def translator_card(model: Translator, data: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return the card of a finished run. data, result: the facts that the run and `train-seq2seq --json` hold."""
    settings, validation = model.settings, result["validation"]
    directions = "both directions" if settings.bidirectional else "one direction"
    looks = "no attention" if settings.attention == "none" else f"{settings.attention} attention"
    return run_card(
        model,
        data,
        result,
        kind="encoder-decoder",
        network=(
            f"encoder {settings.num_layers} x {settings.hidden_size} {settings.cell.upper()} in {directions}, decoder "
            f"{settings.num_layers} x {settings.hidden_size}, {looks}, of {model.sides.unit}s"
        ),
        size=f"{data['pairs']:,} pairs to train on, {data['valid_pairs']:,} held out",
        figures=tuple((f"{name}, held out", f"{validation[key]:{form}}") for name, key, form in _FIGURES),
        call="train_seq2seq",
        usage='textrnn translate --model RUN "..."',
        terms=data.get("terms"),
    )
