"""Work on rows, or on columns, divided among threads. No number may depend on how many there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from itertools import pairwise

import torch

# how many threads rows are divided among, None for as many as torch has
_number: int | None = None


def set_num_threads(number: int | None) -> None:
    """Divide rows among so many threads from now on, the one that asks for it included; None: as many as torch has."""
    global _number
    _number = number


def use_threads(number: int) -> None:
    """Use so many threads from now on: torch as well, unless rows have a number of their own."""
    if _number is None:
        torch.set_num_threads(number)
    else:
        set_num_threads(number)


def num_threads() -> int:
    """Return how many threads rows are divided among."""
    return _number or torch.get_num_threads()


def by_rows(work: Callable[[int, int], None], rows: int, together: int) -> None:
    """Do `work`, which is handed its first and its last row, in threads; each has a whole number times `together` rows.

    The last one's rows may be fewer than it takes for that.
    """
    portions = -(-rows // together)
    threads = max(1, min(num_threads(), portions))
    edges = [min(rows, portions * number // threads * together) for number in range(threads + 1)]
    others = [_threads().submit(work, first, last) for first, last in pairwise(edges[1:])]
    try:
        work(edges[0], edges[1])
    finally:
        _wait_for_all(others)
    for other in others:
        other.result()


def _wait_for_all(others: Sequence[Future[None]]) -> None:
    """Wait, also where the user does not want to: nobody goes on while rows are written to."""
    interrupted: KeyboardInterrupt | None = None
    while not all(other.done() for other in others):
        try:
            wait(others)
        except KeyboardInterrupt as error:
            interrupted = error
    if interrupted is not None:
        raise interrupted


def by_rows_of_each(works: Sequence[Callable[[int, int], None]], rows: int, together: int) -> None:
    """Do several works on as many rows each, side by side, as `by_rows` does one."""
    room = -(-rows // together) * together

    def work(first: int, last: int) -> None:
        for number, own in enumerate(works):
            start, end = max(first - number * room, 0), min(last - number * room, rows)
            if start < end:
                own(start, end)

    by_rows(work, room * len(works), together)


def side_by_side(*works: Callable[[], object]) -> None:
    """Do works that have nothing to do with each other, each in a thread where there are as many."""

    def some(first: int, last: int) -> None:
        for work in works[first:last]:
            work()

    by_rows(some, len(works), 1)


@contextmanager
def kept_numbers() -> Iterator[None]:
    """Put back, at the end, the numbers of threads that there were: a training sets torch's too."""
    before = _number, torch.get_num_threads()
    try:
        yield
    finally:
        set_num_threads(before[0])
        torch.set_num_threads(before[1])


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_name_prefix="rows")


if hasattr(os, "register_at_fork"):
    # a child has none of its parent's threads
    os.register_at_fork(after_in_child=_threads.cache_clear)
