"""The transcript of one sample: what its units say, and when it is over.

In: unit after unit, with its nats. Out: pieces of text that are never taken back, and in the end why the text stopped.
Knows nothing of how units are chosen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Literal

from textrnn.config.generation import GenerationSettings
from textrnn.inference.language_model.stopping import StopStrings
from textrnn.text.tokenizer import Tokenizer
from textrnn.text.vocabulary import END

Stopped = Literal["length", "stop", "end"]

# as many units as a character can take: its bytes in UTF-8
_UNITS_A_CHARACTER = 4


def reach(stops: Sequence[str]) -> int:
    """Return how many units back a stop string can begin."""
    return _UNITS_A_CHARACTER * (max(map(len, stops), default=0) + 1)


class Transcript:
    """Text, units and nats of one sample.

    END ends the text and is no unit of it; nor are the units of a stop string, so that units and nats are those of the
    text. A unit that the stop string's start splits is counted.
    """

    units: int
    nats: float
    stopped_by: Stopped | None

    def __init__(self, tokenizer: Tokenizer, after: str, settings: GenerationSettings) -> None:
        """after: the text before, which decides how a word is joined on."""
        self.units, self.nats, self.stopped_by = 0, 0.0, None
        self._length, self._decoder = settings.length, tokenizer.decoder(after)
        self._stops = StopStrings(settings.stop) if settings.stop else None
        # characters and nats of the last units
        self._recent: deque[tuple[int, float]] = deque(maxlen=reach(settings.stop))

    def add(self, id: int, nats: float) -> str:
        """Return the text that is sure now that `id` was written."""
        if id == END:
            return self._finish("end")
        self.units += 1
        self.nats += nats
        text = self._decoder.feed(id)
        if self._stops is not None:
            self._recent.append((len(text), nats))
            text = self._until_stop(self._stops, text)
        if self.units == self._length and self.stopped_by is None:
            text += self._finish("length")
        return text

    def _finish(self, reason: Stopped) -> str:
        self.stopped_by = reason
        text = self._decoder.finish()
        if self._stops is None:
            return text
        if self._recent:
            characters, nats = self._recent.pop()
            self._recent.append((characters + len(text), nats))
        return self._until_stop(self._stops, text) + self._stops.finish()

    def _until_stop(self, stops: StopStrings, text: str) -> str:
        kept = stops.feed(text)
        if stops.found:
            self.stopped_by = "stop"
            cut = stops.cut
            # units without a character began the one that is cut
            while self._recent and self._recent[-1][0] <= cut:
                characters, nats = self._recent.pop()
                cut -= characters
                self.units -= 1
                self.nats -= nats
        return kept
