"""The answer that is right most often without reading anything: the label that most training texts have.

In go label ids, out comes one of them, whatever the texts. What the ids stand for is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textrnn.errors import UserError

Ids = npt.NDArray[np.integer]

_ARRAY = "majority.rows"


@dataclass(frozen=True)
class Majority:
    """rows: (C,) how many training texts have each label."""

    rows: Ids
    name: ClassVar[str] = "majority"

    @classmethod
    def fit(cls, texts: Sequence[str], label_ids: Sequence[int] | Ids, num_labels: int) -> Majority:
        """Count the labels; the texts are not looked at."""
        assert len(texts) == len(label_ids)
        return cls(np.bincount(np.asarray(label_ids, np.int64), minlength=num_labels).astype(np.int64))

    @property
    def label_id(self) -> int:
        """The most frequent label, of equals the first."""
        return int(self.rows.argmax())

    def predict(self, texts: Sequence[str]) -> Ids:
        """Return the same id for each text, (N,)."""
        return np.full(len(texts), self.label_id, np.int64)

    def to_arrays(self) -> dict[str, Ids]:
        """Return the counts as a named array; the name is not that of any other baseline's."""
        return {_ARRAY: self.rows}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Majority:
        """Put together again what `to_arrays` returned, perhaps among other arrays; damaged ones are refused."""
        rows = arrays.get(_ARRAY)
        if rows is None or rows.ndim != 1 or rows.dtype.kind not in "iu" or not len(rows) or (rows < 0).any():
            raise UserError("damaged baseline", which=_ARRAY, mend="train the run again")
        return cls(rows.astype(np.int64))
