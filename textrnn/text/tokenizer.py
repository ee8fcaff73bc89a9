"""What every tokenizer does, and the table of those there are.

In goes text, out come ids, and back. `fit_tokenizer` makes one from the training part, `tokenizer_from_json` from what
a run kept of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from textrnn.errors import UserError
from textrnn.text.corpus import CorpusPart
from textrnn.text.display import printable
from textrnn.text.vocabulary import END, UnknownUnit

_MODULES = {
    "char": "textrnn.text.tokenizers.char",
    "byte": "textrnn.text.tokenizers.byte",
    "word": "textrnn.text.tokenizers.word",
    "bpe": "textrnn.text.tokenizers.bpe",
}


class Decoder(Protocol):
    """Turns ids into text one at a time; what it returned is never taken back, and no character is split."""

    def feed(self, id: int) -> str:
        """Return the text that `id` completes, which may be empty."""
        ...

    def finish(self) -> str:
        """Return what is still held back; the decoder is then done."""
        ...


class Tokenizer(Protocol):
    """Text to ids and back, for one vocabulary."""

    @property
    def kind(self) -> str:
        """One of char, byte, word, bpe."""
        ...

    @property
    def unit(self) -> str:
        """What people call one of its units: character, byte, word, subword."""
        ...

    @property
    def symbols(self) -> tuple[str, ...]:
        """The readable symbol of every id; ids UNKNOWN and END come first, and no text produces END."""
        ...

    @property
    def start_id(self) -> int:
        """What an empty prompt is fed: what a text of the training part started after."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know about the vocabulary; empty for a tokenizer read from a run."""
        ...

    def encode(self, text: str) -> npt.NDArray[np.int32]:
        """Return the ids of `text`, (n,); a unit that the vocabulary does not have becomes UNKNOWN."""
        ...

    def encode_pieces(self, pieces: Iterable[str]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the ids of a text that arrives in pieces: the same as of the whole, with memory for a piece."""
        ...

    def unknown(self, text: str) -> list[UnknownUnit]:
        """Return the distinct units of `text` that the vocabulary does not have, in the order of their first place."""
        ...

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids`; END is no text."""
        ...

    def decoder(self, after: str = "") -> Decoder:
        """Return a decoder for a text that goes on after the text `after`."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return what `tokenizer_from_json` needs to make this tokenizer again."""
        ...


def has_end(tokenizer: Tokenizer) -> bool:
    """Whether models of this vocabulary learn where a text ends: those whose texts start after a boundary."""
    return tokenizer.start_id == END


def fit_tokenizer(
    kind: str,
    part: CorpusPart,
    *,
    vocabulary_size: int | None = None,
    min_count: int | None = None,
    lowercase: bool = False,
) -> Tokenizer:
    """Return a tokenizer whose vocabulary comes from `part` alone; `.notes` says what was left out.

    `vocabulary_size` counts every id, the two special ones included.
    """
    fit = cast(Callable[..., Tokenizer], _module(kind).fit)
    return fit(part, vocabulary_size=vocabulary_size, min_count=min_count, lowercase=lowercase)


def tokenizer_from_json(value: dict[str, Any]) -> Tokenizer:
    """Return the tokenizer that `to_json` described; a description that is not one is refused."""
    module = _module(str(value.get("kind")))
    try:
        if type(value.get("start_id")) is not int:
            raise ValueError("start_id is no id")
        return cast(Tokenizer, module.from_json(value))
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        raise UserError(f"damaged vocabulary ({error!r})", which=f"tokenizer of kind {value['kind']}") from error


def _module(kind: str) -> Any:
    if kind not in _MODULES:
        raise UserError(f"unknown tokenizer {printable(kind)!r}", mend=f"choose one of {', '.join(_MODULES)}")
    return import_module(_MODULES[kind])
