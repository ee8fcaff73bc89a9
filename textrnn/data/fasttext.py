"""fastText's lines: `__label__pos the text`, one label at the beginning of a line.

In go lines, out come rows. A line without a label, or with several, is reported. Knows no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from textrnn.data.defects import Report
from textrnn.data.table import Row

MARK = "__label__"
_LINE = re.compile(rf"\s*{MARK}(\S*)(?:\s+|$)")
_ANOTHER = re.compile(rf"(?:^|(?<=\s)){MARK}\S")


def fasttext_rows(lines: Iterable[str], report: Report) -> Iterator[Row]:
    """Yield the row of every line that is not blank."""
    for number, line in enumerate(lines, 1):
        found = _LINE.match(line)
        if found is None:
            if line.strip():
                report("no label", number, f"the line does not begin with {MARK}")
        elif not found[1]:
            report("no label", number, f"nothing follows {MARK}")
        elif MARK in line[found.end() :] and _ANOTHER.search(line, found.end()):
            report("several labels", number, "a text has one")
        else:
            yield Row(line[found.end() :], found[1], number, number)
