"""The conditions that a language model knows, in order: from a name to what the network reads.

In: names, and texts as ids. Out: ids that say unit and condition in one number; a refusal for a condition that a model
does not know. Shapes: n units, V units in the vocabulary.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.data.columns import as_named, shown
from textrnn.data.ids import Ids, id_dtype
from textrnn.errors import UserError
from textrnn.text.corpus import Corpus
from textrnn.text.display import counted, printable
from textrnn.text.vocabulary import END

_NAMED = 20


@dataclass(frozen=True)
class Conditions:
    """The names, by the number that each has; none for a model that was trained without conditions."""

    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, own: Iterable[str]) -> Conditions:
        """Return those of texts: by name, whatever came first."""
        return cls(tuple(sorted(set(own))))

    def __len__(self) -> int:
        return len(self.names)

    def to_json(self) -> dict[str, Any]:
        """Return what figures say of them: nothing of none, the names of a few, the number of many."""
        return {"conditions": list(self.names) if len(self) <= _NAMED else len(self)} if self else {}

    def number(self, condition: str | None, model: str) -> int | None:
        """Return which one is meant, None of none; what cannot be is refused. model: whose they are."""
        which = printable(model)
        if not self.names and condition is not None:
            what = f"--condition {shown(condition)}, and the model was trained without conditions"
            raise UserError(what, which=which, mend="leave it out")
        if not self.names:
            return None
        if condition is None:
            raise UserError("no --condition, and the model was trained under some", which=which, mend=self._give_one())
        condition = as_named(condition, self.names)
        if condition not in self.names:
            near = difflib.get_close_matches(condition, self.names, n=1, cutoff=0.6)
            mend = f"did you mean {shown(near[0])}?" if near else self._give_one()
            raise UserError(f"no condition {shown(condition)}", which=which, mend=mend)
        return self.names.index(condition)

    def check(self, corpus: Corpus, which: str) -> None:
        """Refuse texts that cannot be read under these. which: what has them, for the message."""
        if not self.names:
            return
        if not corpus.conditions:
            mend = "give a table with a column of conditions, and name it with --condition-column"
            raise UserError("texts without conditions", which=printable(corpus.names[0]), mend=mend)
        unknown, known = dict[str, str](), set(self.names)
        for name, document in zip(corpus.conditions, corpus.documents, strict=True):
            if name not in known:
                unknown.setdefault(name, document.name)
        if unknown:
            first = ", ".join(f"{shown(name)} ({place})" for name, place in list(unknown.items())[:3])
            more = f" and {len(unknown) - 3:,} more" if len(unknown) > 3 else ""
            what = f"{counted(len(unknown), 'condition')} that {which} does not have: {first}{more}"
            raise UserError(
                what, which=printable(corpus.names[0]), mend=f"leave those rows out; it has {self.listed()}"
            )

    def read(self, ids: Ids, own: Sequence[str], vocabulary_size: int) -> Ids:
        """Return what a network reads for `ids` (n,): each unit under its document's condition, as one number.

            condition * V + unit

        ids: documents that each begin with END, and END behind the last. own: the condition of each. Without conditions
        a unit is its own number.
        """
        if not self.names:
            return ids
        numbers = {name: number for number, name in enumerate(self.names)}
        of_documents: npt.NDArray[np.int64] = np.array([numbers[name] for name in own], np.int64)
        # the last END begins nothing, and is never read
        document = np.minimum(np.cumsum(ids == END), len(of_documents)) - 1
        read = of_documents[document] * vocabulary_size + ids
        narrow: Ids = read.astype(id_dtype(len(self) * vocabulary_size))
        return narrow

    def _give_one(self) -> str:
        return f"give one of {self.listed()}"

    def listed(self) -> str:
        """Return the first names in words."""
        more = f" and {len(self) - _NAMED:,} more" if len(self) > _NAMED else ""
        return ", ".join(shown(name) for name in self.names[:_NAMED]) + more
