"""The corpus: normalised text of one or several documents, small or larger than memory.

In go files, folders, standard input or strings; out come documents and parts of them by character offset, always as
pieces of bounded size. Knows nothing of ids or of who is trained on it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO

from textrnn.errors import UserError, WorldError
from textrnn.text.alphabet import Alphabet
from textrnn.text.decoding import BinaryFileError, ReadingOptions
from textrnn.text.display import code_point, printable
from textrnn.text.notes import ReadingNotes
from textrnn.text.reading import Reading
from textrnn.text.sources import STANDARD_INPUT, Source, find_sources
from textrnn.text.spool import TextSpool

_MIXED_FORMS = "composed letters (NFC) and decomposed ones (NFD) both occur: to the model they are different letters"


@dataclass(frozen=True)
class Document:
    """One text among those of a corpus. condition: what it is written under, None where the texts have none."""

    name: str
    characters: int
    condition: str | None = None


class Corpus:
    """Text that was read, small or larger than memory. `CorpusBuilder` makes it."""

    def __init__(
        self,
        documents: Sequence[Document],
        spool: TextSpool,
        *,
        alphabet: str,
        names: Sequence[str],
        sha256: str,
        notes: Sequence[str],
    ) -> None:
        self.documents = tuple(documents)
        self.characters = spool.characters
        self.alphabet = alphabet
        self.alphabet_size = len(alphabet)
        self.names = tuple(names)
        self.sha256 = sha256
        self.notes = tuple(notes)
        self._spool = spool

    def part(self, start: int, stop: int) -> CorpusPart:
        """Return the text from character `start` to before character `stop`, counted over all documents."""
        if not 0 <= start <= stop <= self.characters:
            raise ValueError(f"part {start}..{stop} of a corpus of {self.characters} characters")
        ranges, begin = list[tuple[int, int]](), 0
        for document in self.documents:
            end = begin + document.characters
            if max(begin, start) < min(end, stop):
                ranges.append((max(begin, start), min(end, stop)))
            begin = end
        return CorpusPart(self._spool, ranges)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The condition of each document; none where the texts have none."""
        return tuple(document.condition for document in self.documents if document.condition is not None)

    def chosen(self, places: Iterable[int]) -> CorpusPart:
        """Return the documents at `places`, in that order, each under its condition."""
        ends = list(accumulate(document.characters for document in self.documents))
        found, conditions = list(places), self.conditions
        return CorpusPart(
            self._spool,
            [(ends[place] - self.documents[place].characters, ends[place]) for place in found],
            tuple(conditions[place] for place in found) if conditions else (),
        )

    def text(self) -> str:
        """Return the whole text at once, documents joined with nothing: for small corpora."""
        return "".join(self._spool.read(0, self.characters))


class CorpusPart:
    """A stretch of a corpus, or some of its documents, with the boundaries in between.

    conditions: of each document, in order; none where the texts have none. Texts with conditions start afresh.
    """

    def __init__(self, spool: TextSpool, ranges: Sequence[tuple[int, int]], conditions: tuple[str, ...] = ()) -> None:
        """ranges: where each document begins and ends in `spool`."""
        self.characters = sum(stop - start for start, stop in ranges)
        self.conditions = conditions
        self._spool, self._ranges = spool, ranges

    @property
    def num_documents(self) -> int:
        """How many documents reach into this part."""
        return len(self._ranges)

    def documents(self) -> Iterator[Iterator[str]]:
        """Yield every document, or what lies of it in this part, as pieces of about a million characters at most."""
        for start, stop in self._ranges:
            yield self._spool.read(start, stop)


class CorpusBuilder:
    """Takes documents one after the other, each in pieces, and makes the corpus of them."""

    def __init__(self) -> None:
        self._documents: list[Document] = []
        self._spool = TextSpool()
        self._alphabet = Alphabet()

    def add(self, name: str, pieces: Iterable[str], condition: str | None = None) -> Document:
        """Store one document. An empty one is not kept: whoever reads it counts it."""
        begin = self._spool.characters
        for piece in pieces:
            try:
                self._spool.append(piece)
            except UnicodeEncodeError as error:
                position = self._spool.characters - begin + error.start
                what = f"lone surrogate {code_point(error.object[error.start])} at character {position:,}"
                mend = "it is half of a character: mend the text where it was made"
                raise UserError(what, which=printable(name), mend=mend) from None
            except OSError as error:
                what = f"no room for the text on disk ({error.strerror})"
                raise WorldError(what, mend="set TEXTRNN_CACHE to a folder with more room") from error
            self._alphabet.add(piece)
        document = Document(name, self._spool.characters - begin, condition)
        if document.characters:
            self._documents.append(document)
        return document

    def finish(self, names: Sequence[str], digests: Sequence[bytes], notes: Sequence[str] = ()) -> Corpus:
        """Return the corpus.

        `digests` are the SHA-256 digests of the inputs: one is the corpus's own, several are hashed in a row.
        """
        if not self._documents:
            which = ", ".join(map(printable, names))
            raise UserError("the corpus is empty", which=which, mend="give a file with text in it")
        if self._alphabet.mixes_normal_forms:
            notes = [*notes, _MIXED_FORMS]
        return Corpus(
            self._documents,
            self._spool,
            alphabet=self._alphabet.characters,
            names=names,
            sha256=digests[0].hex() if len(digests) == 1 else hashlib.sha256(b"".join(digests)).hexdigest(),
            notes=notes,
        )


