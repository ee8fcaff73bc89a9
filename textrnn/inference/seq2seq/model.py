"""An encoder-decoder at work: texts in, a text for each out, on NumPy alone.

Shapes: S units of a source, T of a target.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.config.seq2seq import TrainSeq2SeqSettings, TranslateSettings
from textrnn.data.given import list_of_texts
from textrnn.data.pairs import Pairs, read_pairs
from textrnn.errors import UserError
from textrnn.inference.seq2seq.engine import Ids, Seq2SeqEngine
from textrnn.inference.seq2seq.evaluation import PairEvaluation, evaluate_translator
from textrnn.inference.seq2seq.search import Found, beam_search, greedy
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import named_arrays
from textrnn.networks.seq2seq import Seq2SeqParameters
from textrnn.text.sides import Sides
from textrnn.text.tokenizer import Tokenizer
from textrnn.text.vocabulary import END, UNKNOWN

TASK = "seq2seq"
# texts that are written together
AT_ONCE = 1024
# what a target may have beyond its share of the source's length
MORE_UNITS = 10


@dataclass(frozen=True)
class Translation:
    """What is written for one source. nats: of all its units together. read: units of the source.

    unknown: those of them that were never seen.
    """

    source: str
    text: str
    nats: float
    read: int
    unknown: int

    def to_json(self) -> dict[str, Any]:
        """Return the answer as one JSON object."""
        return {"source": self.source, "text": self.text, "nats": self.nats}


class Translator:
    """What `textrnn.load` and `textrnn.train_seq2seq` return."""

    def __init__(
        self,
        *,
        name: str,
        sides: Sides,
        settings: TrainSeq2SeqSettings,
        parameters: Seq2SeqParameters,
        config: Mapping[str, Any],
        model_sha256: str | None = None,
        card: str | None = None,
    ) -> None:
        """card: what is told of the model beside it, in Markdown; `save` writes it too."""
        self.name, self.sides, self.settings = name, sides, settings
        self.config, self.model_sha256, self.card = dict(config), model_sha256, card
        self._parameters = parameters

    @cached_property
    def engine(self) -> Seq2SeqEngine:
        """The network on NumPy."""
        return Seq2SeqEngine(self._parameters, cell_of(self.settings))

    @property
    def tokenizer(self) -> Tokenizer:
        """The vocabulary of what is written."""
        return self.sides.target

    @property
    def longest_seen(self) -> int | None:
        """Units of the longest source that was trained on, None where that is not known."""
        longest = self.config["data"].get("longest_source")
        return longest if isinstance(longest, int) else None

    def translate(
        self, sources: Sequence[str], *, beam: int | None = None, length_penalty: float | None = None
    ) -> list[Translation]:
        """Return a text for each source; for one that is empty, none. beam, length_penalty: as `TranslateSettings`."""
        given = {"beam": beam, "length_penalty": length_penalty}
        settings = TranslateSettings.check({name: value for name, value in given.items() if value is not None})
        return self.translate_with(list_of_texts(sources, "sources"), settings)

    def translate_with(self, sources: Sequence[str], settings: TranslateSettings) -> list[Translation]:
        """Return a text for each source."""
        found: list[Translation] = []
        for start in range(0, len(sources), AT_ONCE):
            part = sources[start : start + AT_ONCE]
            ids = [self.sides.source_ids(text) for text in part]
            wanted = [place for place, text in enumerate(part) if text.strip()]
            written = dict(zip(wanted, self._written([ids[place] for place in wanted], settings), strict=True))
            found += [self._answer(text, ids[place], written.get(place)) for place, text in enumerate(part)]
        return found

    def _written(self, sources: Sequence[Ids], settings: TranslateSettings) -> list[Found]:
        found: dict[int, Found] = {}
        for block in self.engine.blocks(sources, settings.beam):
            limits = np.array([self._limit(length) for length in block.lengths.tolist()])
            if settings.beam == 1:
                answers = greedy(self.engine, block, limits)
            else:
                answers = beam_search(
                    self.engine, block, limits, width=settings.beam, length_penalty=settings.length_penalty
                )
            found |= dict(zip(block.rows.tolist(), answers, strict=True))
        return [found[place] for place in range(len(sources))]

    def _limit(self, length: int) -> int:
        """Return how many units a text may have for a source of so many: half as long again as any in training."""
        data = self.config["data"]
        longest_source, longest_target = data.get("longest_source"), data.get("longest_target")
        if not isinstance(longest_source, int) or not isinstance(longest_target, int):
            return MORE_UNITS + 3 * length
        return MORE_UNITS + max(longest_target, length * longest_target // max(1, longest_source))

    def _answer(self, source: str, ids: Ids, found: Found | None) -> Translation:
        if found is None:
            return Translation(source, "", 0.0, 0, 0)
        unknown = int((ids == UNKNOWN).sum())
        return Translation(source, self.sides.text(found.ids), max(0.0, found.nats), len(ids) - 1, unknown)

    def attention(
        self, source: str, *, beam: int | None = None, length_penalty: float | None = None
    ) -> tuple[list[str], list[str], npt.NDArray[np.floating]]:
        """Return the units written for a source, those read, and where each of the former looked, (T, S).

        Both end in <end>, where writing ended and reading did.
        """
        given = {"beam": beam, "length_penalty": length_penalty}
        settings = TranslateSettings.check({name: value for name, value in given.items() if value is not None})
        (text,) = list_of_texts([source], "source")
        if not text.strip():
            raise UserError("an empty text", which="source", mend="give one with something to look at")
        return self.attention_with(text, settings)

    def attention_with(
        self, source: str, settings: TranslateSettings
    ) -> tuple[list[str], list[str], npt.NDArray[np.floating]]:
        """As `attention`."""
        if self.settings.attention == "none":
            mend = "train one with --attention dot or additive"
            raise UserError("a model without attention", which=self.name, mend=mend)
        read = self.sides.source_ids(source)
        (found,) = self._written([read], settings)
        written = np.array([*found.ids, END])
        weights = self.engine.weights(read, written)
        assert weights is not None
        return _units(self.sides.target, written), _units(self.sides.source, read), weights

    def evaluate(
        self,
        source: str | os.PathLike[str] | Pairs,
        *,
        beam: int | None = None,
        length_penalty: float | None = None,
        **reading: Any,
    ) -> PairEvaluation:
        """Return how good the texts are for pairs: a file, or pairs. reading: as `read_pairs`."""
        pairs = source if isinstance(source, Pairs) else read_pairs([source], **reading)
        given = {"beam": beam, "length_penalty": length_penalty}
        settings = TranslateSettings.check({name: value for name, value in given.items() if value is not None})
        return evaluate_translator(self, pairs, settings)

    def json_roles(self) -> dict[str, Any]:
        """Return what a run holds of this model beside its weights: the roles config and tokenizer."""
        return {"config": self.config, "tokenizer": self.sides.to_json()}

    def array_roles(self) -> dict[str, dict[str, np.ndarray]]:
        """Return what a run holds of this model as arrays."""
        return {"model": {name: np.asarray(array) for name, array in named_arrays(self._parameters).items()}}

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write this model as a run folder, to be opened by `textrnn.load` and every command."""
        from textrnn.runs.writer import RunWriter

        with RunWriter(Path(folder), overwrite=overwrite) as writer:
            writer.commit(task=TASK, step=0, json=self.json_roles(), arrays=self.array_roles(), finished=True)
            if self.card is not None:
                writer.write_card(self.card)


def _units(tokenizer: Tokenizer, ids: Ids) -> list[str]:
    return [tokenizer.symbols[id] for id in ids.tolist()]
