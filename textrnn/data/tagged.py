"""Tagged words: CoNLL files or standard input to sentences of words and tags, with the place of each sentence.

A line is a word, a tab and a tag; a blank line ends a sentence. Words and tags are kept as they stand. Knows nothing of
splits, ids or models.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from textrnn.data.defects import Defects, refuse_at_once
from textrnn.data.formats import base_name, format_by_name
from textrnn.data.lines import lines_of
from textrnn.data.origin import digest_of, find_all, given_twice, name_of, sha256_of
from textrnn.errors import UserError
from textrnn.text.decoding import ReadingOptions
from textrnn.text.display import counted, printable
from textrnn.text.notes import ReadingNotes
from textrnn.text.reading import Reading
from textrnn.text.sources import STANDARD_INPUT, find_sources

ENDINGS = (".conll", ".iob", ".iob2", ".bio")
_SPAN_TAG = re.compile(r"O|[BIES]-\S+")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_MEND = "give lines of a word, a tab and a tag, with a blank line between sentences"


@dataclass(frozen=True, kw_only=True)
class TaggedSentences:
    """words, tags: of each sentence, as many of the one as of the other, at least one. places: where each begins.

    name: what the data is called, without a path. sha256: of the bytes read, of several files that of their digests.
    unusable_sentences: how many were left out for a line in them.
    """

    words: tuple[tuple[str, ...], ...]
    tags: tuple[tuple[str, ...], ...]
    places: tuple[str, ...]
    name: str
    sha256: str
    notes: tuple[str, ...]
    unusable_sentences: int = 0

    def __len__(self) -> int:
        return len(self.words)

    @property
    def num_words(self) -> int:
        """Words of all sentences."""
        return sum(map(len, self.words))


@dataclass
class _Gathering:
    words: list[tuple[str, ...]] = field(default_factory=list)
    tags: list[tuple[str, ...]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: int = 0

    def add_file(self, reading: Reading, which: str, *, skip_bad: bool) -> None:
        """Take the sentences of one file. Raises UserError for all lines that cannot be used, at once."""
        defects, left_out = Defects(which), 0
        for first, lines in _sentences(lines_of(reading.pieces())):
            before = defects.count
            pairs = [_pair(line, number, defects) for number, line in enumerate(lines, first)]
            if defects.count == before:
                words, tags = zip(*pairs, strict=True)
                self.words.append(words)
                self.tags.append(tags)
                self.places.append(f"{which} line {first}")
            left_out += defects.count > before
        self.digests.append(reading.digest)
        self.left_out += left_out
        notes = defects.settle(skip_bad=skip_bad)
        self.notes += [*notes, *([f"{which}: {counted(left_out, 'sentence')} left out with them"] if notes else [])]


def read_tagged(
    sources: Sequence[str | os.PathLike[str]],
    *,
    skip_bad: bool = False,
    encoding: str | None = None,
    errors: str = "strict",
    stdin: BinaryIO | None = None,
) -> TaggedSentences:
    """Return the sentences of all sources, in order; a folder stands for all files below it.

    skip_bad: leave out, and count in a note, sentences with a line that cannot be used; without it they are refused.
    """
    options = ReadingOptions(encoding=encoding, errors=errors, binary_mend="give a text file")
    options.check()
    notes, rows = ReadingNotes(), _Gathering()
    given = find_all(
        sources, lambda path: find_sources(path, stdin=stdin, notes=notes), what="tagged words", mend=_MEND
    )  # fmt: skip
    for path in given_twice([path for path, _ in given]):
        notes.add("given twice, and read twice", printable(path))
    for one in (one for _, found in given for one in found):
        rows.add_file(Reading(one, options, notes), one.which, skip_bad=skip_bad)
    if not rows.words:
        which = ", ".join(printable(path) for path, _ in given)
        raise UserError("no sentence" + (f" that can be used ({'; '.join(rows.notes)})" if rows.notes else ""),
                        which=which, mend=_MEND)  # fmt: skip
    return TaggedSentences(
        words=tuple(rows.words),
        tags=tuple(rows.tags),
        places=tuple(rows.places),
        name=name_of(sources),
        sha256=sha256_of(rows.digests),
        notes=(*notes.lines(), *rows.notes),
        unusable_sentences=rows.left_out,
    )


def sentences_of(
    words: Iterable[Sequence[str]], tags: Iterable[Sequence[str]], *, name: str = "sentences"
) -> TaggedSentences:
    """Return sentences that a program has: a list of words for each, and one of as many tags."""
    own, given = list_of_sentences(words, "words"), list_of_sentences(tags, "tags")
    if len(own) != len(given):
        raise UserError(f"{len(own):,} sentences of words and {len(given):,} of tags", mend="give one of each")
    for number, (one, other) in enumerate(zip(own, given, strict=True)):
        if len(one) != len(other):
            what = f"{counted(len(one), 'word')} and {counted(len(other), 'tag')}"
            raise UserError(what, which=f"sentence {number}", mend="give each word a tag")
        if not one:
            raise UserError("a sentence without words", which=f"sentence {number}", mend="leave it out")
    digest = digest_of((*one, "", *other, "") for one, other in zip(own, given, strict=True))
    if not own:
        raise UserError("no sentences", which=name, mend="give sentences")
    places = tuple(f"sentence {number}" for number in range(len(own)))
    return TaggedSentences(
        words=own, tags=given, places=places, name=name, sha256=digest.hex(), notes=()
    )  # fmt: skip


def list_of_sentences(given: Iterable[Any], which: str) -> tuple[tuple[str, ...], ...]:
    """Return lists of words, or of tags, if it is that. which: how they are called."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UserError(f"no list but {type(given).__name__}", which=which, mend="give a list of lists of strings")
    found = []
    for number, one in enumerate(given):
        if isinstance(one, str) or not isinstance(one, Iterable):
            what = f"no list but {type(one).__name__}"
            raise UserError(what, which=f"{which}[{number}]", mend="give a list of strings for each sentence")
        cells = tuple(one)
        for cell in cells:
            if not isinstance(cell, str) or not cell.strip() or _CONTROL.search(cell) or not _is_text(cell):
                what = f"{cell!r} is no word or tag"
                raise UserError(what, which=f"{which}[{number}]", mend="give strings without line breaks and tabs")
        found.append(cells)
    return tuple(found)


