"""All settings of training a classifier, of classifying and of measuring one."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, model_validator

from textrnn.config.model import RecurrentSettings
from textrnn.config.settings import Integer, Number, Settings, ZeroIsOff, setting, with_default
from textrnn.config.text import ReadingSettings, TableSettings, TokenizerSettings
from textrnn.config.training import NetworkTrainingSettings

WAYS = ("last", "mean", "max", "attention")
# texts of a batch for which an optimizer's own learning rate is meant
TEXTS_OF_RATE = 64


def _pooling(value: object) -> object:
    if value == "concat":
        return "+".join(WAYS)
    parts = value.split("+") if isinstance(value, str) else []
    if not parts or len(set(parts)) != len(parts) or not set(parts) <= set(WAYS):
        raise ValueError("no way of pooling")
    return "+".join(way for way in WAYS if way in parts)


class LabelledSettings(TableSettings):
    """Where texts and labels stand in a table."""

    heading: ClassVar[str] = "Reading"

    label_column: str | None = setting(
        None, "the column of the labels (default: label)", expected="the name of a column"
    )


class ClassifierSettings(RecurrentSettings):
    """A classifier's network."""

    heading: ClassVar[str] = "Network"

    hidden_size: Integer = with_default(RecurrentSettings, "hidden_size", 48)
    embed_size: Integer = with_default(RecurrentSettings, "embed_size", 64)
    dropout: Number = with_default(RecurrentSettings, "dropout", 0.5)
    bidirectional: bool = setting(True, "read every text in both directions", expected="true or false")
    pooling: Annotated[str, BeforeValidator(_pooling)] = setting(
        "mean+max", "how a text becomes one vector: last, mean, max, attention, or several joined by +; concat: all",
        expected="last, mean, max, attention, several of them joined by +, or concat",
    )  # fmt: skip
    hierarchy: Literal["none", "sentences", "lines"] = setting(
        "none", "sentences or lines: each is made one vector, and a slower layer reads these; for long texts",
        expected="none, sentences or lines",
    )  # fmt: skip
    subwords: Annotated[Integer | None, ZeroIsOff] = setting(
        10_000, "rows of a table of character n-grams whose embeddings are added to each word's own, 0: none",
        expected=f"a whole number from 0 (none) to {2**24}", ge=1, le=2**24,
    )  # fmt: skip
    ngrams: bool = setting(
        True, "beside the network a linear model of words, word pairs and character n-grams", expected="true or false"
    )

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways of pooling, in order."""
        return tuple(self.pooling.split("+"))


class TrainClassifierSettings(
    ReadingSettings, LabelledSettings, TokenizerSettings, ClassifierSettings, NetworkTrainingSettings
):
    """Everything `train-classifier` can be told, apart from where its files lie."""

    heading: ClassVar[str] = "Training"

    tokenizer: Literal["char", "byte", "word", "bpe"] = with_default(TokenizerSettings, "tokenizer", "word")
    lowercase: bool = with_default(TokenizerSettings, "lowercase", True)
    batch_size: Integer = with_default(NetworkTrainingSettings, "batch_size", 128)
    lr: Number | None = with_default(
        NetworkTrainingSettings,
        "lr",
        None,
        "peak learning rate (default: the optimizer's own, by the root of the batch size)",
    )
    word_dropout: Number = setting(
        0.1, "share of a text's units hidden while training", expected="a number p with 0 <= p < 1", ge=0, lt=1
    )
    seq_length: Integer = with_default(NetworkTrainingSettings, "seq_length", 256)
    pretrain: Literal["none", "vectors", "language-model"] | None = setting(
        None, "what is learned first, of the texts without their labels: vectors of the words (default: where there is "
        "much text), or a language model, which takes half of the time", expected="none, vectors or language-model",
    )  # fmt: skip
    class_weights: Literal["none", "balanced"] = setting(
        "none", "balanced: rows of rare labels count more while training", expected="none or balanced"
    )

    @model_validator(mode="after")
    def _subwords_need_words(self) -> Self:
        if self.subwords is not None and self.tokenizer != "word" and "subwords" in self.model_fields_set:
            raise ValueError(f"--subwords with --tokenizer {self.tokenizer}: only words have subwords")
        return self

    @model_validator(mode="after")
    def _only_what_a_classifier_has(self) -> Self:
        # no flags of its command, but a file may hold them
        given = {"--scheduled-sampling": self.scheduled_sampling != "none", "--allow-binary": self.allow_binary}
        if bad := [
            f"{name} with a classifier: it is for language models, leave it out" for name in given if given[name]
        ]:
            raise ValueError("; ".join(bad))
        return self

    @property
    def rate(self) -> float:
        """The peak learning rate: the one that was given, or the optimizer's own by the root of a batch's texts.

        So steps of fewer, larger batches come as far with Adam (Malladi et al. 2022).
        """
        return self.lr or super().rate * math.sqrt(self.batch_size / TEXTS_OF_RATE)

    def settled(self) -> Self:
        """Return settings as they hold: words alone have subwords, and are in lower case by default."""
        return self if self.tokenizer == "word" else self.replace(lowercase=False, subwords=None)


class ClassifySettings(Settings):
    """What is said of each text."""

    k: Integer = setting(1, "labels a text, the likeliest first", "-k", expected="a whole number, at least 1", ge=1)
    probs: bool = setting(False, "all labels with their probabilities", expected="true or false")
    explain: bool = setting(False, "the reasons: what each word adds to the verdict", expected="true or false")
    abstain_below: Number | None = setting(
        None, "answer ? where the score is below", expected="a number p with 0 <= p <= 1", ge=0, le=1
    )
