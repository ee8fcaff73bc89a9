"""How far apart two sequences are: edit distance, and the length of their longest common subsequence.

A column of the table of the textbook is one integer, a bit for each row, so that a step costs a few operations on long
integers and not one for each cell: Myers (1999) as Hyyrö (2003) has it, and Hyyrö (2004) for the subsequence. Time is
still the product of the two lengths, divided by the bits that the machine adds at once; memory grows with one length.
In go sequences of anything that compares, characters or words; out come whole numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

# masks of this many bytes are kept; those of further symbols are made again whenever they are met
_KEPT_BYTES = 1 << 26


def edit_distance(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Return the least number of insertions, deletions and substitutions that turn `a` into `b` (Levenshtein 1966)."""
    a, b, _ = _without_ends(a, b)
    rows, columns = (a, b) if len(a) >= len(b) else (b, a)
    if not columns:
        return len(rows)
    masks, full = _Masks(rows), (1 << len(rows)) - 1
    # bit i of `up`: the distance grows by one from row i to row i + 1; of `down`: it falls by one
    up, down = full, 0
    for symbol in columns:
        equal = masks[symbol]
        diagonal = (((equal & up) + up) ^ up) | equal | down
        right_up = down | (full ^ (full & (diagonal | up)))
        right_down = up & diagonal
        # the row above the first grows by one with every column
        right_up = right_up << 1 | 1
        up = full & (right_down << 1 | (full ^ (full & (diagonal | right_up))))
        down = full & diagonal & right_up
    return len(columns) + up.bit_count() - down.bit_count()


def common_length(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Return how many elements the longest common subsequence of `a` and `b` has; it may have gaps in both."""
    a, b, at_ends = _without_ends(a, b)
    rows, columns = (a, b) if len(a) >= len(b) else (b, a)
    if not columns:
        return at_ends
    masks, full = _Masks(rows), (1 << len(rows)) - 1
    # bit i is 0 where the length grows from row i to row i + 1
    same = full
    for symbol in columns:
        found = same & masks[symbol]
        same = ((same + found) | (same - found)) & full
    return at_ends + len(rows) - same.bit_count()


def _without_ends(a: Sequence[Hashable], b: Sequence[Hashable]) -> tuple[Sequence[Hashable], Sequence[Hashable], int]:
    """Return both without what they begin and end with alike, which changes neither figure, and how long that was."""
    shorter = min(len(a), len(b))
    start = 0
    while start < shorter and a[start] == b[start]:
        start += 1
    end = 0
    while end < shorter - start and a[-1 - end] == b[-1 - end]:
        end += 1
    return a[start : len(a) - end], b[start : len(b) - end], start + end


class _Masks:
    """For a symbol, the integer whose bits are set where it stands."""

    def __init__(self, symbols: Sequence[Hashable]) -> None:
        self._places: dict[Hashable, list[int]] = {}
        for place, symbol in enumerate(symbols):
            self._places.setdefault(symbol, []).append(place)
        self._num_bytes = len(symbols) // 8 + 1
        self._room = _KEPT_BYTES // self._num_bytes
        self._kept: dict[Hashable, int] = {}

    def __getitem__(self, symbol: Hashable) -> int:
        mask = self._kept.get(symbol)
        if mask is None:
            mask = self._made(symbol)
            if len(self._kept) < self._room:
                self._kept[symbol] = mask
        return mask

    def _made(self, symbol: Hashable) -> int:
        places = self._places.get(symbol)
        if places is None:
            return 0
        bits = bytearray(self._num_bytes)
        for place in places:
            bits[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(bits, "little")
