"""A plain sentence cut into words as the tagged data of its model has them.

In: a sentence, and which words a model knows. Out: words. Between white space stand pieces; marks at the ends of a
piece and a clitic behind it are words of their own, unless the model knows the piece as it stands. Knows no ids.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import regex

_IN_WORDS = regex.compile(r"\w")
# @somebody, #something and sums of money begin with a mark that belongs to them
_BEFORE_WORDS = "@#$€£"
_CLITIC = regex.compile(r"n['’]t|['’](?:s|m|re|ve|ll|d)", regex.IGNORECASE)
_LONGEST_CLITIC = 3


def words_of(sentence: str, is_known: Callable[[str], bool]) -> list[str]:
    """Return the words of `sentence`, none of white space alone."""
    found: list[str] = []
    for piece in sentence.split():
        found += [piece] if is_known(piece) else _cut(piece, is_known)
    return found


def _cut(piece: str, is_known: Callable[[str], bool]) -> list[str]:
    start, end = 0, len(piece)
    while start < end and not _begins_word(piece, start):
        start += 1
    while end > start and not _IN_WORDS.match(piece[end - 1]):
        end -= 1
    # U.S. and no. keep their full stop where the model has met them with it
    if start < end < len(piece) and is_known(piece[start : end + 1]):
        end += 1
    return [*_marks(piece[:start]), *_without_clitic(piece[start:end], is_known), *_marks(piece[end:])]


def _begins_word(piece: str, place: int) -> bool:
    if _IN_WORDS.match(piece[place]):
        return True
    return piece[place] in _BEFORE_WORDS and bool(_IN_WORDS.match(piece[place + 1 : place + 2]))


def _without_clitic(word: str, is_known: Callable[[str], bool]) -> list[str]:
    """Return the word and its clitic where the model knows the clitic as a word, and the whole not."""
    for length in range(_LONGEST_CLITIC, 1, -1):
        core, clitic = word[:-length], word[-length:]
        if core and _CLITIC.fullmatch(clitic) and is_known(clitic) and not is_known(word):
            return [core, clitic]
    return [word] if word else []


def _marks(text: str) -> list[str]:
    """Return marks one by one, the same several times in a row as one."""
    return ["".join(run) for _, run in groupby(text)]
