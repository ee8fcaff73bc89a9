"""Texts that a program gives: lists of strings, or a refusal by place. Knows no files and no labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textrnn.errors import UserError
from textrnn.text.display import code_point


def list_of_texts(given: Iterable[str], which: str) -> list[str]:
    """Return the texts that a program has; what is none is refused by its place. which: how they are called."""
    found = list_of(given, which)
    for number, text in enumerate(found):
        if not isinstance(text, str):
            raise UserError(f"no string but {type(text).__name__}", which=f"{which}[{number}]", mend="give strings")
        refuse_surrogates(text, f"{which}[{number}]")
    return found


def list_of(given: Iterable[Any], which: str) -> list[Any]:
    """Return what a program has, as a list; a string is none."""
    if isinstance(given, str):
        raise UserError("one string", which=which, mend="give a list of them")
    try:
        return list(given)
    except TypeError:
        # an array without dimensions is called iterable, and is not
        raise UserError(f"no list but {type(given).__name__}", which=which, mend="give a list") from None


def refuse_surrogates(text: str, which: str) -> None:
    """Refuse what no file can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        what = f"half of a surrogate pair ({code_point(text[error.start])}) at character {error.start + 1}"
        raise UserError(what, which=which, mend="mend the text where it was made") from None
