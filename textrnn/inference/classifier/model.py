"""A classifier at work: texts in, labels with probabilities out, on NumPy alone.

Shapes: B texts, C classes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from textrnn.cells.functions import log_softmax
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.data.given import list_of_texts
from textrnn.errors import UserError
from textrnn.inference.classifier.engine import ClassifierEngine
from textrnn.inference.classifier.verdict import Verdict
from textrnn.inference.word_engine import Ids
from textrnn.networks.build import cell_of
from textrnn.networks.classifier import ClassifierParameters
from textrnn.networks.ngrams import KeyTable, NgramParameters, ngram_logits
from textrnn.networks.parameters import named_arrays
from textrnn.text.lexicon import Lexicon
from textrnn.text.ngrams import NgramReader
from textrnn.text.passages import PASSAGES
from textrnn.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    # what only some of the questions need is imported when they are asked: a first answer comes sooner
    from textrnn.baselines.bag_of_words import BagOfWords
    from textrnn.baselines.known_texts import KnownTexts
    from textrnn.baselines.majority import Majority
    from textrnn.data.labelled import LabelledRows
    from textrnn.explain.shapley import Progress
    from textrnn.explain.words import Explanation
    from textrnn.inference.classifier.evaluation import LabelledEvaluation

TASK = "classifier"
# texts whose logits are worked out together
AT_ONCE = 1024

Floats = npt.NDArray[np.float64]


class TextClassifier:
    """What `textrnn.load` and `textrnn.train_classifier` return.

    classes_: the labels, in the order of the columns of `predict_proba`. prior: (C,) the share of each in training,
    which is all that is known of a text without words. mixing: the weight of the network's logits and of the n-grams'.
    """

    def __init__(
        self,
        *,
        name: str,
        tokenizer: Tokenizer,
        labels: Sequence[str],
        settings: TrainClassifierSettings,
        parameters: ClassifierParameters,
        ngrams: NgramParameters | None,
        config: Mapping[str, Any],
        model_sha256: str | None = None,
        baseline_arrays: Mapping[str, np.ndarray] | None = None,
        card: str | None = None,
    ) -> None:
        """card: what is told of the model beside it, in Markdown; `save` writes it too."""
        self.name, self.tokenizer, self.settings = name, tokenizer, settings
        self.config, self.model_sha256 = dict(config), model_sha256
        self.classes_ = tuple(labels)
        self.prior: Floats = np.array(config["prior"], np.float64)
        self.mixing = {part: float(weight) for part, weight in config["mixing"].items()}
        self._parameters, self.ngrams, self._baseline_arrays = parameters, ngrams, baseline_arrays
        self.card = card

    @cached_property
    def engine(self) -> ClassifierEngine:
        """The network on NumPy."""
        lexicon = Lexicon(self.tokenizer, self.settings.subwords)
        return ClassifierEngine(self._parameters, cell_of(self.settings), self.settings.ways, lexicon)

    @cached_property
    def baselines(self) -> tuple[Majority | BagOfWords, ...]:
        """What simple methods learned from the same rows; none where the run holds none."""
        from textrnn.baselines.bag_of_words import BagOfWords
        from textrnn.baselines.majority import Majority

        arrays = self._baseline_arrays
        return () if arrays is None else (Majority.from_arrays(arrays), BagOfWords.from_arrays(arrays))

    @cached_property
    def known_texts(self) -> KnownTexts | None:
        """Which texts it was trained and calibrated on; None where the run does not remember."""
        from textrnn.baselines.known_texts import KnownTexts

        return KnownTexts.from_arrays(self._baseline_arrays or {})

    @cached_property
    def reader(self) -> NgramReader:
        """What reads the n-grams of texts."""
        return NgramReader(**reading(self.config))

    @cached_property
    def _key_table(self) -> KeyTable:
        assert self.ngrams is not None
        return KeyTable(self.ngrams.keys)

    def log_probabilities(self, texts: Sequence[str]) -> Floats:
        """Return the log of each class's probability for each text, (B, C)."""
        found = np.tile(np.log(self.prior), (len(texts), 1))
        for start in range(0, len(texts), AT_ONCE):
            part = texts[start : start + AT_ONCE]
            encoded = [self._encoded(text) for text in part]
            rows = np.array([row for row, (ids, _) in enumerate(encoded) if len(ids)], np.int64)
            if len(rows):
                ids, sizes = zip(*(encoded[row] for row in rows.tolist()), strict=True)
                logits = self.mixing["network"] * self.engine.logits(ids, sizes)
                if self.ngrams is not None:
                    read = self.reader.read([part[row] for row in rows.tolist()])
                    logits += self.mixing["ngrams"] * ngram_logits(self.ngrams, *read, len(rows), self._key_table)
                found[start + rows] = log_softmax(np, logits)
        return found

    def _encoded(self, text: str) -> tuple[Ids, Ids]:
        """Return the units of a text, and how many of them stand in each of its passages."""
        return self.engine.lexicon.encode_passages(PASSAGES[self.settings.hierarchy](text))

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Return the probability of each class for each text, (B, C); columns as in `classes_`."""
        return self._probabilities(list_of_texts(texts, "texts"))

    def _probabilities(self, texts: Sequence[str]) -> Floats:
        probabilities: Floats = np.exp(self.log_probabilities(texts))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return probabilities

    def predict(self, texts: Sequence[str]) -> list[str]:
        """Return the likeliest label of each text."""
        return [self.classes_[id] for id in self.predict_proba(texts).argmax(axis=1).tolist()]

    def verdicts(self, texts: Sequence[str]) -> Iterator[Verdict]:
        """Yield what is said of each text, in order."""
        texts = list_of_texts(texts, "texts")
        for text, row in zip(texts, self._probabilities(texts), strict=True):
            yield Verdict(text=text, labels=self.classes_, probabilities=tuple(row.tolist()))

    def explain(
        self,
        text: str,
        *,
        label: str | None = None,
        samples: int = 500,
        seed: int = 0,
        progress: Progress = lambda asked, most: None,
    ) -> Explanation:
        """Return what each word of `text` says for `label`, by default the likeliest, and against it.

        The weights are nats: they add up to the log odds of the label against the likeliest other one, less what these
        are without any word, which is what the shares of the labels in training say. samples: the most texts that are
        asked, each with other words left out; the more, the nearer to the Shapley values. The same seed gives the same.
        progress: is told now and then how many texts were asked, and how many it will be at most.
        """
        from textrnn.explain.shapley import FEWEST_SAMPLES, shapley
        from textrnn.explain.words import word_spans

        if samples < FEWEST_SAMPLES:
            raise UserError(f"{samples} samples", which="samples", mend=f"give at least {FEWEST_SAMPLES}")
        likeliest = self.predict([text])[0]
        label = likeliest if label is None else label
        if label not in self.classes_:
            raise UserError(f"unknown label {label!r}", which="label", mend=f"give one of {', '.join(self.classes_)}")
        own = self.classes_.index(label)

        def log_odds(texts: Sequence[str]) -> Floats:
            found = self.log_probabilities(texts)
            odds: Floats = found[:, own] - np.delete(found, own, axis=1).max(axis=1)
            return odds

        found = shapley(text, word_spans(text), log_odds, samples=samples, seed=seed, progress=progress)
        return found.explanation(label)

    def attention(self, text: str) -> list[tuple[str, float]] | None:
        """Return the units of `text` with the model's attention, None where it has none. It is not a reason."""
        ids, sizes = self._encoded(text)
        weights = self.engine.attention(ids, sizes) if len(ids) else None
        if weights is None:
            return None
        passages = PASSAGES[self.settings.hierarchy](text)
        symbols = (self.tokenizer.symbols[id] for part in passages for id in self.tokenizer.encode(part).tolist())
        return list(zip(symbols, map(float, weights), strict=True))

    def evaluate(
        self, source: str | os.PathLike[str] | LabelledRows, *, seed: int = 0, **columns: Any
    ) -> LabelledEvaluation:
        """Return how good the answers are on labelled texts: a file, a built-in corpus's name, or rows.

        seed: of resampling and of the order of a built-in corpus. columns: text_column and label_column of a table.
        """
        from textrnn.data.labelled import LabelledRows, read_labelled
        from textrnn.inference.classifier.evaluation import evaluate_classifier

        if not isinstance(source, LabelledRows):
            source = read_labelled([source], seed=seed, **columns)
        return evaluate_classifier(self, source, seed=seed)

    def twin(self) -> TextClassifier:
        """Return the same model with a memory of its own for the words it has met: each thread needs one."""
        found = copy(self)
        for name in ("engine", "reader"):
            vars(found).pop(name, None)
        return found

    def json_roles(self) -> dict[str, Any]:
        """Return what a run holds of this model beside its weights: the roles config and tokenizer."""
        return {"config": self.config, "tokenizer": {**self.tokenizer.to_json(), "labels": list(self.classes_)}}

    def array_roles(self) -> dict[str, dict[str, np.ndarray]]:
        """Return what a run holds of this model as arrays."""
        roles = {"model": {name: np.asarray(array) for name, array in named_arrays(self._parameters).items()}}
        if self.ngrams is not None:
            roles["ngrams"] = {name: np.asarray(array) for name, array in self.ngrams._asdict().items()}
        if self._baseline_arrays is not None:
            roles["baseline"] = dict(self._baseline_arrays)
        return roles

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write this model as a run folder, to be opened by `textrnn.load` and every command."""
        from textrnn.runs.writer import RunWriter

        with RunWriter(Path(folder), overwrite=overwrite) as writer:
            writer.commit(task=TASK, step=0, json=self.json_roles(), arrays=self.array_roles(), finished=True)
            if self.card is not None:
                writer.write_card(self.card)


def reading(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return which n-grams a run's linear model reads, as `NgramReader` takes it."""
    return {name: None if span is None else (int(span[0]), int(span[1])) for name, span in config["ngrams"].items()}
