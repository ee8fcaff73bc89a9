"""The vocabulary: which symbols get an id, and in which order.

In go counts of the symbols of the training part; out come the symbols in id order and what a user should know about
them. The two ids that no text can produce live here. Knows nothing of how text is cut into symbols.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textrnn.errors import UserError

UNKNOWN = 0
END = 1
SPECIAL_SYMBOLS = ("<unk>", "<end>")

# Above this a vocabulary is worth a word: the output layer grows with it, and rare symbols are hardly learned.
_MANY_SYMBOLS = {"character": 1_000, "word": 50_000}


@dataclass(frozen=True)
class UnknownUnit:
    """A unit that the vocabulary does not have: where it stands first (in characters, from 0) and how often."""

    symbol: str
    position: int
    count: int


def check_sizes(vocabulary_size: int | None, min_count: int | None, smallest: int) -> None:
    """Refuse a vocabulary size below `smallest` and a minimum count below 1."""
    errors = []
    if vocabulary_size is not None and vocabulary_size < smallest:
        errors.append(
            UserError(f"vocabulary size {vocabulary_size} is below {smallest}", mend="raise --vocabulary-size")
        )
    if min_count is not None and min_count < 1:
        errors.append(UserError(f"minimum count {min_count} is below 1", mend="give --min-count 1 or more"))
    if errors:
        raise UserError.join(errors)


def choose_symbols(
    counts: Mapping[str, int],
    unit: str,
    vocabulary_size: int | None = None,
    min_count: int | None = None,
    total: int | None = None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the symbols that get an id, in id order with the special ones first, and notes on what was left out.

    The order is by falling count, then by code point: it depends on the text alone. `vocabulary_size` counts all ids,
    the two special ones included. `total` is how many symbols there were where `counts` has forgotten the rarest.
    """
    check_sizes(vocabulary_size, min_count, smallest=len(SPECIAL_SYMBOLS) + 1)
    ordered = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    kept = [symbol for symbol in ordered if min_count is None or counts[symbol] >= min_count]
    if vocabulary_size is not None:
        kept = kept[: vocabulary_size - len(SPECIAL_SYMBOLS)]
    if not kept:
        often = f"{counts[ordered[0]]:,} times" if ordered else "never"
        raise UserError(
            f"no {unit} occurs {min_count or 1:,} times (the most frequent one: {often})", mend="lower --min-count"
        )
    notes = []
    counted = sum(counts.values())
    total = counted if total is None else total
    unknown = total - sum(counts[symbol] for symbol in kept)
    if unknown:
        more = "more than " if total > counted else ""
        notes.append(
            f"{more}{len(ordered):,} distinct {unit}s, the {len(kept):,} most frequent kept: "
            f"{100 * unknown / total:.2g} % of the training text is <unk>"
        )
    elif len(kept) > _MANY_SYMBOLS[unit]:
        notes.append(
            f"{len(kept):,} distinct {unit}s make a large vocabulary: --vocabulary-size N keeps the most frequent, "
            "--tokenizer byte needs 256"
        )
    return (*SPECIAL_SYMBOLS, *kept), tuple(notes)
