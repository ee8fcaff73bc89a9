"""A language model of a classifier's texts, trained before their labels are looked at (Dai & Le 2015).

In: texts, the classifier's settings, a time or none. Out: notes while it runs, then the model whose weights to start
from. Knows nothing of labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.inference.language_model.model import LanguageModel
from textrnn.report.records import Evaluation, Note
from textrnn.text.corpus import corpus_from_documents
from textrnn.training.language_model.training import LanguageModelTraining

# passes over the texts where no budget says how long
EPOCHS = 2.0
# the output layer is as wide as the vocabulary, and with rare words it would take nearly all the time
MOST_WORDS = 10_000
# what both networks have
_SHARED = ("cell", "activation", "hidden_size", "num_layers", "embed_size", "layer_norm", "tokenizer", "seed")


class Pretraining:
    """One language model, made ready when constructed."""

    def __init__(self, texts: Sequence[str], settings: TrainClassifierSettings, *, budget_s: float | None) -> None:
        """budget_s: seconds it may take; None for a number of epochs."""
        values = {name: getattr(settings, name) for name in _SHARED}
        if settings.tokenizer == "word":
            values["lowercase"] = settings.lowercase
            values["vocabulary_size"] = min(settings.vocabulary_size or MOST_WORDS, MOST_WORDS)
        values |= {"epochs": EPOCHS} if budget_s is None else {"budget": budget_s}
        if settings.threads is not None:
            values["threads"] = settings.threads
        corpus = corpus_from_documents(((str(number), text) for number, text in enumerate(texts)), "texts")
        self._training = LanguageModelTraining(corpus, TrainLanguageModelSettings.check(values))

    def stop(self, by: str) -> None:
        """End after the step under way; safe to call from a signal handler."""
        self._training.stop(by)

    def records(self) -> Iterator[Note]:
        """Train; what is worth saying of it comes as notes."""
        yield Note(text="pretraining: a language model of the texts, without their labels")
        for record in self._training.records():
            if isinstance(record, Evaluation):
                yield Note(text=f"pretraining, step {record.step:,}: {record.valid_nats:.3f} nats a unit, held out")

    def model(self) -> LanguageModel:
        """Return the language model."""
        return self._training.model()
