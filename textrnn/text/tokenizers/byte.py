"""A unit is a byte of UTF-8: a vocabulary of 256 that knows every text in every script.

A character may take up to four ids, so decoding holds bytes back until a character is whole.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.errors import UserError
from textrnn.text.corpus import CorpusPart
from textrnn.text.display import code_point
from textrnn.text.tokenizers.char import start_id_for
from textrnn.text.vocabulary import SPECIAL_SYMBOLS, UnknownUnit

FIRST_BYTE = len(SPECIAL_SYMBOLS)


class ByteTokenizer:
    """One id a byte."""

    kind = "byte"
    unit = "byte"
    notes: tuple[str, ...] = ()

    def __init__(self, start_id: int) -> None:
        self.start_id = start_id
        self.symbols = (*SPECIAL_SYMBOLS, *(readable(bytes([byte])) for byte in range(256)))
        self._texts = (b"", b"", *(bytes([byte]) for byte in range(256)))

    def encode(self, text: str) -> npt.NDArray[np.int32]:
        """Return one id a byte of UTF-8."""
        return np.frombuffer(utf8(text), dtype=np.uint8).astype(np.int32) + np.int32(FIRST_BYTE)

    def encode_pieces(self, pieces: Iterable[str]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the ids of each piece."""
        return map(self.encode, pieces)

    def unknown(self, text: str) -> list[UnknownUnit]:
        """Return nothing: every byte is known."""
        return []

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids`; bytes that are no UTF-8 become U+FFFD."""
        return decode_all(self.decoder(), ids)

    def decoder(self, after: str = "") -> Utf8Decoder:
        """Return a decoder; what went before does not matter to it."""
        return Utf8Decoder(self._texts)

    def to_json(self) -> dict[str, Any]:
        """Return the little there is to know."""
        return {"kind": self.kind, "start_id": self.start_id}


class Utf8Decoder:
    """Joins the bytes of ids to characters and gives out whole ones only."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self._texts = texts
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, id: int) -> str:
        """Return the characters that the bytes of `id` complete."""
        # A boundary between documents ends a character that never became whole.
        return self._decoder.decode(self._texts[id], final=not self._texts[id])

    def finish(self) -> str:
        """Return U+FFFD for a character that never became whole."""
        return self._decoder.decode(b"", final=True)


def decode_all(decoder: Utf8Decoder, ids: Iterable[int]) -> str:
    """Return the whole text of `ids`."""
    return "".join([*map(decoder.feed, ids), decoder.finish()])


def utf8(text: str) -> bytes:
    """Return `text` in UTF-8; half a character is refused with its place."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        what = f"lone surrogate {code_point(text[error.start])} at character {error.start:,} of the text"
        raise UserError(what, mend="it is half of a character: mend the text where it was made") from None


def readable(data: bytes) -> str:
    """Return how people see a few bytes: as text where they are text, else in hexadecimal."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(f"<0x{byte:02X}>" for byte in data)


def fit(part: CorpusPart, *, vocabulary_size: int | None, min_count: int | None, lowercase: bool) -> ByteTokenizer:
    """Return the byte tokenizer; `part` says only what a text starts after."""
    if vocabulary_size is not None or min_count is not None or lowercase:
        raise UserError(
            "the byte tokenizer always has all 256 bytes",
            mend="leave out --vocabulary-size, --min-count and --lowercase",
        )
    return ByteTokenizer(start_id_for(part, FIRST_BYTE + ord("\n")))


def from_json(value: dict[str, Any]) -> ByteTokenizer:
    """Return the tokenizer of a run."""
    if not 0 <= value["start_id"] < FIRST_BYTE + 256:
        raise ValueError("start_id is no id")
    return ByteTokenizer(value["start_id"])
