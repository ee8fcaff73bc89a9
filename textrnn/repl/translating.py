"""What a line typed to an encoder-decoder means: a text for which another is written, or a `/command`.

In: one line at a time, a model. Out: what it writes. Every text stands alone.
"""

from __future__ import annotations

from typing import TextIO

from textrnn.config.seq2seq import TranslateSettings
from textrnn.inference.seq2seq.model import Translator
from textrnn.repl.commands import Answer, Commands
from textrnn.report.escape import for_stream


class TranslatingSession(Commands[TranslateSettings]):
    """An encoder-decoder."""

    help = """\
Type a text, and the model writes one for it.
A text that begins with / is typed with two of them.
  /set NAME VALUE   change a setting: /set beam 5
  /settings         show all settings
  /help, /?         this text
  /quit, /exit      leave (so does Ctrl-D)"""
    greeting = "Type a text, and it writes one for it"
    stopped = "stopped"
    longer = "textrnn translate --file FILE reads any length"

    def __init__(self, translator: Translator, settings: TranslateSettings, stream: TextIO) -> None:
        """stream: where the texts go."""
        super().__init__(settings)
        self._translator, self._stream = translator, stream

    def say(self, text: str) -> Answer:
        """Return the text that is written for a text."""
        return Answer(draw=lambda: self._draw(text))

    def _draw(self, text: str) -> None:
        (one,) = self._translator.translate_with([text], self.settings)
        self._stream.write(for_stream(" ".join(one.text.splitlines()) + "\n", self._stream))
        self._stream.flush()
