"""Lines to be compared in pairs: what every score of hypotheses against references asks of them first.

In go two lists of lines, out comes nothing, or the reason why they cannot be compared. What is measured is not known
here.
"""

from __future__ import annotations

from collections.abc import Sequence

from textrnn.errors import UserError


def check_pairs(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    """Refuse what is no two lists of as many lines.

    Raises UserError where there is nothing to compare or the numbers of lines differ, TypeError for one string in the
    place of a list, of which every character would count as a line.
    """
    for name, lines in (("hypotheses", hypotheses), ("references", references)):
        if isinstance(lines, str):
            raise TypeError(f"{name} is one string, not a list of lines: pass [{name}] or {name}.splitlines()")
    if len(hypotheses) != len(references):
        raise UserError(
            f"{len(hypotheses):,} hypotheses but {len(references):,} references",
            mend="give one reference line for each hypothesis line, in the same order",
        )
    if not hypotheses:
        raise UserError("no lines to compare", mend="give at least one hypothesis and its reference")
