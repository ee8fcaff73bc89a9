"""How text becomes units."""

from __future__ import annotations

from typing import Literal

from textrnn.config.settings import Integer, Settings, setting


class ReadingSettings(Settings):
    """From bytes to text."""

    encoding: str | None = setting(
        None, "encoding of the text (default: UTF-8, or what its BOM says)", expected="an encoding such as latin-1"
    )
    errors: Literal["strict", "replace", "ignore"] = setting(
        "strict", "what to do with bytes that do not decode", expected="strict, replace or ignore"
    )
    allow_binary: bool = setting(False, "read a file that looks binary", expected="true or false")


class TokenizerSettings(Settings):
    """From text to units."""

    tokenizer: Literal["char", "byte", "word", "bpe"] = setting(
        "char", "unit of the text", "--unit", expected="char, byte, word or bpe"
    )
    vocabulary_size: Integer | None = setting(
        None, "keep at most so many different units", expected="a whole number, at least 2", ge=2, le=2**20
    )
    min_count: Integer | None = setting(
        None,
        "keep units seen at least so often (default: word 2, char 1)",
        expected="a whole number, at least 1",
        ge=1,
        le=2**31,
    )
    lowercase: bool = setting(False, "words in lower case", expected="true or false")
