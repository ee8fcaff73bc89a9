"""Stop strings, found in text that arrives in pieces.

In: pieces of decoded text. Out: the text up to the first stop string, which is itself no part of it. Only what may
still become a stop string is held back, and how the text is cut into pieces changes nothing. Knows nothing of ids.
"""

from __future__ import annotations

from collections.abc import Sequence

from textrnn.text.display import printable
from textrnn.text.tokenizer import Tokenizer
from textrnn.text.vocabulary import SPECIAL_SYMBOLS


class StopStrings:
    """Finds the stop string that is complete first; of several that end at the same character, the longest counts."""

    found: bool
    # how many characters were taken away: the stop string and what came after it in the same piece
    cut: int

    def __init__(self, stops: Sequence[str]) -> None:
        self.found, self.cut = False, 0
        self._progress = tuple(_Progress(stop) for stop in stops)
        self._held = ""

    def feed(self, piece: str) -> str:
        """Return what is sure to be text, now that `piece` came. Nothing may come after a stop string was found."""
        text = self._held + piece
        for read, character in enumerate(piece, start=len(self._held) + 1):
            for progress in self._progress:
                progress.read(character)
            complete = [progress.matched for progress in self._progress if progress.is_complete]
            if complete:
                kept = read - max(complete)
                self.found, self.cut, self._held = True, len(text) - kept, ""
                return text[:kept]
        sure = len(text) - max(progress.matched for progress in self._progress)
        self._held = text[sure:]
        return text[:sure]

    def finish(self) -> str:
        """Return what was held back: nothing comes that could complete it."""
        held, self._held = self._held, ""
        return held


class _Progress:
    """How much of one stop string the text read so far ends with (Knuth, Morris & Pratt 1977)."""

    def __init__(self, stop: str) -> None:
        self.matched = 0
        self._stop = stop
        # for each beginning of the stop string, how much of it the beginning itself ends with
        self._shorter = [0]
        for character in stop[1:]:
            self._shorter.append(self._longer(self._shorter[-1], character))

    @property
    def is_complete(self) -> bool:
        return self.matched == len(self._stop)

    def read(self, character: str) -> None:
        self.matched = self._longer(self.matched, character)

    def _longer(self, matched: int, character: str) -> int:
        while matched and self._stop[matched] != character:
            matched = self._shorter[matched - 1]
        return matched + (self._stop[matched] == character)


def unreachable(stops: Sequence[str], tokenizer: Tokenizer) -> tuple[str, ...]:
    """Return a note for each stop string that the model cannot write, because it never saw a part of it."""
    return tuple(
        f"--stop '{printable(stop)}' can never match: the model never saw '{printable(unseen)}'"
        for stop in stops
        if (unseen := _first_unseen(stop, tokenizer)) is not None
    )


def _first_unseen(stop: str, tokenizer: Tokenizer) -> str | None:
    if tokenizer.kind == "word":
        # it may begin and end within a word, so that its own words say nothing; spaces are made between words
        known = set().union(*tokenizer.symbols[len(SPECIAL_SYMBOLS) :])
        return next((character for character in stop if character not in known and not character.isspace()), None)
    unknown = tokenizer.unknown(stop)
    return unknown[0].symbol if unknown else None
