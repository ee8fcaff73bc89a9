"""The model card, README.md of a run: facts in, Markdown out; and the file itself, which people may edit.

It says on what data the model was trained and under which terms, how it was measured, how to repeat it, and what to
expect of it. Of the data it holds the name, the fingerprint and the size: never the path, never the text.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from textrnn.errors import UserError
from textrnn.runs import disk
from textrnn.runs.layout import CARD
from textrnn.text.display import printable

_MAX_BYTES = 1024 * 1024
_SIGNED = re.compile(r"\n<!-- written by textrnn; a card that was edited is left as it is: ([0-9a-f]{64}) -->\n")


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """What a card says of the data: `size` with its unit ("1,115,394 characters"), `alphabet` likewise or None."""

    name: str
    sha256: str
    size: str
    alphabet: str | None = None


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a card says.

    kind: as in "language model". model: the network in a line. figures: name and value of what was measured, with the
    `signature` under which it was. command: what repeats the training, with the data's name and no path. usage: what
    runs the model. terms: those of the data, None if nobody said. copied_share: of the text generated with
    `copied_how`, the part found word for word in the training text; None if not measured.
    """

    name: str
    kind: str
    model: str
    parameters: int
    data: tuple[DataFacts, ...]
    terms: str | None
    figures: tuple[tuple[str, str], ...]
    signature: str
    command: str
    usage: str
    can_repeat_text: bool
    copied_share: float | None = None
    copied_how: str | None = None


def card_text(facts: CardFacts) -> str:
    """Return the card as Markdown."""
    sections = {
        "Data": [*map(_data, facts.data), "", f"Terms of the data, apart from the code's licence: {_terms(facts)}"],
        "Measured": [
            *(f"- {_line(name)}: {_line(value)}" for name, value in facts.figures),
            "",
            f"Signature: {_code(facts.signature)}",
        ],
        "Use": [_block(facts.usage)],
        "Repeat": [_block(facts.command)],
    }
    if facts.can_repeat_text:
        sections["What to know"] = [_memory(facts)]
    kind = f"{'An' if facts.kind[:1] in tuple('aeiou') else 'A'} {_line(facts.kind)}"
    title = f"# {_line(facts.name)}\n\n{kind} of {facts.parameters:,} parameters: {_line(facts.model)}.\n"
    return title + "".join(f"\n## {name}\n\n" + "\n".join(lines) + "\n" for name, lines in sections.items())


def read_card(folder: Path) -> str | None:
    """Return the card's text without our signature, None if there is none that can be read."""
    try:
        text = disk.read_small(folder / CARD, _MAX_BYTES).decode("utf-8")
    except (UserError, UnicodeDecodeError):
        return None
    return _SIGNED.sub("", text)


def write_card(folder: Path, text: str) -> bool:
    """Write the card and return True; one that people have edited or made is left as it is, and that is False.

    Raises OSError.
    """
    path = folder / CARD
    if os.path.lexists(path) and not _is_ours(path):
        return False
    data = text.encode("utf-8", "backslashreplace")
    sha256 = hashlib.sha256(data).hexdigest()
    data += f"\n<!-- written by textrnn; a card that was edited is left as it is: {sha256} -->\n".encode()
    disk.put_anew(path, data)
    return True


def _is_ours(path: Path) -> bool:
    try:
        text = disk.read_small(path, _MAX_BYTES).decode("utf-8")
    except (UserError, UnicodeDecodeError):
        return False
    body, *signature = _SIGNED.split(text)
    return len(signature) == 2 and not signature[1] and hashlib.sha256(body.encode()).hexdigest() == signature[0]


def _data(data: DataFacts) -> str:
    # A name may come as a path of this system or another; the folders before it are nobody's business.
    name = PurePosixPath(PureWindowsPath(data.name).name).name
    alphabet = "" if data.alphabet is None else f", {_line(data.alphabet)}"
    return f"- {_code(name)}: {_line(data.size)}{alphabet}, sha256 {_code(data.sha256)}"


def _terms(facts: CardFacts) -> str:
    return _line(facts.terms) if facts.terms else "not stated; ask whoever the text belongs to before you pass this on."


def _memory(facts: CardFacts) -> str:
    text = "It can repeat passages of its training text word for word. "
    if facts.copied_share is None:
        return text + "How much of what it writes is such a copy was not measured."
    how = "" if facts.copied_how is None else f" ({_line(facts.copied_how)})"
    return text + f"Measured share of what it writes that is such a copy: {facts.copied_share:.1%}{how}."


def _line(text: str) -> str:
    """Text of a user or a file as plain words on one line of Markdown."""
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", printable(text))


def _code(text: str) -> str:
    """Text as inline code, fenced by more backticks than it holds."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{printable(text)}{pad}{fence}"


def _block(text: str) -> str:
    return "\n".join(f"    {printable(line)}" for line in text.split("\n"))
