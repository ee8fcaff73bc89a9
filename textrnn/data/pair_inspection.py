"""What to know of pairs before training on them, as figures.

In go pairs that were read, out come facts that can be written as JSON. Knows no model; what a training would hold out
is said for its defaults.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textrnn.data.inspection import HELD_OUT, SEED, spread, unseen, words_of
from textrnn.data.pair_data import check_pairs, split_pairs
from textrnn.data.pairs import Pairs
from textrnn.data.repeats import repeats
from textrnn.data.symbols import Symbols
from textrnn.errors import UserError


def inspect_pairs(pairs: Pairs, *, skip_bad: bool = False) -> dict[str, Any]:
    """Return the facts of pairs: lengths, words and alphabet of either side, and what stands there more than once.

    pairs: read with those left out that cannot be used. skip_bad: whether a training would leave them out.
    Where a training would refuse the data, `training_refuses` says why; if none can be held out, `held_out` is None.
    """
    found = repeats(pairs)
    refusal: str | None = None
    held_out: dict[str, Any] | None = None
    try:
        check_pairs(pairs)
    except UserError as error:
        refusal = str(error)
    else:
        held_out = _held_out(pairs)
        if pairs.unusable_rows and not skip_bad:
            refusal = (
                f"pairs that cannot be used: {pairs.unusable_rows:,}; mend them, or leave them out with --skip-bad"
            )
    return {
        "kind": "pairs",
        "name": pairs.name,
        "sha256": pairs.sha256,
        "pairs": len(pairs),
        "unusable_rows": pairs.unusable_rows,
        "repeated_pairs": found.repeated_pairs,
        "ambiguous_sources": found.ambiguous_sources,
        "sources": _side(pairs.sources),
        "targets": _side(pairs.targets),
        "held_out": held_out,
        "training_refuses": refusal,
        "notes": [*pairs.notes, *found.notes()],
    }


def _held_out(pairs: Pairs) -> dict[str, Any]:
    """Return facts of the default split: what share of either side's held-out words and characters is new."""
    train, valid = split_pairs(pairs.sources, HELD_OUT, seed=SEED)
    facts: dict[str, Any] = {"share": HELD_OUT, "seed": SEED, "pairs": len(valid)}
    for side, texts in (("sources", pairs.sources), ("targets", pairs.targets)):
        seen, new = ([texts[place] for place in part] for part in (train, valid))
        known = {word for text in seen for word in words_of(text)}
        words = [word for text in new for word in words_of(text)]
        facts[side] = unseen(words, known, Symbols(new), Symbols(seen))
    return facts


def _side(texts: Sequence[str]) -> dict[str, Any]:
    words = [words_of(text) for text in texts]
    return {
        "different": len(set(texts)),
        "words": spread(list(map(len, words))),
        "characters": spread(list(map(len, texts))),
        "different_words": len({word for one in words for word in one}),
        "alphabet": Symbols(texts).to_json(),
    }
