"""The two vocabularies of what reads one text and writes another: a tokenizer of sources and one of targets.

In: texts. Out: ids that end in END. A text of no unit is END alone, so that there is always something to read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.text.joints import Joints, joints_from_json
from textrnn.text.tokenizer import Tokenizer, tokenizer_from_json
from textrnn.text.vocabulary import END

Ids = npt.NDArray[np.integer]


class Sides(NamedTuple):
    """source, target: of one kind, each with the symbols of its own texts. joints: of words, what stands between."""

    source: Tokenizer
    target: Tokenizer
    joints: Joints | None = None

    @property
    def unit(self) -> str:
        """What people call a unit of either side."""
        return self.source.unit

    @property
    def sizes(self) -> tuple[int, int]:
        """How many symbols each has."""
        return len(self.source.symbols), len(self.target.symbols)

    def facts(self) -> dict[str, Any]:
        """Return what is said of them."""
        source, target = self.sizes
        return {"unit": self.unit, "source_vocabulary": source, "vocabulary": target}

    def source_ids(self, text: str) -> Ids:
        """Return the ids of a text to read, (S,)."""
        return ended(self.source, text)

    def target_ids(self, text: str) -> Ids:
        """Return the ids of a text to write, (T,)."""
        return ended(self.target, text)

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of ids of the target."""
        if self.joints is None:
            return self.target.decode(ids)
        return self.joints.join(self.target.symbols[id] for id in ids)

    def to_json(self) -> dict[str, Any]:
        """Return what `sides_from_json` needs to make these again."""
        joints = None if self.joints is None else self.joints.to_json()
        return {"source": self.source.to_json(), "target": self.target.to_json(), "joints": joints}


def ended(tokenizer: Tokenizer, text: str) -> Ids:
    """Return the ids of a text, and END."""
    return np.append(tokenizer.encode(text), np.int32(END))


def sides_from_json(value: Mapping[str, Any]) -> Sides:
    """Return the vocabularies that `to_json` described; what is not two of one kind is refused."""
    source, target = tokenizer_from_json(value["source"]), tokenizer_from_json(value["target"])
    joints = value["joints"]
    if source.kind != target.kind or (joints is None) == (target.kind == "word"):
        raise ValueError("sources and targets of different kinds, or words and nothing between them")
    return Sides(source, target, None if joints is None else joints_from_json(joints))
