"""The sizes and kinds of a recurrent network."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from textrnn.config.settings import Integer, Number, Settings, setting


class RecurrentSettings(Settings):
    """What every recurrent network has: embedding, recurrent layers, optional dense layer before the output."""

    heading: ClassVar[str] = "Network"

    cell: Literal["rnn", "lstm", "gru"] = setting(
        "lstm", "recurrent cell", "--model-type", "--rnn-type", expected="rnn, lstm or gru"
    )
    activation: Literal["tanh", "relu"] = setting("tanh", "activation of the rnn cell", expected="tanh or relu")
    hidden_size: Integer = setting(
        256,
        "units in a recurrent layer",
        "--rnn-size",
        "--nhid",
        expected="a whole number from 1 to 65536",
        ge=1,
        le=65536,
    )
    num_layers: Integer = setting(
        1, "recurrent layers", "--layers", "--nlayers", expected="a whole number from 1 to 64", ge=1, le=64
    )
    embed_size: Integer = setting(
        64, "numbers in an embedding", "--emsize", expected="a whole number from 1 to 65536", ge=1, le=65536
    )
    head_size: Integer | None = setting(
        None, "units of a dense layer before the output", expected="a whole number from 1 to 65536", ge=1, le=65536
    )
    layer_norm: bool = setting(False, "normalise every layer's output", expected="true or false")
    dropout: Number = setting(
        0.0, "share of a layer's outputs dropped while training", expected="a number p with 0 <= p < 1", ge=0, lt=1
    )

    @model_validator(mode="after")
    def _activation_has_a_place(self) -> Self:
        if self.activation != "tanh" and self.cell != "rnn":
            raise ValueError(f"--activation {self.activation} with --cell {self.cell}: only --cell rnn has a choice")
        return self


class LanguageModelSettings(RecurrentSettings):
    """A language model's network."""

    heading: ClassVar[str] = "Network"

    tied: bool = setting(
        False,
        "the output layer uses the embedding's weights (embedding as wide as what feeds it)",
        expected="true or false",
    )
    hierarchy: Literal["none", "sentences", "lines"] = setting(
        "none", "sentences or lines: a slower layer reads what the first makes of each, and all above read both",
        expected="none, sentences or lines",
    )  # fmt: skip

    @property
    def stack_size(self) -> int:
        """Units that the stack hands on: above a single layer stand its own and the slower one's."""
        return self.hidden_size * (2 if self.hierarchy != "none" and self.num_layers == 1 else 1)
