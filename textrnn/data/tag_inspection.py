"""What to know of tagged words before training on them, as figures.

In go sentences that were read, out come facts that can be written as JSON. Knows no model; what a training would hold
out is said for its defaults.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from textrnn.data.inspection import HELD_OUT, SEED, spread, unseen
from textrnn.data.overlap import overlap
from textrnn.data.spans import marks_spans, spans
from textrnn.data.symbols import Symbols
from textrnn.data.tag_data import check_tagged, split_sentences
from textrnn.data.tagged import TaggedSentences
from textrnn.errors import UserError
from textrnn.text.display import counted


def inspect_tagged(sentences: TaggedSentences, *, skip_bad: bool = False) -> dict[str, Any]:
    """Return the facts of tagged words: tags, spans by kind, words with several tags, what a split holds out.

    sentences: read with those left out that cannot be used. skip_bad: whether a training would leave them out.
    Where a training would refuse the data, `training_refuses` says why; if none can be held out, `held_out` is None.
    """
    refusal: str | None = None
    held_out: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()
    try:
        notes = check_tagged(sentences)
    except UserError as error:
        refusal = str(error)
    else:
        held_out, seen = _held_out(sentences)
        notes += seen
        if sentences.unusable_sentences and not skip_bad:
            what = f"sentences that cannot be used: {sentences.unusable_sentences:,}"
            refusal = f"{what}; mend them, or leave them out with --skip-bad"
    counts = Counter(tag for own in sentences.tags for tag in own)
    commonest, most = max(sorted(counts.items()), key=lambda one: one[1])
    marked = _spans_of(sentences) if marks_spans(counts) else None
    return {
        "kind": "tagged",
        "name": sentences.name,
        "sha256": sentences.sha256,
        "sentences": len(sentences),
        "unusable_sentences": sentences.unusable_sentences,
        "repeated_sentences": len(sentences) - len(set(zip(sentences.words, sentences.tags, strict=True))),
        "words": sentences.num_words,
        **_vocabulary(sentences),
        "tags": {tag: {"words": counts[tag], "share": counts[tag] / counts.total()} for tag in sorted(counts)},
        "spans": None if marked is None else dict(sorted(marked.items())),
        # what saying the same of every word gets
        "majority": {"tag": commonest, "token_accuracy": most / counts.total()},
        "sentence_words": spread(list(map(len, sentences.words))),
        "alphabet": Symbols(_texts(sentences.words)).to_json(),
        "held_out": held_out,
        "training_refuses": refusal,
        "notes": [*sentences.notes, *notes, *(() if marked is None else _doubts(sentences, marked.total()))],
    }


def _vocabulary(sentences: TaggedSentences) -> dict[str, int]:
    tags_of: dict[str, set[str]] = {}
    for words, tags in zip(sentences.words, sentences.tags, strict=True):
        for word, tag in zip(words, tags, strict=True):
            tags_of.setdefault(word, set()).add(tag)
    several = sum(len(found) > 1 for found in tags_of.values())
    return {"different_words": len(tags_of), "words_with_several_tags": several}


def _spans_of(sentences: TaggedSentences) -> Counter[str]:
    return Counter(span.kind for tags in sentences.tags for span in spans(tags))


def _doubts(sentences: TaggedSentences, total: int) -> tuple[str, ...]:
    """Return a note of spans that begin in another way than most do; where most begin with I-, that is the scheme."""
    begun = Counter(tags[span.start][0] in "BS" for tags in sentences.tags for span in spans(tags))
    if not 0 < begun[False] < total / 2:
        return ()
    places = [
        place
        for tags, place in zip(sentences.tags, sentences.places, strict=True)
        if any(tags[span.start][0] not in "BS" for span in spans(tags))
    ]
    what = f"{counted(begun[False], 'span')} of {total:,} without a tag that begins one"
    return (f"{what}, the first in the sentence at {places[0]}: read as spans of their own",)


def _held_out(sentences: TaggedSentences) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return facts of the default split, and a note of sentences on both sides."""
    parts = split_sentences(sentences, HELD_OUT, SEED)
    train, valid = ([sentences.words[place] for place in part.tolist()] for part in parts)
    texts = [_texts(part) for part in (train, valid)]
    seen = overlap(*texts)
    known = {word.lower() for own in train for word in own}
    facts = {
        "share": HELD_OUT,
        "seed": SEED,
        "sentences": len(valid),
        "words": sum(map(len, valid)),
        "seen_in_training": seen.normalised,
        "seen_word_for_word": seen.exact,
        **unseen((word.lower() for own in valid for word in own), known, *map(Symbols, reversed(texts))),
    }
    return facts, seen.notes(len(valid), "sentences")


def _texts(sentences: Iterable[tuple[str, ...]]) -> list[str]:
    return [" ".join(words) for words in sentences]
