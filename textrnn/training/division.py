"""Work on rows, or on columns, divided among threads. No number may depend on how many there are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import torch

# how many threads rows are divided among, None for as many as torch has
_number: int | None = None


def set_num_threads(number: int | None) -> None:
    """Divide rows among so many threads from now on, the one that asks for it included; None: as many as torch has."""
    global _number
    _number = number


def by_rows(work: Callable[[int, int], None], rows: int, together: int) -> None:
    """Do `work`, which is handed its first and its last row, in threads; each has a whole number times `together` rows.

    The last one's rows may be fewer than it takes for that.
    """
    portions = -(-rows // together)
    threads = max(1, min(_number or torch.get_num_threads(), portions))
    edges = [min(rows, portions * number // threads * together) for number in range(threads + 1)]
    others = [_threads().submit(work, first, last) for first, last in pairwise(edges[1:])]
    work(edges[0], edges[1])
    for other in others:
        other.result()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_name_prefix="rows")
