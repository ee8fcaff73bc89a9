"""A prompt made ready for a model: its line ends as in training, its unknown units refused, left out or replaced.

In: text, a tokenizer, a policy. Out: the text that is fed, its ids, and notes.
"""

from __future__ import annotations

import unicodedata
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.errors import UserError
from textrnn.text.display import code_point, printable
from textrnn.text.tokenizer import Tokenizer
from textrnn.text.vocabulary import UNKNOWN, UnknownUnit

# unknown units named one by one in a refusal
NAMED = 5


class Prompt(NamedTuple):
    """text: what is fed. ids: (n,), empty for an empty prompt."""

    text: str
    ids: npt.NDArray[np.int32]
    notes: tuple[str, ...]


def prepare_prompt(tokenizer: Tokenizer, text: str, policy: str) -> Prompt:
    """Return the prompt as it is fed. policy: what to do with units the model never saw: error, skip or replace.

    Raises UserError that lists the unknown units, or where nothing is left of the prompt.
    """
    # training read CR LF and CR as LF, and so would otherwise never have seen the prompt's
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for place, character in enumerate(text):
        if 0xD800 <= ord(character) <= 0xDFFF:
            raise UserError(
                f"half of a surrogate pair ({code_point(character)}) at character {place + 1}", which="the prompt",
                mend="give text that is valid Unicode",
            )  # fmt: skip
    unknown = tokenizer.unknown(text)
    ids = tokenizer.encode(text)
    if not unknown:
        return Prompt(text, ids, ())
    if policy == "error":
        raise _refusal(tokenizer, text, unknown)
    if policy == "replace":
        return Prompt(text, ids, (f"unknown to the model and read as <unk>: {_listed(unknown, tokenizer.unit)}",))
    ids = ids[ids != UNKNOWN]
    if len(ids) == 0:
        raise UserError(
            "nothing is left of the prompt", which="the prompt", mend=f"the model knows none of its {tokenizer.unit}s"
        )
    return Prompt(
        tokenizer.decode(ids), ids, (f"unknown to the model and left out: {_listed(unknown, tokenizer.unit)}",)
    )


def _refusal(tokenizer: Tokenizer, text: str, unknown: list[UnknownUnit]) -> UserError:
    mend = "--unknown skip leaves them out, --unknown replace reads them as <unk>"
    for form, accent in _FORMS.items():
        if not tokenizer.unknown(unicodedata.normalize(form, text)):
            mend = f"the model knows these letters in the form {form}, in which an accent {accent}: write the prompt so"
    return UserError(f"{_listed(unknown, tokenizer.unit)} unknown to the model", which="the prompt", mend=mend)


_FORMS: dict[Literal["NFC", "NFD"], str] = {
    "NFC": "and its letter are one character",
    "NFD": "is a character of its own",
}


def _listed(unknown: list[UnknownUnit], unit: str) -> str:
    shown = [
        f"'{printable(one.symbol)}'"
        + (f" ({code_point(one.symbol)})" if len(one.symbol) == 1 else "")
        + f" at {one.position + 1}"
        + (f", {one.count} times" if one.count > 1 else "")
        for one in unknown[:NAMED]
    ]
    more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
    return f"{len(unknown)} {unit}{'s' if len(unknown) > 1 else ''}: " + "; ".join(shown) + more
