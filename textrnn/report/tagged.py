"""What a tagger says of a few sentences whose tags are known, in lines for the view of its training.

In: words, the tags they get, the true ones. Out: lines of text.
"""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN_WORDS = 24


def tagged_lines(
    sentences: Sequence[Sequence[str]], given: Sequence[Sequence[str]], true: Sequence[Sequence[str]]
) -> str:
    """Return a line a sentence: `Anna/B-person`, the true tag in brackets where that is another, O left out."""
    lines = []
    for words, own, other in zip(sentences, given, true, strict=True):
        shown = [_shown(*row) for row in list(zip(words, own, other, strict=True))[:_SHOWN_WORDS]]
        lines.append(" ".join(shown))
    return "\n".join(lines)


def _shown(word: str, tag: str, truth: str) -> str:
    marked = word if tag == truth == "O" else f"{word}/{tag}"
    return marked if tag == truth else f"{marked} (is {truth})"
