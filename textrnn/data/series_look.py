"""Whether a file looks like series: by the first lines of a table.

In: the name of a file. Out: yes or no. Whoever reads the file says what is wrong with it.
"""

from __future__ import annotations

import csv
import os
import re
from itertools import islice

from textrnn.data.columns import LABEL, TEXT
from textrnn.data.formats import DELIMITERS, format_by_name
from textrnn.data.lines import lines_of
from textrnn.data.series_columns import is_missing, is_number
from textrnn.errors import UserError
from textrnn.text.decoding import ReadingOptions
from textrnn.text.notes import ReadingNotes
from textrnn.text.reading import Reading
from textrnn.text.sources import STANDARD_INPUT, find_sources

_LINES = 50
_DIGIT, _LONGEST_DATE = re.compile("[0-9]"), 40


def is_series(source: str | os.PathLike[str]) -> bool:
    """Whether a source looks like series: a table of numbers, beside which stands nothing but dates.

    Dates are what holds a digit: of other words nobody knows whether they are labels of what follows.

    Standard input cannot be looked at twice, and is taken for something else; so is what cannot be read.
    """
    path = os.fspath(source)
    delimiter = DELIMITERS.get(format_by_name(path) or "")
    if path == STANDARD_INPUT or delimiter is None or not os.path.isfile(path):
        return False
    try:
        (found,) = find_sources(path, stdin=None, notes=ReadingNotes())
        lines = lines_of(Reading(found, ReadingOptions(errors="replace"), ReadingNotes()).arriving())
        header, *rows = list(csv.reader(islice(lines, _LINES), delimiter=delimiter)) or [[]]
    except (UserError, csv.Error):
        return False
    names = [name.strip() for name in header]
    if TEXT in names or LABEL in names or any(map(is_number, names)):
        return False
    columns = [[row[place].strip() for row in rows if place < len(row)] for place in range(len(names))]
    filled = [[cell for cell in cells if not is_missing(cell)] for cells in columns]
    numbers = [bool(cells) and sum(map(is_number, cells)) > len(cells) / 2 for cells in filled]
    others = [cell for cells, is_one in zip(filled, numbers, strict=True) if not is_one for cell in cells]
    return any(numbers) and all(_DIGIT.search(cell) and len(cell) <= _LONGEST_DATE for cell in others)
