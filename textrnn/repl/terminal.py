"""A session at a terminal: line editing, a history that lasts as long as the session, Ctrl-C and Ctrl-D.

Out: the exit code. What is typed and what is written lives in memory alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textrnn.errors import UserError
from textrnn.repl.commands import Answer, Commands

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

PROMPT = "> "
INTERRUPTED = 130
# editing a line takes time in proportion to its length, at every key
MAX_PASTED = 20_000


def run_terminal(
    session: Commands[Any],
    *,
    write: Callable[[str], object],
    tell: Callable[[str], object],
    fail: Callable[[str], object],
) -> int:
    """Talk until the user leaves; return 0, or 130 after two Ctrl-C at the prompt.

    write: takes the model's text. tell: takes messages about the session. fail: takes errors, a line each.
    """
    editor = _editor(session, fail)
    was_interrupted = False
    while True:
        try:
            line = editor.prompt(PROMPT)
        except KeyboardInterrupt:
            if editor.default_buffer.text:
                # what was typed is cleared; it takes two at an empty prompt to leave
                was_interrupted = False
                continue
            if was_interrupted:
                return INTERRUPTED
            was_interrupted = True
            tell("Ctrl-C again leaves")
            continue
        except EOFError:
            return 0
        was_interrupted = False
        try:
            answer = session.answer(line)
            _show(answer, write, tell, session.stopped)
        except UserError as error:
            fail(str(error))
            continue
        if answer.is_last:
            return 0


def _show(answer: Answer, write: Callable[[str], object], tell: Callable[[str], object], stopped: str) -> None:
    if answer.message is not None:
        tell(answer.message)
    last = "\n"
    try:
        if answer.draw is not None:
            answer.draw()
        for piece in answer.text or ():
            write(piece)
            last = piece[-1:] or last
    except KeyboardInterrupt:
        # whoever writes takes up the new state only at the end of a text
        write("\n")
        tell(stopped)
        return
    if last != "\n":
        write("\n")


def _editor(session: Commands[Any], fail: Callable[[str], object]) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.application import run_in_terminal
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import InMemoryHistory
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.keys import Keys

    bindings = KeyBindings()

    @bindings.add(Keys.BracketedPaste)
    def paste(event: Any) -> None:
        text = event.data.replace("\r\n", "\n").replace("\r", "\n")
        if len(text) > MAX_PASTED:
            run_in_terminal(
                lambda: fail(
                    f"{len(text):,} characters in the pasted text: at most {MAX_PASTED:,} can be edited here; "
                    + session.longer
                )
            )
        else:
            event.current_buffer.insert_text(text)

    words = [*session.commands, *(f"/set {name}" for name in session.names)]
    return PromptSession(
        history=InMemoryHistory(),
        key_bindings=bindings,
        completer=WordCompleter(words, sentence=True),
        complete_while_typing=False,
    )
