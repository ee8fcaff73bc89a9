"""Words and punctuation put back into running text: where a space goes between two tokens.

In go the tokens of the word tokenizer one at a time; out comes text at once, a space before a token or none. Only an
apostrophe waits for what follows it. The rules are for scripts that write spaces between words, English first, and for
Chinese and Japanese, that write none. Knows no ids.
"""

from __future__ import annotations

from collections.abc import Iterable

import regex

LINE_BREAK = "\n"

_WORD = regex.compile(r"\w")
_NONE_BEFORE = frozenset(",.;:!?)]}%…’”»")
_NONE_AFTER = frozenset("([{“‘«¿¡$£€#@")
_NONE_AROUND = frozenset("-—/\\")
_CLOSES = frozenset(",.;:!?)…")
# Scripts without spaces between words, and the punctuation that belongs to them.
_UNSPACED = regex.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What follows an apostrophe inside a word: "it's", "o'er", "ne'er", "o'clock", "O'Neill".
_ENDINGS = _words(
    "s d ll t st er en ld re n clock rt dst lt r m ve ldst nt uld est erwhelm erlook ertake erthrown erflow erbear "
    "erheard ergrown ercome nnight mon hara neill brien neal connor reilly"
)
# What an apostrophe begins: "'tis", "let 'em", "the '70s".
_SHORTENED = _words(
    "tis twas em twere gainst twixt twill scape scaped twould mongst tween sblood zounds til till cause oman twasn"
)
# What an apostrophe ends: "o' the", "th' unworthy", "rockin' horse".
_CLIPPED = _words("o i a ha th wi ol no")
# What ends in s and owns nothing, so that an apostrophe after it is a quotation mark: "it was 'Hero'".
_NO_OWNERS = _words("is was as has does this thus says its")


class Spacing:
    """The text so far as far as it matters for the next space."""

    def __init__(self) -> None:
        self._last = self._before_last = ""
        self._is_glued = True
        self._open = {"'": False, '"': False}
        self._holds_apostrophe = False

    def remember(self, tokens: Iterable[str], *, ends_in_space: bool) -> None:
        """Go on after a text that is already written: its last tokens, and whether white space ends it."""
        for token in tokens:
            self.feed(token)
        if self._holds_apostrophe and ends_in_space:
            self._apostrophe_before(LINE_BREAK)
        elif self._holds_apostrophe:
            self._holds_apostrophe = False
            self._shift("'", True)
        self._is_glued = self._is_glued or ends_in_space

    def feed(self, token: str) -> str:
        """Return what is to be written now that `token` follows."""
        text = self._apostrophe_before(token) if self._holds_apostrophe else ""
        if token == "'":
            self._holds_apostrophe = True
            return text
        return text + self._write(token)

    def finish(self) -> str:
        """Return an apostrophe that still waits."""
        return self._apostrophe_before(LINE_BREAK) if self._holds_apostrophe else ""

    def _write(self, token: str) -> str:
        if token == LINE_BREAK:
            if self._last == LINE_BREAK:
                self._open = dict.fromkeys(self._open, False)
            space, is_glued = "", True
        elif _is_word(token):
            space, is_glued = "" if self._is_glued or self._goes_on(token) else " ", False
        else:
            space = "" if self._is_glued or self._none_before(token) else " "
            is_glued = self._none_after(token)
        if _UNSPACED.match(token) and _UNSPACED.match(self._last[-1:]):
            space = ""
        self._shift(token, is_glued)
        return space + token

    def _shift(self, token: str, is_glued: bool) -> None:
        self._before_last, self._last, self._is_glued = self._last, token, is_glued

    def _goes_on(self, word: str) -> bool:
        """Whether `word` goes on with what a mark between two words interrupts: "3.14", "10:30", "U.S.", "don’t"."""
        if self._last in (".", ",", ":") and self._before_last[-1:].isdigit() and word[0].isdigit():
            return True
        if self._last == "’" and _is_word(self._before_last):
            return word.lower() in _ENDINGS
        if self._last.endswith("'"):
            return word.lower() in _SHORTENED
        initials = self._before_last + word
        return self._last == "." and len(initials) == 2 and initials.isupper()

    def _none_before(self, run: str) -> bool:
        if run[0] == "'":
            return self._open["'"] or run[1] in _CLOSES or run[1] in _NONE_AROUND
        if run[0] == '"':
            return self._open['"']
        if run == "-" and self._last in ("", LINE_BREAK):
            return False
        return run[0] in _NONE_BEFORE or run[0] in _NONE_AROUND or "/" in run

    def _none_after(self, run: str) -> bool:
        """Follow the quotation marks in a run of punctuation and say whether the next word stands close to it."""
        for place, mark in enumerate(run):
            if mark == '"':
                self._open[mark] = not self._open[mark]
            elif mark == "'":
                closes = self._open[mark] or run[place - 1 : place] in _CLOSES or run[place + 1 : place + 2] in _CLOSES
                self._open[mark] = not closes
        if run[-1] in self._open:
            return self._open[run[-1]]
        if run == "-" and self._last in ("", LINE_BREAK):
            return False
        return run[-1] in _NONE_AFTER or run[-1] in _NONE_AROUND or "/" in run

    def _apostrophe_before(self, token: str) -> str:
        """Write the apostrophe that waited for `token`: inside a word, at its start or end, or a quotation mark."""
        self._holds_apostrophe = False
        word, last = token.lower(), self._last.lower()
        follows_word = _is_word(last)
        starts = word in _SHORTENED or (word[0].isdigit() and not follows_word)
        if follows_word and word in _ENDINGS:
            joins_left, joins_right = True, True
        elif starts:
            joins_left, joins_right = False, True
        elif not _is_word(token) or (follows_word and (self._open["'"] or _may_lose_its_end(last))):
            joins_left, joins_right = True, False
            self._open["'"] = False
        else:
            joins_left, joins_right = False, True
            self._open["'"] = True
        space = "" if self._is_glued or joins_left else " "
        self._shift("'", joins_right)
        return space + "'"


def _is_word(token: str) -> bool:
    return _WORD.match(token) is not None


def _may_lose_its_end(word: str) -> bool:
    return word in _CLIPPED or (word.endswith("s") and word not in _NO_OWNERS)
