"""The corpus: normalised text of one or several documents, small or larger than memory.

In go files, folders, standard input or strings; out come documents and parts of them by character offset, always as pieces
of bounded size. Knows nothing of ids or of who is trained on it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from textrnn.errors import UserError, WorldError
from textrnn.text.alphabet import Alphabet
from textrnn.text.display import code_point, printable
from textrnn.text.spool import TextSpool

_MIXED_FORMS = "composed letters (NFC) and decomposed ones (NFD) both occur: to the model they are different letters"


@dataclass(frozen=True)
class Document:
    """One text among those of a corpus."""

    name: str
    characters: int


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
        return CorpusPart(self.documents, self._spool, start, stop)

    def text(self) -> str:
        """Return the whole text at once, documents joined with nothing: for small corpora."""
        return "".join(self._spool.read(0, self.characters))


class CorpusPart:
    """A stretch of a corpus, with the document boundaries inside it."""

    def __init__(self, documents: Sequence[Document], spool: TextSpool, start: int, stop: int) -> None:
        self.characters = stop - start
        self._spool = spool
        self._ranges: list[tuple[int, int]] = []
        begin = 0
        for document in documents:
            end = begin + document.characters
            if max(begin, start) < min(end, stop):
                self._ranges.append((max(begin, start), min(end, stop)))
            begin = end

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

    def add(self, name: str, pieces: Iterable[str]) -> Document:
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
        document = Document(name, self._spool.characters - begin)
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
    builder = CorpusBuilder()
    digests = []
    for number, document in enumerate(texts, start=1):
        builder.add(name if len(texts) == 1 else f"{name} {number}", [document])
        digests.append(hashlib.sha256(document.encode("utf-8")).digest())
    return builder.finish([name], digests)


def read_corpus(
    sources: Sequence[str | os.PathLike[str]],
    *,
    encoding: str | None = None,
    errors: str = "strict",
    stdin: BinaryIO | None = None,
    keep_line_ends: bool = False,
    allow_binary: bool = False,
    max_bytes: int | None = None,
) -> Corpus:
    """Read files, folders (every text file below) and standard input (`-`) as one corpus with document boundaries."""
    builder = CorpusBuilder()
    digests = []
    for source in sources:
        with open(source, "rb") as file:
            data = file.read()
        builder.add(os.path.basename(source), [data.decode("utf-8")])
        digests.append(hashlib.sha256(data).digest())
    return builder.finish([os.path.basename(source) for source in sources], digests)
