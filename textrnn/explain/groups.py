"""Consecutive words taken together: sentences, neighbouring sentences, parts of a long one.

In go a text and the spans of its words, out come ranges of words. What is done with them is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from textrnn.explain.words import Span
from textrnn.text.passages import sentence_ends

# M words; a group is a range of them
# a longer sentence is cut: what is said in it is more than one thing
_LONG_SENTENCE = 40


def sentence_groups(text: str, spans: Sequence[Span], most: int) -> list[range]:
    """Return at most `most` ranges that together hold all words: sentences as far as they are neither many nor long."""
    starts = [start for start, _ in spans]
    ends = np.searchsorted(starts, sentence_ends(text)).tolist()
    edges = [0, *sorted({end for end in ends if 0 < end < len(spans)}), len(spans)]
    longest = max(_LONG_SENTENCE, -(-len(spans) // most))
    sentences = [part for first, last in pairwise(edges) for part in equal_parts(range(first, last), longest)]
    size = 1
    while len(groups := _packed(sentences, size)) > most:
        size = size + size // 4 + 1
    return groups


def equal_parts(words: range, longest: int) -> list[range]:
    """Return the range cut into as few parts of nearly equal length as there must be for none to exceed `longest`."""
    count = -(-len(words) // longest)
    edges = [words.start + len(words) * part // count for part in range(count + 1)] if count else []
    return [range(first, last) for first, last in pairwise(edges)]


def _packed(sentences: list[range], size: int) -> list[range]:
    """Return neighbouring ranges joined while they hold no more than `size` words."""
    groups = sentences[:1]
    for sentence in sentences[1:]:
        if len(groups[-1]) + len(sentence) <= size:
            groups[-1] = range(groups[-1].start, sentence.stop)
        else:
            groups.append(sentence)
    return groups
