"""What looking each word up gets: the tag that a word had most often in training, and of a word not seen the commonest.

In go words and the ids of their tags, out comes an id for each word. What the ids stand for is not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textrnn.errors import UserError

Ids = npt.NDArray[np.integer]

_WORDS, _TAGS, _COMMONEST = "frequent_tag.words", "frequent_tag.tags", "frequent_tag.commonest"
_BETWEEN = "\n"


@dataclass(frozen=True)
class FrequentTag:
    """words: those whose tag is not the commonest, as they are written. tags: (N,) theirs. commonest: of all words."""

    words: tuple[str, ...]
    tags: Ids
    commonest: int
    name: ClassVar[str] = "most frequent tag per word"
    _tag_of: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tag_of", dict(zip(self.words, self.tags.tolist(), strict=True)))

    @classmethod
    def fit(cls, sentences: Iterable[Sequence[str]], tags: Iterable[Ids]) -> FrequentTag:
        """Count the tags of every word; of equally frequent ones the first by id."""
        counts: dict[str, Counter[int]] = {}
        for words, own in zip(sentences, tags, strict=True):
            for word, tag in zip(words, own.tolist(), strict=True):
                counts.setdefault(word, Counter())[tag] += 1
        total: Counter[int] = Counter()
        for found in counts.values():
            total.update(found)
        commonest = _most(total)
        chosen = {word: tag for word, found in sorted(counts.items()) if (tag := _most(found)) != commonest}
        return cls(tuple(chosen), np.array([*chosen.values()], np.int64), commonest)

    def predict(self, words: Sequence[str]) -> Ids:
        """Return the id of a tag for each word, (T,)."""
        return np.array([self._tag_of.get(word, self.commonest) for word in words], np.int64)

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return words and tags as named arrays; no word holds a line break."""
        text = np.frombuffer(_BETWEEN.join(self.words).encode("utf-8", "surrogatepass"), np.uint8)
        return {_WORDS: text, _TAGS: self.tags, _COMMONEST: np.array([self.commonest], np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], num_tags: int) -> FrequentTag:
        """Put together again what `to_arrays` returned; damaged arrays are refused."""
        text, tags, commonest = (arrays.get(name) for name in (_WORDS, _TAGS, _COMMONEST))
        if text is None or text.ndim != 1 or text.dtype != np.uint8:
            raise _damaged(_WORDS)
        try:
            words = bytes(text).decode("utf-8", "surrogatepass").split(_BETWEEN) if len(text) else []
        except UnicodeDecodeError:
            raise _damaged(_WORDS) from None
        if tags is None or tags.ndim != 1 or not _are_ids(tags, num_tags) or len(tags) != len(words):
            raise _damaged(_TAGS)
        if commonest is None or commonest.shape != (1,) or not _are_ids(commonest, num_tags):
            raise _damaged(_COMMONEST)
        return cls(tuple(words), tags.astype(np.int64), int(commonest[0]))


def _most(counts: Counter[int]) -> int:
    return min(counts, key=lambda tag: (-counts[tag], tag))


def _are_ids(array: npt.NDArray[Any], count: int) -> bool:
    return array.dtype.kind in "iu" and bool(((array >= 0) & (array < count)).all())


def _damaged(name: str) -> UserError:
    return UserError("damaged baseline", which=name, mend="train the run again")
