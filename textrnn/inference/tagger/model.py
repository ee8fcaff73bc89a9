"""A tagger at work: sentences in, a tag with its probability for every word out, on NumPy alone.

Shapes: T words, C tags.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from textrnn.baselines.frequent_tag import FrequentTag
from textrnn.cells.functions import log_softmax
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.data.given import list_of, list_of_texts
from textrnn.data.tagged import TaggedSentences, list_of_sentences, read_tagged
from textrnn.inference.tagger.engine import TaggerEngine
from textrnn.inference.tagger.evaluation import TaggedEvaluation, evaluate_tagger
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import named_arrays
from textrnn.networks.tagger import TaggerParameters
from textrnn.text.lexicon import Lexicon
from textrnn.text.sentence import words_of
from textrnn.text.tokenizers.word import WordTokenizer
from textrnn.text.vocabulary import UNKNOWN

TASK = "tagger"
# sentences whose logits are worked out together
AT_ONCE = 1024


@dataclass(frozen=True)
class Tagged:
    """What is said of one sentence: a tag for every word, and its probability."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    scores: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the answer as one JSON object."""
        return {"words": list(self.words), "tags": list(self.tags), "scores": list(self.scores)}

    def to_conll(self) -> str:
        """Return the answer as lines of word, tab and tag, with a blank line behind them."""
        return "".join(f"{word}\t{tag}\n" for word, tag in zip(self.words, self.tags, strict=True)) + "\n"


class Tagger:
    """What `textrnn.load` and `textrnn.train_tagger` return. tags: all of them, in the order of their ids."""

    def __init__(
        self,
        *,
        name: str,
        tokenizer: WordTokenizer,
        tags: Sequence[str],
        settings: TrainTaggerSettings,
        parameters: TaggerParameters,
        config: Mapping[str, Any],
        model_sha256: str | None = None,
        baseline_arrays: Mapping[str, np.ndarray] | None = None,
        card: str | None = None,
    ) -> None:
        """card: what is told of the model beside it, in Markdown; `save` writes it too."""
        self.name, self.tokenizer, self.settings, self.tags = name, tokenizer, settings, tuple(tags)
        self.config, self.model_sha256, self.card = dict(config), model_sha256, card
        self._parameters, self._baseline_arrays = parameters, baseline_arrays

    @cached_property
    def engine(self) -> TaggerEngine:
        """The network on NumPy."""
        lexicon = Lexicon(self.tokenizer, self.settings.subwords, has_shapes=self.settings.shapes)
        return TaggerEngine(self._parameters, cell_of(self.settings), lexicon)

    @cached_property
    def baseline(self) -> FrequentTag | None:
        """What looking up the words of the same sentences learned; None where the run holds none."""
        arrays = self._baseline_arrays
        return None if arrays is None else FrequentTag.from_arrays(arrays, len(self.tags))

    @property
    def longest_seen(self) -> int | None:
        """Words of the longest sentence that was trained on, None where that is not known."""
        longest = self.config["data"].get("longest")
        return longest if isinstance(longest, int) else None

    def words(self, sentence: str) -> tuple[str, ...]:
        """Return the words of a plain sentence, cut as the data of this model has them."""
        return tuple(words_of(sentence, self._is_known))

    def _is_known(self, word: str) -> bool:
        return bool(self.tokenizer.ids_of(self.tokenizer.as_known([word]))[0] != UNKNOWN)

    def tag(self, sentences: Sequence[str | Sequence[str]]) -> list[Tagged]:
        """Return what is said of each sentence: a plain text, or a list of words. None of words says nothing."""
        given = list_of(sentences, "sentences")
        texts = [one for one in given if isinstance(one, str)]
        list_of_texts(texts, "sentences")
        cut = iter(list_of_sentences([one for one in given if not isinstance(one, str)], "sentences"))
        return self.tag_words([self.words(one) if isinstance(one, str) else next(cut) for one in given])

    def predict(self, sentences: Sequence[str | Sequence[str]]) -> list[list[str]]:
        """Return the tags of the words of each sentence."""
        return [list(one.tags) for one in self.tag(sentences)]

    def tag_words(self, sentences: Sequence[Sequence[str]]) -> list[Tagged]:
        """Return what is said of sentences that were cut already."""
        found: list[Tagged] = []
        for start in range(0, len(sentences), AT_ONCE):
            part = [tuple(words) for words in sentences[start : start + AT_ONCE]]
            ids = [self.engine.lexicon.encode_words(words) for words in part if words]
            logits = iter(self.engine.logits(ids) if ids else [])
            found += [self._answer(words, next(logits)) if words else Tagged((), (), ()) for words in part]
        return found

    def _answer(self, words: tuple[str, ...], logits: np.ndarray) -> Tagged:
        chances = log_softmax(np, logits.astype(np.float64))
        best = chances.argmax(axis=1)
        scores = np.minimum(1.0, np.exp(chances[np.arange(len(best)), best]))
        return Tagged(words, tuple(self.tags[id] for id in best.tolist()), tuple(scores.tolist()))

    def evaluate(self, source: str | os.PathLike[str] | TaggedSentences, **reading: Any) -> TaggedEvaluation:
        """Return how good the tags are on tagged sentences: a CoNLL file, or sentences. reading: as `read_tagged`."""
        return evaluate_tagger(
            self, source if isinstance(source, TaggedSentences) else read_tagged([source], **reading)
        )

    def twin(self) -> Tagger:
        """Return the same model with a memory of its own for the words it has met: each thread needs one."""
        found = copy(self)
        vars(found).pop("engine", None)
        return found

    def json_roles(self) -> dict[str, Any]:
        """Return what a run holds of this model beside its weights: the roles config and tokenizer."""
        return {"config": self.config, "tokenizer": {**self.tokenizer.to_json(), "labels": list(self.tags)}}

    def array_roles(self) -> dict[str, dict[str, np.ndarray]]:
        """Return what a run holds of this model as arrays."""
        roles = {"model": {name: np.asarray(array) for name, array in named_arrays(self._parameters).items()}}
        return roles if self._baseline_arrays is None else {**roles, "baseline": dict(self._baseline_arrays)}

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write this model as a run folder, to be opened by `textrnn.load` and every command."""
        from textrnn.runs.writer import RunWriter

        with RunWriter(Path(folder), overwrite=overwrite) as writer:
            writer.commit(task=TASK, step=0, json=self.json_roles(), arrays=self.array_roles(), finished=True)
            if self.card is not None:
                writer.write_card(self.card)