def iter_words(
    source: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    errors: str = "strict",
    stdin: BinaryIO | None = None,
) -> Iterator[tuple[str, ...]]:
    """Yield the words of each sentence of a CoNLL file as they come: the first column, whatever follows it."""
    options = ReadingOptions(encoding=encoding, errors=errors, binary_mend="give a text file")
    options.check()
    if os.path.isdir(source):
        raise UserError("is a folder", which=printable(source), mend="give a file, or - for standard input")
    (found,) = find_sources(source, stdin=stdin, notes=ReadingNotes())
    return _words_in(lines_of(Reading(found, options, ReadingNotes()).arriving()), found.which)


def _words_in(lines: Iterator[str], which: str) -> Iterator[tuple[str, ...]]:
    refuse = refuse_at_once(which)
    for first, own in _sentences(lines):
        words = tuple(line.partition("\t")[0] for line in own)
        for number, word in enumerate(words, first):
            if not word.strip():
                refuse("an empty word", number)
        yield words


def is_tagged(source: str | os.PathLike[str]) -> bool:
    """Whether a source looks like tagged words: by its name, or as its first sentence is tagged for spans, every line.

    Standard input cannot be looked at twice, and is taken for something else; so is what cannot be read.
    """
    path = os.fspath(source)
    if path == STANDARD_INPUT or not os.path.exists(path):
        return False
    if has_ending(path):
        return True
    if not os.path.isfile(path) or format_by_name(path) is not None:
        return False
    try:
        (found,) = find_sources(path, stdin=None, notes=ReadingNotes())
        lines = lines_of(Reading(found, ReadingOptions(errors="replace"), ReadingNotes()).arriving())
        _, first = next(_sentences(lines), (0, []))
    except UserError:
        return False
    cells = [line.split("\t") for line in first]
    return bool(cells) and all(len(row) == 2 and row[0].strip() and _SPAN_TAG.fullmatch(row[1]) for row in cells)


def has_ending(path: str) -> bool:
    """Whether the name of a file says that it holds tagged words."""
    return base_name(path).lower().endswith(ENDINGS)


def _sentences(lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of each sentence, with the number of the first; what is nothing but white space is blank."""
    own: list[str] = []
    number = 0
    for number, line in enumerate(lines, 1):
        if line.strip():
            own.append(line)
        elif own:
            yield number - len(own), own
            own = []
    if own:
        yield number + 1 - len(own), own


def _pair(line: str, number: int, defects: Defects) -> tuple[str, str]:
    """Return word and tag of a line; what is wrong with it is taken note of."""
    cells = line.split("\t")
    if len(cells) == 1:
        defects.add("a word without a tag", number, "the columns are apart by a tab" if " " in line.strip() else "")
        return line, ""
    if len(cells) > 2:
        defects.add("more than a word and a tag", number, f"{len(cells)} columns, apart by tabs")
    elif not cells[0].strip() or not cells[1].strip():
        defects.add("an empty word" if cells[1].strip() else "an empty tag", number)
    elif _CONTROL.search(cells[0]) or _CONTROL.search(cells[1]):
        defects.add("a control character in word or tag", number)
    return cells[0], cells[1]


def _is_text(cell: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in cell)
