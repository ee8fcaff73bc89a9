"""Pairs of texts, ready for training: split, a vocabulary fitted to each side of the training part, texts as ids.

In: pairs and settings. Out: `PairData`. Pairs of one source stay together, on one side of the split, so that what is
held out was not seen. Knows no network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.config.seq2seq import TrainSeq2SeqSettings
from textrnn.data.overlap import pair_overlap
from textrnn.data.pairs import Pairs
from textrnn.data.repeats import repeats
from textrnn.errors import UserError
from textrnn.text.corpus import corpus_from_text
from textrnn.text.display import counted
from textrnn.text.joints import fit_joints
from textrnn.text.sides import Sides
from textrnn.text.tokenizer import Tokenizer, fit_tokenizer
from textrnn.text.tokenizers.word import units_of

Ids = npt.NDArray[np.integer]
_HELD_OUT = 0x5053
# targets are sentences from so many words a text on, whose words come again where at most such a share of them does not
WORDS_A_TEXT, MOST_ONCE = 2, 0.2


@dataclass(frozen=True)
class PairExamples:
    """sources, targets: as they stand. source_ids, target_ids: of each, ending in END."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    source_ids: tuple[Ids, ...]
    target_ids: tuple[Ids, ...]

    def __len__(self) -> int:
        return len(self.sources)


@dataclass(frozen=True, kw_only=True)
class PairData:
    """facts: what a run keeps of its data. notes: what the user should know."""

    sides: Sides
    train: PairExamples
    valid: PairExamples
    facts: Mapping[str, Any]
    notes: tuple[str, ...]


def check_pairs(pairs: Pairs, *, is_split: bool = True) -> tuple[str, ...]:
    """Return what the user should know of pairs to train on; refuse those of which none can be held out."""
    if is_split and len(set(pairs.sources)) < 2:
        mend = "give two different ones at least, for one is held out, or --valid FILE"
        raise UserError(f"{counted(len(pairs), 'pair')} of one source", which=pairs.name, mend=mend)
    return repeats(pairs).notes()


def prepare_pairs(
    pairs: Pairs, settings: TrainSeq2SeqSettings, *, seed: int, valid: Pairs | None, sides: Sides | None = None
) -> PairData:
    """Split and encode. valid: held-out pairs of their own. sides: the vocabularies of the run that goes on."""
    notes = [*pairs.notes, *check_pairs(pairs, is_split=valid is None)]
    if valid is None:
        training, held_out = split_pairs(pairs.sources, settings.val_frac, seed=seed)
        train, rest = _taken(pairs, training), _taken(pairs, held_out)
    else:
        train, rest = (pairs.sources, pairs.targets), (valid.sources, valid.targets)
        notes += valid.notes
        notes += pair_overlap(pairs, valid)
    if sides is None:
        settings, chosen = with_tokenizer(train[1], settings)
        notes += chosen
        sides = _sides(*train, settings)
        notes += [f"sources: {note}" for note in sides.source.notes]
        notes += [f"targets: {note}" for note in sides.target.notes]
    # in an order that says nothing, so that the first of them are a fair sample
    order = np.random.default_rng([seed, _HELD_OUT]).permutation(len(rest[0])).tolist()
    examples = _examples(sides, *train)
    used, told = _short(examples, settings.seq_length, pairs.name)
    facts = {
        "name": pairs.name,
        "sha256": pairs.sha256,
        "valid_sha256": None if valid is None else valid.sha256,
        "terms": pairs.terms,
        "pairs": len(used),
        "valid_pairs": len(rest[0]),
        "longest_source": max(map(len, used.source_ids)) - 1,
        "longest_target": max(map(len, used.target_ids)) - 1,
    }
    return PairData(
        sides=sides,
        train=used,
        valid=_examples(sides, *(tuple(column[place] for place in order) for column in rest)),
        facts=facts,
        notes=(*notes, *told),
    )


def with_tokenizer(
    targets: Sequence[str], settings: TrainSeq2SeqSettings
) -> tuple[TrainSeq2SeqSettings, tuple[str, ...]]:
    """Return settings that say what a unit is, and a note where the data said so.

    Words, where the targets are sentences of words and few of those come but once: each is a step, where characters
    are five or six. What is spelled, counted or computed is read by characters.
    """
    if settings.tokenizer != "auto":
        return settings, ()
    words = [[unit for unit in units_of(text) if unit.isalpha()] for text in targets]
    counts = Counter(unit for own in words for unit in own)
    once = sum(count == 1 for count in counts.values())
    are_words = counts.total() >= WORDS_A_TEXT * len(targets) and once <= MOST_ONCE * counts.total()
    kind = "word" if are_words else "char"
    other = "char" if are_words else "word"
    return settings.replace(tokenizer=kind), (
        f"units are {'words' if are_words else 'characters'} (--tokenizer {other} makes them others)",
    )


def split_pairs(sources: Sequence[str], fraction: float, *, seed: int) -> tuple[list[int], list[int]]:
    """Return the places of the pairs to train on and of those held out, each in ascending order.

    About `fraction` of the pairs are held out, with all that have their source, at least one source and never all.
    """
    different = sorted(set(sources))
    counts = dict.fromkeys(different, 0)
    for source in sources:
        counts[source] += 1
    held_out: set[str] = set()
    held = 0
    for place in np.random.default_rng([seed, _HELD_OUT]).permutation(len(different))[:-1].tolist():
        if held and held + counts[different[place]] / 2 > fraction * len(sources):
            break
        held_out.add(different[place])
        held += counts[different[place]]
    is_held_out = [source in held_out for source in sources]
    places = range(len(sources))
    return [place for place in places if not is_held_out[place]], [place for place in places if is_held_out[place]]


Columns = tuple[tuple[str, ...], tuple[str, ...]]


def _taken(pairs: Pairs, places: Sequence[int]) -> Columns:
    return tuple(pairs.sources[place] for place in places), tuple(pairs.targets[place] for place in places)


def _sides(sources: Sequence[str], targets: Sequence[str], settings: TrainSeq2SeqSettings) -> Sides:
    is_of_words = settings.tokenizer == "word"
    joints = fit_joints(targets, lowercase=settings.lowercase) if is_of_words else None
    return Sides(_fitted(sources, settings), _fitted(targets, settings), joints)


def _fitted(texts: Sequence[str], settings: TrainSeq2SeqSettings) -> Tokenizer:
    corpus = corpus_from_text(texts)
    return fit_tokenizer(
        settings.tokenizer,
        corpus.part(0, corpus.characters),
        vocabulary_size=settings.vocabulary_size,
        min_count=settings.min_count,
        lowercase=settings.lowercase,
    )


def _examples(sides: Sides, sources: tuple[str, ...], targets: tuple[str, ...]) -> PairExamples:
    return PairExamples(sources, targets, tuple(map(sides.source_ids, sources)), tuple(map(sides.target_ids, targets)))


def _short(examples: PairExamples, longest: int, name: str) -> tuple[PairExamples, list[str]]:
    """Return the examples that a step can read, and a note of the others: half a text has another translation."""
    pairs = zip(examples.source_ids, examples.target_ids, strict=True)
    places = [place for place, pair in enumerate(pairs) if max(map(len, pair)) <= longest + 1]
    left_out = len(examples) - len(places)
    if not left_out:
        return examples, []
    if not places:
        raise UserError(f"no pair of at most {longest:,} units", which=name, mend="raise --seq-length")
    columns = [tuple(column[place] for place in places) for column in vars(examples).values()]
    what = f"{counted(left_out, 'pair')} of more than {longest:,} units left out of training (--seq-length)"
    return PairExamples(*columns), [what]
