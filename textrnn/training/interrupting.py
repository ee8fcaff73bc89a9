"""Measuring that a signal ends at once, because nothing is lost by it: what was found by half is forgotten.

In: who is told to stop, and what changes while it measures. Knows neither tasks nor signals.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Stoppable(Protocol):
    """Who sets `_stop_wanted` when told to stop, and then raises KeyboardInterrupt while `_is_interruptible`."""

    _stop_wanted: str | None
    _is_interruptible: bool


@contextmanager
def interruptible(owner: Stoppable, *others: object) -> Iterator[None]:
    """End the block where `owner` is told to stop, with all attributes of owner and others as they were before it."""
    before = [(one, dict(vars(one))) for one in (owner, *others)]
    owner._is_interruptible = True
    try:
        yield
    except KeyboardInterrupt:
        wanted = owner._stop_wanted
        if wanted is None:
            raise
        for one, values in before:
            vars(one).update(values)
        owner._stop_wanted = wanted
    finally:
        owner._is_interruptible = False
