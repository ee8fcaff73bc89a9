"""What a training writes of a tagger beside its weights: the card.

In: the model, the facts of its data and of its training. Out: text. Knows nothing of the loop.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from textrnn.inference.tagger.model import Tagger
from textrnn.runs.card import CardFacts, DataFacts, card_text

_UNNAMED = "MY-RUN"


def tagger_card(model: Tagger, data: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return the card of a finished run. data, result: the facts that the run and `train-tagger --json` hold."""
    settings = model.settings
    directions = "both directions" if settings.bidirectional else "one direction"
    facts = CardFacts(
        name=model.name or str(data["name"]),
        kind="tagger",
        model=(
            f"{settings.num_layers} x {settings.hidden_size} {settings.cell.upper()} in {directions}, "
            f"{len(model.tags)} tags"
        ),
        parameters=result["parameters"],
        data=(
            DataFacts(
                name=str(data["name"]),
                sha256=str(data["sha256"]),
                size=(
                    f"{data['sentences']:,} sentences of {data['words']:,} words to train on, "
                    f"{data['valid_sentences']:,} sentences held out"
                ),
            ),
        ),
        terms=None,
        figures=_figures(result["validation"]),
        signature=str(result["signature"]),
        command=model.config["command"] or "textrnn.train_tagger(...) in Python",
        usage=f'textrnn tag --model {shlex.quote(model.name or _UNNAMED)} "..."',
        can_repeat_text=False,
    )
    return card_text(facts)


def _figures(validation: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = [("held out", validation), *((f"of {one['name']}", one) for one in validation["baselines"])]
    return tuple(
        (f"{name}, {whose}", "undefined" if one[key] is None else f"{one[key]:.4f}")
        for whose, one in rows
        for name, key in (("span F1", "span_f1"), ("token accuracy", "token_accuracy"))
    )
