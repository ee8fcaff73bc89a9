"""What a line typed to a model means: text to write on from, or a `/command`.

In: one line at a time, a conversation with a language model, settings. Out: what to show, piece by piece. Knows no
terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from textrnn.config.generation import GenerationSettings
from textrnn.config.settings import names_of
from textrnn.errors import UserError

HELP = """\
Type a text, and the model writes on from it; it remembers what was said.
An empty line: write on. A text that begins with / is typed with two of them.
  /set NAME VALUE   change a setting: /set temperature 0.7, /set top_k off
  /settings         show all settings
  /reset            forget what was said
  /help, /?         this text
  /quit, /exit      leave (so does Ctrl-D); Ctrl-C stops the text"""
COMMANDS = ("/set", "/settings", "/reset", "/help", "/?", "/quit", "/exit")
# a conversation is one text
NOT_HERE = ("samples", "beam", "length_penalty")


class Conversation(Protocol):
    """A text that goes on from line to line; a text that is not written to its end leaves it as it was."""

    def write(self, text: str, settings: GenerationSettings, *, seed: int) -> Iterator[str]:
        """Read `text` and yield what the model writes on."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


class UnknownCommandError(UserError):
    """A `/word` that is no command."""


@dataclass(frozen=True)
class Answer:
    """What a line leads to: pieces of text, or a message about the session, or its end."""

    text: Iterator[str] | None = None
    message: str | None = None
    is_last: bool = False


class Session:
    """A conversation and the settings it is led with."""

    def __init__(
        self, conversation: Conversation, settings: GenerationSettings, *, draw_seed: Callable[[], int]
    ) -> None:
        """draw_seed: a seed for a conversation whose settings give none."""
        self._conversation, self._draw_seed = conversation, draw_seed
        self.settings, self._seed = settings, draw_seed()

    def answer(self, line: str) -> Answer:
        """Return what `line` leads to. Raises UserError for what it asks wrongly; the session stays as it was."""
        if line.startswith("//"):
            line = line[1:]
        elif line.startswith("/"):
            return self._command(line)
        seed = self._seed if self.settings.seed is None else self.settings.seed
        return Answer(text=self._conversation.write(line, self.settings, seed=seed))

    def _command(self, line: str) -> Answer:
        word, _, rest = line.strip().partition(" ")
        if word == "/set":
            return Answer(message=self._set(rest.lstrip()))
        if word == "/settings":
            return Answer(message="\n".join(self._shown(name) for name in names()))
        if word == "/reset":
            self._conversation.reset()
            self._seed = self._draw_seed()
            return Answer(message="forgotten")
        if word in ("/help", "/?"):
            return Answer(message=HELP)
        if word in ("/quit", "/exit"):
            return Answer(is_last=True)
        near = get_close_matches(word, COMMANDS, n=1, cutoff=0.5)
        mend = f"did you mean {near[0]}?" if near else "/help lists them; a text that begins with / is typed //"
        raise UnknownCommandError(f"unknown command {word}", which="the session", mend=mend)

    def _set(self, words: str) -> str:
        typed, _, value = words.partition(" ")
        if not typed:
            raise UserError("no setting", which="/set", mend="/set NAME VALUE, with a name from /settings")
        name = _name(typed)
        given = {**self.settings.given()}
        given.pop(name, None)
        if value not in ("", "off", "none"):
            given[name] = (value,) if name == "stop" else value
        # the words of one setting may be wrong only beside those of another
        self.settings = GenerationSettings.check(given, where={name: f"/set {typed}"})
        return self._shown(name)

    def _shown(self, name: str) -> str:
        value = getattr(self.settings, name)
        if name == "stop":
            value = ", ".join(map(repr, value)) or None
        return f"{name:<18} {'off' if value is None and name != 'seed' else 'random' if value is None else value}"


def names() -> tuple[str, ...]:
    """Return the settings that a session has."""
    return tuple(name for name in GenerationSettings.model_fields if name not in NOT_HERE)


def _name(typed: str) -> str:
    """Return the setting that is called `typed`, by its own name or by one of its flags."""
    known = {name: name for name in names()}
    for name in names():
        known |= dict.fromkeys(names_of(name, GenerationSettings.model_fields[name]), name)
    word = typed.lstrip("-").replace("-", "_")
    if word in known:
        return known[word]
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    raise UserError(
        f"unknown setting {typed}",
        which="/set",
        mend=f"did you mean {near[0]}?" if near else "known are " + ", ".join(names()),
    )
