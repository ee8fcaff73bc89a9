"""What a line typed to a language model means: text to write on from, or a `/command`.

In: one line at a time, a conversation with a language model, settings. Out: what to show, piece by piece. Knows no
terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from textrnn.config.generation import GenerationSettings
from textrnn.repl.commands import Answer, Commands

# a conversation is one text
NOT_HERE = ("samples", "beam", "length_penalty", "precision")


class Conversation(Protocol):
    """A text that goes on from line to line; a text that is not written to its end leaves it as it was."""

    def write(self, text: str, settings: GenerationSettings, *, seed: int) -> Iterator[str]:
        """Read `text` and yield what the model writes on."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


class Session(Commands[GenerationSettings]):
    """A conversation and the settings it is led with."""

    help = """\
Type a text, and the model writes on from it; it remembers what was said.
An empty line: write on. A text that begins with / is typed with two of them.
  /set NAME VALUE   change a setting: /set temperature 0.7, /set top_k off
  /settings         show all settings
  /reset            forget what was said
  /help, /?         this text
  /quit, /exit      leave (so does Ctrl-D); Ctrl-C stops the text"""
    greeting = "Type a text, and it writes on"
    stopped = "stopped; the model goes on from where it was before this text"
    longer = "textrnn generate --prompt @FILE reads any length"
    own = ("/reset",)
    without = NOT_HERE

    def __init__(
        self, conversation: Conversation, settings: GenerationSettings, *, draw_seed: Callable[[], int]
    ) -> None:
        """draw_seed: a seed for a conversation whose settings give none."""
        super().__init__(settings)
        self._conversation, self._draw_seed = conversation, draw_seed
        self._seed = draw_seed()

    def say(self, text: str) -> Answer:
        """Return what the model writes on."""
        seed = self._seed if self.settings.seed is None else self.settings.seed
        return Answer(text=self._conversation.write(text, self.settings, seed=seed))

    def obey(self, command: str) -> Answer:
        """Forget what was said: the only command of its own."""
        self._conversation.reset()
        self._seed = self._draw_seed()
        return Answer(message="forgotten")
