"""What a line typed to a tagger means: a sentence whose words are to be labelled, or a `/command`.

In: one line at a time, a tagger. Out: its words with their tags. Every sentence stands alone.
"""

from __future__ import annotations

from typing import TextIO

from textrnn.config.tagger import TagSettings
from textrnn.inference.tagger.model import Tagger
from textrnn.repl.commands import Answer, Commands
from textrnn.report.escape import for_stream


class TaggingSession(Commands[TagSettings]):
    """A tagger."""

    help = """\
Type a sentence, and the model says the tag of every word.
A sentence that begins with / is typed with two of them.
  /help, /?         this text
  /quit, /exit      leave (so does Ctrl-D)"""
    greeting = "Type a sentence, and it says the tag of every word"
    stopped = "stopped"
    longer = "textrnn tag --file FILE reads any length"

    def __init__(self, tagger: Tagger, stream: TextIO) -> None:
        """stream: where the tags go."""
        super().__init__(TagSettings())
        self._tagger, self._stream = tagger, stream

    def say(self, text: str) -> Answer:
        """Return the tags of a sentence."""
        return Answer(draw=lambda: self._draw(text))

    def _draw(self, text: str) -> None:
        (tagged,) = self._tagger.tag([text])
        self._stream.write(for_stream(tagged.to_conll(), self._stream))
        self._stream.flush()
