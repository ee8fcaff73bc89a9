"""What a classifier said of one text: a line, with the reasons below it if there are any, or JSON.

In go a verdict and how much of it is wanted, out come text and JSON values. How it was found is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from textrnn.config.classifier import ClassifySettings
from textrnn.inference.classifier.verdict import ABSTAINED, Verdict
from textrnn.report.attention import attention_line
from textrnn.report.escape import for_stream

if TYPE_CHECKING:
    from textrnn.explain.words import Explanation

Attention = Sequence[tuple[str, float]]

# a label that holds one of these would be two cells, or two lines
_IN_ONE_CELL = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


def answer_line(verdict: Verdict, settings: ClassifySettings) -> str:
    """Return label and score, or as many pairs of them as are wanted, with a tab between all of them.

    A single answer below the limit is `?`; of several the scores say how sure they are, and no name is hidden.
    """
    # mostly the likeliest label alone is shown: no need to rank the others
    pairs = verdict.ranked if settings.probs or settings.k > 1 else [(verdict.label, verdict.score)]
    shown = pairs if settings.probs else pairs[: settings.k]
    if _is_unsure(verdict, settings) and len(shown) == 1:
        shown = [(ABSTAINED, verdict.score)]
    return "\t".join(f"{label.translate(_IN_ONE_CELL)}\t{score:.4f}" for label, score in shown)


def write_answer(
    verdict: Verdict,
    settings: ClassifySettings,
    stream: TextIO,
    explanation: Explanation | None = None,
    attention: Attention | None = None,
) -> None:
    """Write the answer's line to `stream`, and the reasons and the attention below it where there are any."""
    stream.write(for_stream(answer_line(verdict, settings) + "\n", stream))
    if explanation is not None:
        # imported where there are reasons: most answers are a line
        from textrnn.report.strip import write_reasons

        write_reasons(verdict.text, explanation, stream)
    if attention is not None:
        stream.write(attention_line(attention, stream) + "\n")


def answer_json(
    verdict: Verdict,
    settings: ClassifySettings,
    explanation: Explanation | None = None,
    attention: Attention | None = None,
) -> dict[str, Any]:
    """Return the answer as one JSON object, with the reasons and the attention where there are any."""
    found = verdict.to_json()
    if _is_unsure(verdict, settings):
        found["label"] = ABSTAINED
    if explanation is not None:
        found |= explanation.to_json()
    if attention is not None:
        found["attention"] = [list(pair) for pair in attention]
    return found


def _is_unsure(verdict: Verdict, settings: ClassifySettings) -> bool:
    return settings.abstain_below is not None and verdict.score < settings.abstain_below
