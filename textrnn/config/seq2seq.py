"""All settings of training an encoder-decoder and of translating with one."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from textrnn.config.model import RecurrentSettings
from textrnn.config.pairs import PairSettings
from textrnn.config.settings import Integer, Number, Settings, setting, with_default
from textrnn.config.text import ReadingSettings, TokenizerSettings
from textrnn.config.training import NetworkTrainingSettings

# what every training can be told, and no training of pairs
NOT_FOR_PAIRS = ("allow_binary",)


class Seq2SeqSettings(RecurrentSettings):
    """An encoder-decoder's network: both have the same cell, layers and sizes."""

    heading: ClassVar[str] = "Network"

    cell: Literal["rnn", "lstm", "gru"] = with_default(RecurrentSettings, "cell", "gru")
    hidden_size: Integer = with_default(RecurrentSettings, "hidden_size", 128)
    embed_size: Integer = with_default(RecurrentSettings, "embed_size", 64)
    dropout: Number = with_default(RecurrentSettings, "dropout", 0.2)
    bidirectional: bool = setting(True, "the encoder reads in both directions", expected="true or false")
    attention: Literal["additive", "dot", "none"] = setting(
        "additive", "how the decoder looks back at what was read: as Bahdanau's (additive), as Luong's (dot), or not",
        expected="additive, dot or none",
    )  # fmt: skip


class TrainSeq2SeqSettings(ReadingSettings, PairSettings, TokenizerSettings, Seq2SeqSettings, NetworkTrainingSettings):
    """Everything `train-seq2seq` can be told, apart from where its files lie."""

    heading: ClassVar[str] = "Training"

    # wider than elsewhere: what is read and what is written say it together
    tokenizer: Literal["auto", "char", "byte", "word", "bpe"] = setting(  # type: ignore[assignment]
        "auto", "unit of both texts; auto: words where targets are sentences whose words come again, else characters",
        "--unit", expected="auto, char, byte, word or bpe",
    )  # fmt: skip
    batch_size: Integer = with_default(NetworkTrainingSettings, "batch_size", 64)
    seq_length: Integer = with_default(NetworkTrainingSettings, "seq_length", 256)

    @model_validator(mode="after")
    def _only_what_pairs_have(self) -> Self:
        # no flag of its command, but a file may hold it
        if self.allow_binary:
            raise ValueError("--allow-binary with pairs: it is for language models, leave it out")
        return self

    def settled(self) -> Self:
        """Return settings as they hold."""
        return self


class TranslateSettings(Settings):
    """How an answer is looked for."""

    heading: ClassVar[str] = "Searching"

    beam: Integer = setting(
        1, "search a beam of so many texts, and give the best (1: the likeliest unit each time)",
        expected="a whole number from 1 to 64", ge=1, le=64,
    )  # fmt: skip
    length_penalty: Number = setting(
        1.0, "how much long texts of a beam are favoured, 0: not at all (Wu et al. 2016)",
        expected="a number from 0 to 10", ge=0, le=10,
    )  # fmt: skip

    @property
    def signature(self) -> str:
        """How texts are looked for, as a signature says it."""
        return "greedy" if self.beam == 1 else f"beam{self.beam}-{self.length_penalty:g}"
