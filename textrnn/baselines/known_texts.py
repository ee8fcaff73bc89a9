"""Which texts a model was trained or calibrated on, in ten bits a text: a Bloom filter (Bloom 1970) of their digests.

In go texts, out comes for other texts whether they are among them; of those that are not, one in a hundred is taken for
one. It answers no question but this, and is kept so that figures that flatter are said to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.errors import UserError
from textrnn.text.form import text_form

_ARRAY = "known.bits"
_BITS_PER_TEXT, _DIGESTS = 10, 7
# fewer, or a smaller share, may be chance
_FEWEST, _LEAST_SHARE = 2, 0.03


@dataclass(frozen=True)
class KnownTexts:
    """bits: (N,) bytes, eight bits each."""

    bits: npt.NDArray[np.uint8]

    @classmethod
    def fit(cls, texts: Sequence[str]) -> KnownTexts:
        """Remember texts, but for case, spaces and marks; empty ones are nobody's."""
        forms = {form for text in texts if (form := text_form(text))}
        bits = np.zeros(max(8, len(forms) * _BITS_PER_TEXT // 8), np.uint8)
        for form in forms:
            places = _places(form, bits.size)
            np.bitwise_or.at(bits, places // 8, _bit(places))
        return cls(bits)

    def are_known(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return of each text whether it was remembered, (N,)."""
        return np.fromiter(map(self._is_known, texts), bool, len(texts))

    def _is_known(self, text: str) -> bool:
        form = text_form(text)
        if not form:
            return False
        places = _places(form, self.bits.size)
        return bool((self.bits[places // 8] & _bit(places)).all())

    def notes(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Return a note where more of `texts` were remembered than chance would say."""
        found = int(self.are_known(texts).sum())
        if found < max(_FEWEST, _LEAST_SHARE * len(texts)):
            return ()
        return (
            f"{found:,} of {len(texts):,} texts are among those that the model was trained or calibrated on: "
            "the figures flatter",
        )

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the bits as a named array; the name is not that of any baseline's."""
        return {_ARRAY: self.bits}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> KnownTexts | None:
        """Put back what `to_arrays` returned; None for a model that remembers none. Raises UserError if damaged."""
        if _ARRAY not in arrays:
            return None
        bits = arrays[_ARRAY]
        if bits.dtype != np.uint8 or bits.ndim != 1 or not bits.size:
            raise UserError("damaged filter of texts", which=_ARRAY, mend="train the run again")
        return cls(bits)


def _places(form: str, size: int) -> npt.NDArray[np.int64]:
    """Return which bits of `size` bytes stand for a text: two digests make all (Kirsch & Mitzenmacher 2006)."""
    digest = hashlib.blake2b(form.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    first, step = (int.from_bytes(half, "little") for half in (digest[:8], digest[8:]))
    return np.array([(first + number * (step | 1)) % (8 * size) for number in range(_DIGESTS)], np.int64)


def _bit(places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    return (1 << (places % 8)).astype(np.uint8)
