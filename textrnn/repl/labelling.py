"""What a line typed to a classifier means: a text to be labelled, or a `/command`.

In: one line at a time, a classifier, settings. Out: the verdict, with the reasons for it. Every text stands alone.
"""

from __future__ import annotations

from typing import TextIO

from textrnn.config.classifier import ClassifySettings
from textrnn.inference.classifier.model import TextClassifier
from textrnn.repl.commands import Answer, Commands
from textrnn.report.answer import write_answer


class LabellingSession(Commands[ClassifySettings]):
    """A classifier and how much it says of each text."""

    help = """\
Type a text, and the model says its label and how sure it is, and why.
A text that begins with / is typed with two of them.
  /set NAME VALUE   change a setting: /set explain off, /set abstain_below 0.8
  /settings         show all settings
  /help, /?         this text
  /quit, /exit      leave (so does Ctrl-D)"""
    greeting = "Type a text, and it says the label and why"
    stopped = "stopped"
    longer = "textrnn classify --file FILE reads any length"

    def __init__(self, classifier: TextClassifier, settings: ClassifySettings, stream: TextIO) -> None:
        """stream: where the verdicts go."""
        super().__init__(settings)
        self._classifier, self._stream = classifier, stream

    def say(self, text: str) -> Answer:
        """Return the verdict on a text."""
        return Answer(draw=lambda: self._draw(text))

    def _draw(self, text: str) -> None:
        (verdict,) = self._classifier.verdicts([text])
        explanation = attention = None
        if self.settings.explain:
            explanation = self._classifier.explain(text, label=verdict.label)
            attention = self._classifier.attention(text)
        write_answer(verdict, self.settings, self._stream, explanation, attention)
        self._stream.flush()
