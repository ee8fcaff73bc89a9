"""How text becomes units."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from textrnn.config.settings import Integer, Settings, setting

# ids that a vocabulary of each kind has whatever the text: <unk> and <end>, then one symbol, or every byte
SMALLEST_VOCABULARY = {"char": 3, "word": 3, "bpe": 258}


class ReadingSettings(Settings):
    """From bytes to text."""

    heading: ClassVar[str] = "Reading"

    encoding: str | None = setting(
        None, "encoding of the text (default: UTF-8, or what its BOM says)", expected="an encoding such as latin-1"
    )
    errors: Literal["strict", "replace", "ignore"] = setting(
        "strict", "what to do with bytes that do not decode", expected="strict, replace or ignore"
    )
    allow_binary: bool = setting(False, "read a file that looks binary", expected="true or false")


class TableSettings(Settings):
    """Where texts stand in a table."""

    heading: ClassVar[str] = "Reading"

    text_column: str | None = setting(None, "the column of the texts (default: text)", expected="the name of a column")
    skip_bad: bool = setting(False, "leave out rows that cannot be used, and say how many", expected="true or false")


class TokenizerSettings(Settings):
    """From text to units."""

    heading: ClassVar[str] = "Reading"

    tokenizer: Literal["char", "byte", "word", "bpe"] = setting(
        "char", "unit of the text", "--unit", expected="char, byte, word or bpe"
    )
    vocabulary_size: Integer | None = setting(
        None, "keep at most so many different units", expected=f"a whole number from 3 to {2**20}", ge=3, le=2**20
    )
    min_count: Integer | None = setting(
        None,
        "keep units seen at least so often (default: word 2, char 1)",
        expected=f"a whole number from 1 to {2**31}",
        ge=1,
        le=2**31,
    )
    lowercase: bool = setting(False, "words in lower case", expected="true or false")

    @model_validator(mode="after")
    def _fit_the_tokenizer(self) -> Self:
        bad, kind = [], self.tokenizer
        if kind == "byte":
            meant = {"--vocabulary-size": self.vocabulary_size, "--min-count": self.min_count}
            bad += [f"{name} with --tokenizer byte: it always has all 256 bytes, leave it out"
                    for name, value in meant.items() if value is not None]  # fmt: skip
        # where the data say what a unit is, it is a character or a word
        elif self.vocabulary_size is not None and self.vocabulary_size < (
            least := SMALLEST_VOCABULARY.get(kind, SMALLEST_VOCABULARY["char"])
        ):
            bad.append(f"--vocabulary-size {self.vocabulary_size} with --tokenizer {kind}: give at least {least}")
        if self.lowercase and kind != "word" and "lowercase" in self.model_fields_set:
            bad.append(f"--lowercase with --tokenizer {kind}: lower-casing needs whole words, give --tokenizer word")
        if bad:
            raise ValueError("; ".join(bad))
        return self
