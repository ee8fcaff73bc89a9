"""All settings of training a tagger, of tagging and of measuring one."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import model_validator

from textrnn.config.model import RecurrentSettings
from textrnn.config.settings import Integer, Number, Settings, ZeroIsOff, setting, with_default
from textrnn.config.text import ReadingSettings, TokenizerSettings
from textrnn.config.training import NetworkTrainingSettings

# what every training can be told, and no training of a tagger: its words come cut, its sentences whole
NOT_FOR_TAGGERS = ("scheduled_sampling", "allow_binary", "tokenizer")


class TaggedSettings(Settings):
    """How tagged words are read."""

    heading: ClassVar[str] = "Reading"

    skip_bad: bool = setting(
        False, "leave out sentences with a line that is not a word and a tag, and say how many",
        expected="true or false",
    )  # fmt: skip


class TaggerSettings(RecurrentSettings):
    """A tagger's network."""

    heading: ClassVar[str] = "Network"

    hidden_size: Integer = with_default(RecurrentSettings, "hidden_size", 96)
    embed_size: Integer = with_default(RecurrentSettings, "embed_size", 64)
    dropout: Number = with_default(RecurrentSettings, "dropout", 0.5)
    bidirectional: bool = setting(True, "read every sentence in both directions", expected="true or false")
    subwords: Annotated[Integer | None, ZeroIsOff] = setting(
        10_000, "rows of a table of character n-grams whose embeddings are added to each word's own, 0: none",
        expected=f"a whole number from 0 (none) to {2**24}", ge=1, le=2**24,
    )  # fmt: skip
    shapes: bool = setting(
        True, "beside its letters what a word looks like: capitals, digits, marks", expected="true or false"
    )


class TrainTaggerSettings(ReadingSettings, TaggedSettings, TokenizerSettings, TaggerSettings, NetworkTrainingSettings):
    """Everything `train-tagger` can be told, apart from where its files lie."""

    heading: ClassVar[str] = "Training"

    tokenizer: Literal["word"] = with_default(TokenizerSettings, "tokenizer", "word")
    lowercase: bool = with_default(TokenizerSettings, "lowercase", True)
    word_dropout: Number = setting(
        0.2, "share of the words that are known by subwords and shape alone while training",
        expected="a number p with 0 <= p < 1", ge=0, lt=1,
    )  # fmt: skip
    seq_length: Integer = with_default(NetworkTrainingSettings, "seq_length", 256)

    @model_validator(mode="after")
    def _only_what_a_tagger_has(self) -> Self:
        # no flags of its command, but a file may hold them
        given = {"--scheduled-sampling": self.scheduled_sampling != "none", "--allow-binary": self.allow_binary}
        if bad := [f"{name} with a tagger: it is for language models, leave it out" for name in given if given[name]]:
            raise ValueError("; ".join(bad))
        return self

    def settled(self) -> Self:
        """Return settings as they hold."""
        return self


class TagSettings(Settings):
    """What is said of each sentence: all there is, so that nothing is to be set."""
