"""What every session at a prompt understands: a text, or a `/command`; and the settings that it is led with.

In: one line at a time. Out: what to show. What a text leads to is known to each kind of session. Knows no terminal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar, Generic, TypeVar

from textrnn.config.settings import Settings, names_of
from textrnn.errors import UserError

Kind = TypeVar("Kind", bound=Settings)


class UnknownCommandError(UserError):
    """A `/word` that is no command."""


@dataclass(frozen=True)
class Answer:
    """What a line leads to: pieces of text, or something that is drawn when called, or a message, or the end."""

    text: Iterator[str] | None = None
    draw: Callable[[], object] | None = None
    message: str | None = None
    is_last: bool = False


class Commands(ABC, Generic[Kind]):
    """The lines of a session.

    help: what /help says. greeting: how a session begins. stopped: what is said after Ctrl-C. longer: a command for
    texts that are too long to be typed. own: commands that this kind has besides. without: settings that it has not.
    """

    help: ClassVar[str]
    greeting: ClassVar[str]
    stopped: ClassVar[str]
    longer: ClassVar[str]
    own: ClassVar[tuple[str, ...]] = ()
    without: ClassVar[Collection[str]] = ()

    def __init__(self, settings: Kind) -> None:
        self.settings = settings

    @abstractmethod
    def say(self, text: str) -> Answer:
        """Return what a text leads to."""

    def obey(self, command: str) -> Answer:
        """Return what one of the commands leads to that this kind alone has."""
        raise NotImplementedError(command)

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that a line may begin with."""
        return ("/set", "/settings", *self.own, "/help", "/?", "/quit", "/exit")

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that a session has."""
        return tuple(name for name in type(self.settings).model_fields if name not in self.without)

    def answer(self, line: str) -> Answer:
        """Return what `line` leads to. Raises UserError for what it asks wrongly; the session stays as it was."""
        if line.startswith("//"):
            return self.say(line[1:])
        return self._command(line) if line.startswith("/") else self.say(line)

    def _command(self, line: str) -> Answer:
        word, _, rest = line.strip().partition(" ")
        if word == "/set":
            return Answer(message=self._set(rest.lstrip()))
        if word == "/settings":
            return Answer(message="\n".join(self._shown(name) for name in self.names))
        if word in ("/help", "/?"):
            return Answer(message=self.help)
        if word in ("/quit", "/exit"):
            return Answer(is_last=True)
        if word in self.own:
            return self.obey(word)
        near = get_close_matches(word, self.commands, n=1, cutoff=0.5)
        mend = f"did you mean {near[0]}?" if near else "/help lists them; a text that begins with / is typed //"
        raise UnknownCommandError(f"unknown command {word}", which="the session", mend=mend)

    def _set(self, words: str) -> str:
        typed, _, value = words.partition(" ")
        if not typed:
            raise UserError("no setting", which="/set", mend="/set NAME VALUE, with a name from /settings")
        name = self._name(typed)
        given: dict[str, Any] = {**self.settings.given()}
        given.pop(name, None)
        if isinstance(getattr(self.settings, name), bool):
            # off is one of its values, and not its absence
            given[name] = value or False
        elif value not in ("", "off", "none"):
            given[name] = (value,) if isinstance(getattr(self.settings, name), tuple) else value
        # the words of one setting may be wrong only beside those of another
        self.settings = type(self.settings).check(given, where={name: f"/set {typed}"})
        return self._shown(name)

    def _shown(self, name: str) -> str:
        value = getattr(self.settings, name)
        if isinstance(value, tuple):
            value = ", ".join(map(repr, value)) or None
        elif isinstance(value, bool):
            value = "on" if value else None
        return f"{name:<18} {'off' if value is None and name != 'seed' else 'random' if value is None else value}"

    def _name(self, typed: str) -> str:
        """Return the setting that is called `typed`, by its own name or by one of its flags."""
        known = {name: name for name in self.names}
        for name in self.names:
            known |= dict.fromkeys(names_of(name, type(self.settings).model_fields[name]), name)
        word = typed.lstrip("-").replace("-", "_")
        if word in known:
            return known[word]
        near = get_close_matches(word, known, n=1, cutoff=0.6)
        raise UserError(
            f"unknown setting {typed}",
            which="/set",
            mend=f"did you mean {near[0]}?" if near else "known are " + ", ".join(self.names),
        )