def corpus_from_text(text: str | Sequence[str], name: str = "text") -> Corpus:
    """Return a corpus of one string, or of several strings as so many documents."""
    texts = [text] if isinstance(text, str) else list(text)
    titles = [name] if len(texts) == 1 else [f"{name} {number}" for number in range(1, len(texts) + 1)]
    return corpus_from_documents(zip(titles, texts, strict=True), name)


def corpus_from_documents(documents: Iterable[tuple[str, str]], name: str) -> Corpus:
    """Return a corpus of (document name, text) pairs."""
    builder = CorpusBuilder()
    return builder.finish([name], _store(builder, documents))


def _store(builder: CorpusBuilder, documents: Iterable[tuple[str, str]]) -> list[bytes]:
    digests = []
    for name, text in documents:
        builder.add(name, [text])
        digests.append(hashlib.sha256(text.encode("utf-8")).digest())
    return digests


def read_corpus(
    sources: Sequence[str | os.PathLike[str]],
    *,
    encoding: str | None = None,
    errors: str = "strict",
    stdin: BinaryIO | None = None,
    keep_line_ends: bool = False,
    allow_binary: bool = False,
    max_bytes: int | None = None,
    known: Mapping[str, Callable[[], Iterable[tuple[str, str]]]] | None = None,
) -> Corpus:
    """Read files, folders (every text file below) and standard input (`-`) as one corpus with document boundaries.

    keep_line_ends: leave CR LF and CR as they are. max_bytes: how much may come out of one compressed file.
    known: texts by name, for a source that is no existing file; each gives (document, text) pairs.
    """
    options = ReadingOptions(
        encoding=encoding, errors=errors, keep_line_ends=keep_line_ends, allow_binary=allow_binary, max_bytes=max_bytes
    )
    options.check()
    known = known or {}
    builder, notes, digests = CorpusBuilder(), ReadingNotes(), list[bytes]()
    for source, found in zip(sources, _found(sources, stdin, notes, known), strict=True):
        if found is None:
            digests += _store(builder, known[os.fspath(source)]())
        else:
            digests += _read_into(builder, found, options, notes, os.fspath(source))
    return builder.finish([_name(source) for source in sources], digests, notes.lines())


def _found(
    sources: Sequence[str | os.PathLike[str]], stdin: BinaryIO | None, notes: ReadingNotes, known: Collection[str]
) -> list[list[Source] | None]:
    """Return the inputs that each source stands for, None for a known text; whatever is missing is said at once."""
    if not sources:
        raise UserError("no text given", mend="give a file, a folder, or - for standard input")
    if sum(os.fspath(source) == STANDARD_INPUT for source in sources) > 1:
        raise UserError("standard input given twice", mend="give - once")
    found: list[list[Source] | None] = []
    missing = []
    seen = set()
    for source in sources:
        if os.fspath(source) in known and not os.path.exists(source):
            found.append(None)
            continue
        try:
            inputs = find_sources(source, stdin=stdin, notes=notes, known=known)
        except UserError as error:
            missing.append(error)
            continue
        for one in inputs:
            if one.identity is not None and one.identity in seen:
                notes.add("given twice, and read twice", one.which)
            seen.add(one.identity)
        found.append(inputs)
    if missing:
        raise UserError.join(missing)
    return found


def _read_into(
    builder: CorpusBuilder, inputs: Sequence[Source], options: ReadingOptions, notes: ReadingNotes, source: str
) -> list[bytes]:
    """Store the documents of one source and return their digests. In a folder, what is no text is passed over."""
    is_folder = os.path.isdir(source)
    digests = []
    for one in inputs:
        reading = Reading(one, options, notes)
        try:
            document = builder.add(one.name, reading.pieces())
        except BinaryFileError:
            if not is_folder:
                raise
            notes.add("binary files passed over", printable(source), 1)
            continue
        if document.characters:
            digests.append(reading.digest)
        else:
            notes.add("empty files passed over" if is_folder else "empty", printable(source), 1)
    if is_folder and not digests:
        raise UserError("no text file", which=printable(source), mend="give a file, or a folder that holds text files")
    return digests


def _name(source: str | os.PathLike[str]) -> str:
    """Return what a corpus is called after: the last part of the path, for a run must not keep the whole of it."""
    path = os.fspath(source)
    return "stdin" if path == STANDARD_INPUT else printable(os.path.basename(os.path.abspath(path)))
