"""A text as a language model reads it: its units, what is read for each, and how it is measured.

In: a model and a corpus. Out: `ReadText`. Refuses what the model cannot read. Shapes: n units.
"""

from __future__ import annotations

from dataclasses import dataclass

from textrnn.config.language_model import EvaluateSettings
from textrnn.config.settings import flag
from textrnn.data.ids import Ids, collect_ids
from textrnn.errors import UserError
from textrnn.inference.language_model.contract import Measurable
from textrnn.inference.language_model.protocol import DOCUMENTS
from textrnn.text.corpus import Corpus
from textrnn.text.display import printable

# what is asked of one text that goes on
_OF_ONE_TEXT = ("protocol", "continuation", "dynamic", "free_running")


@dataclass(frozen=True)
class ReadText:
    """ids: (n,) units. inputs: (n,) what is read for each: the same, or the unit under its condition."""

    ids: Ids
    inputs: Ids
    name: str
    starts_afresh: bool

    def protocol(self, settings: EvaluateSettings) -> str:
        """Return how it is measured; texts that each start afresh are read one by one."""
        if not self.starts_afresh:
            return settings.protocol
        fields = type(settings).model_fields
        if given := [name for name in _OF_ONE_TEXT if getattr(settings, name) != fields[name].default]:
            what = f"{', '.join(map(flag, given))} with texts under conditions"
            raise UserError(what, which=self.name, mend="each is read by itself, leave it out")
        return DOCUMENTS


def read_text(model: Measurable, corpus: Corpus) -> ReadText:
    """Return `corpus` as `model` reads it; texts whose conditions it does not know are refused."""
    model.conditions.check(corpus, printable(model.name))
    part = corpus.chosen(range(len(corpus.documents))) if corpus.conditions else corpus.part(0, corpus.characters)
    ids = collect_ids(model.tokenizer, part)
    inputs = model.conditions.read(ids, part.conditions, len(model.tokenizer.symbols))
    return ReadText(ids, inputs, printable(corpus.names[0]), bool(part.conditions))
