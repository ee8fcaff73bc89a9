"""What to know of data before training on it, as figures: labelled rows, or a text.

In go rows or a corpus that were read, out come facts that can be written as JSON. Knows no model; what a training would
hold out is said for its defaults.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import regex

from textrnn.config.training import TrainingSettings
from textrnn.data.labelled import LabelledRows
from textrnn.data.labels import check_training_rows, doubts, label_order, majority
from textrnn.data.lines import lines_of
from textrnn.data.overlap import overlap
from textrnn.data.split import stratified_split
from textrnn.data.symbols import Symbols
from textrnn.data.text_data import MINIMUM_UNITS
from textrnn.errors import UserError
from textrnn.text.corpus import Corpus, CorpusPart
from textrnn.text.display import printable

_WORD = regex.compile(r"\w+")
HELD_OUT = float(TrainingSettings.model_fields["val_frac"].default)
# of one split among many; a training that is not told a seed draws its own
SEED = 0
_SYMBOLS_SHOWN = 10
_CHARACTERS_SHOWN = 60
# words that are the first bucket of lengths
_SHORT = 4
# a shorter line may well stand twice in a text
_TELLING_LINE = 20


def inspect_rows(rows: LabelledRows, *, skip_bad: bool = False) -> dict[str, Any]:
    """Return the facts of labelled rows: balance, lengths, repeated and contradicting rows, what a split holds out.

    rows: read with those left out that cannot be used, and the empty texts that a training would have. skip_bad:
    whether a training would leave them all out.
    Where a training would refuse the data, `training_refuses` says why; if it is for its labels, nothing is held out.
    """
    refusal: str | None = None
    held_out: dict[str, Any] | None = None
    seen: tuple[str, ...] = ()
    try:
        notes = check_training_rows(rows)
    except UserError as error:
        notes, refusal = doubts(rows), str(error)
        lengths = [len(words_of(text)) for text in rows.texts]
    else:
        held_out, lengths, seen = _held_out_rows(rows)
        if rows.unusable_rows and not skip_bad:
            refusal = f"rows that cannot be used: {rows.unusable_rows:,}; mend them, or leave them out with --skip-bad"
    counts = Counter(rows.labels)
    guess, accuracy = majority(rows.labels)
    return {
        "kind": "labelled",
        "name": rows.name,
        "sha256": rows.sha256,
        "rows": len(rows.texts),
        "unusable_rows": rows.unusable_rows,
        "empty_texts": rows.empty_texts + sum(not text.strip() for text in rows.texts),
        **_repeated(rows),
        "labels": {label: _share(counts[label], len(rows.labels)) for label in label_order(rows.labels)},
        # guessing one label finds all of its rows and none of the others
        "majority": {
            "label": guess,
            "accuracy": accuracy,
            "macro_f1": 2 * accuracy / (1 + accuracy) / len(counts),
        },
        "words": spread(lengths),
        "length_buckets": buckets(lengths),
        "characters": spread(list(map(len, rows.texts))),
        "alphabet": Symbols(rows.texts).to_json(),
        "held_out": held_out,
        "training_refuses": refusal,
        "notes": [*rows.notes, *notes, *seen],
    }


def inspect_text(corpus: Corpus) -> dict[str, Any]:
    """Return the facts of a text: sizes, alphabet, what the default split holds out."""
    whole = corpus.part(0, corpus.characters)
    cut = int(corpus.characters * (1 - HELD_OUT))
    name = printable(corpus.names[0])
    refusal: str | None = None
    if corpus.characters < MINIMUM_UNITS:
        refusal = f"only {corpus.characters:,} characters in {name}: give a text of at least {MINIMUM_UNITS:,}"
    lengths = np.fromiter(map(len, _lines(whole)), dtype=np.int64)
    return {
        "kind": "text",
        "name": name,
        "sha256": corpus.sha256,
        "documents": len(corpus.documents),
        "characters": corpus.characters,
        "words": sum(len(_WORD.findall(line)) for line in _lines(whole)),
        "lines": len(lengths),
        "line_characters": spread(lengths),
        "document_characters": spread([document.characters for document in corpus.documents]),
        "alphabet": Symbols(_pieces(whole)).to_json(),
        "held_out": _held_out_text(corpus, cut) if 0 < cut < corpus.characters else None,
        "training_refuses": refusal,
        "notes": list(corpus.notes),
    }


def _held_out_rows(rows: LabelledRows) -> tuple[dict[str, Any], list[int], tuple[str, ...]]:
    """Return facts of the default split, the length of every text in words, and a note of texts on both sides."""
    train, valid = stratified_split(rows.labels, HELD_OUT, seed=SEED)
    is_held_out = np.zeros(len(rows.texts), dtype=bool)
    is_held_out[valid] = True
    known, lengths, held_out_words = set[str](), list[int](), list[str]()
    for text, is_one in zip(rows.texts, is_held_out.tolist(), strict=True):
        words = words_of(text)
        lengths.append(len(words))
        if is_one:
            held_out_words += words
        else:
            known.update(words)
    train_texts, valid_texts = ([rows.texts[place] for place in part] for part in (train, valid))
    seen = overlap(train_texts, valid_texts)
    facts = {
        "share": HELD_OUT,
        "seed": SEED,
        "rows": len(valid),
        "seen_in_training": seen.normalised,
        "seen_word_for_word": seen.exact,
        **unseen(held_out_words, known, Symbols(valid_texts), Symbols(train_texts)),
    }
    return facts, lengths, seen.notes(len(valid))


def _held_out_text(corpus: Corpus, cut: int) -> dict[str, Any]:
    train, valid = corpus.part(0, cut), corpus.part(cut, corpus.characters)
    known, lines = set[str](), set[int]()
    for line in _lines(train):
        known.update(words_of(line))
        # hashes of lines, for a text may be larger than memory
        lines.add(hash(line))
    words = chain.from_iterable(map(words_of, _lines(valid)))
    telling = [line for line in _lines(valid) if len(line) >= _TELLING_LINE]
    return {
        "share": HELD_OUT,
        "characters": valid.characters,
        "documents": valid.num_documents,
        "begins": next(_pieces(valid))[:_CHARACTERS_SHOWN],
        "seen_line_share": sum(hash(line) in lines for line in telling) / len(telling) if telling else None,
        **unseen(words, known, Symbols(_pieces(valid)), Symbols(_pieces(train))),
    }


def unseen(words: Iterable[str], known: set[str], symbols: Symbols, known_symbols: Symbols) -> dict[str, Any]:
    """Return what share of held-out words and characters training has not seen, and the first such characters."""
    counts = Counter(words)
    missed = sum(count for word, count in counts.items() if word not in known)
    new = symbols.unseen_in(known_symbols)
    return {
        "unseen_word_share": missed / counts.total() if counts else None,
        "unseen_character_share": sum(new.values()) / symbols.total if symbols.total else None,
        "unseen_symbols": list(new)[:_SYMBOLS_SHOWN],
    }


def _repeated(rows: LabelledRows) -> dict[str, int]:
    """Return how many rows say again what an earlier one said, and how many texts have several labels."""
    distinct = {(text, label) for text, label in zip(rows.texts, rows.labels, strict=True) if text.strip()}
    labels_of = Counter(text for text, _ in distinct)
    filled = sum(1 for text in rows.texts if text.strip())
    return {
        "repeated_rows": filled - len(distinct),
        "contradicting_texts": sum(count > 1 for count in labels_of.values()),
    }


def _share(count: int, total: int) -> dict[str, Any]:
    return {"rows": count, "share": count / total}


def spread(lengths: Sequence[int] | npt.NDArray[np.int64]) -> dict[str, int]:
    """Return the least, the middle, the 95th of 100 and the largest of so many lengths: each is one of them."""
    ordered = np.sort(np.asarray(lengths, dtype=np.int64))
    ranks = {"min": 0.0, "median": 0.5, "p95": 0.95, "max": 1.0}
    return {name: int(np.quantile(ordered, rank, method="inverted_cdf")) for name, rank in ranks.items()}


def buckets(lengths: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Return how many of the lengths are 0, 1 to 4, 5 to 8, 9 to 16, ...: from the shortest to the longest there is."""
    edges, longest = [0, _SHORT], max(lengths)
    while edges[-1] < longest:
        edges.append(2 * edges[-1])
    found = Counter(bisect_left(edges, length) for length in lengths)
    return {
        "none" if place == 0 else f"{edges[place - 1] + 1} to {edges[place]}": _share(found[place], len(lengths))
        for place in range(min(found), max(found) + 1)
    }


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    # of one kind, for whether a word was seen does not depend on its place in a sentence
    words: list[str] = _WORD.findall(text.lower())
    return words


def _pieces(part: CorpusPart) -> Iterator[str]:
    return chain.from_iterable(part.documents())


def _lines(part: CorpusPart) -> Iterator[str]:
    return chain.from_iterable(map(lines_of, part.documents()))
