"""The card of a run whose model cannot repeat its data: what every such kind says alike.

In: what the run says of its making and of its training, and what its kind says. Out: the card's text.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Protocol

from textrnn.runs.card import CardFacts, DataFacts, card_text

_UNNAMED = "MY-RUN"


class Carded(Protocol):
    """A model, as far as its card asks."""

    @property
    def name(self) -> str:
        """The run's name, empty where it was not saved."""
        ...

    @property
    def config(self) -> Mapping[str, Any]:
        """What the run says of its making."""
        ...


def run_card(
    model: Carded,
    data: Mapping[str, Any],
    result: Mapping[str, Any],
    *,
    kind: str,
    network: str,
    size: str,
    figures: tuple[tuple[str, str], ...],
    call: str,
    usage: str,
    terms: str | None = None,
) -> str:
    """Return the card of a finished run.

    data, result: the facts that the run and its training command's `--json` hold. network, size: of the model and of
    the data, in a line. call: the function that trains in Python. usage: a command, RUN in the place of the run's name.
    terms: of the data, as far as they are known.
    """
    name = str(data["name"])
    facts = CardFacts(
        name=model.name or name,
        kind=kind,
        model=network,
        parameters=result["parameters"],
        data=(DataFacts(name=name, sha256=str(data["sha256"]), size=size),),
        terms=terms,
        figures=figures,
        signature=str(result["signature"]),
        command=model.config["command"] or f"textrnn.{call}(...) in Python",
        usage=usage.replace("RUN", shlex.quote(model.name or _UNNAMED)),
        can_repeat_text=False,
    )
    return card_text(facts)
