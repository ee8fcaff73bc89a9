"""The session at a terminal: keys go into a pipe that prompt_toolkit reads as a keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from textrnn.config.generation import GenerationSettings
from textrnn.repl.session import Session
from textrnn.repl.terminal import MAX_PASTED, run_terminal

prompt_toolkit = pytest.importorskip("prompt_toolkit")
CTRL_C, CTRL_D = "\x03", "\x04"


class Talker:
    """A conversation that is interrupted in the middle of texts that ask for it."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def write(self, text: str, settings: GenerationSettings, *, seed: int) -> Iterator[str]:
        yield f"<{text}"
        if "stop" in text:
            raise KeyboardInterrupt
        yield ">"
        self.read.append(text)

    def reset(self) -> None:
        self.read.clear()


Talk = Callable[[str], tuple[int, str, list[str], list[str], list[str]]]


@pytest.fixture
def talk() -> Talk:
    """Type keys; return the exit code, the text written, what was told, what failed, what the conversation took up."""

    def talk(keys: str) -> Any:
        from prompt_toolkit.application import create_app_session
        from prompt_toolkit.input import create_pipe_input
        from prompt_toolkit.output import DummyOutput

        out: list[str] = []
        told: list[str] = []
        failed: list[str] = []
        talker = Talker()
        session = Session(talker, GenerationSettings(), draw_seed=lambda: 0)
        with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=DummyOutput()):
            keyboard.send_text(keys)
            code = run_terminal(session, write=out.append, tell=told.append, fail=failed.append)
        return code, "".join(out), told, failed, talker.read

    return talk


def test_text_is_answered_until_ctrl_d(talk: Talk) -> None:
    assert talk("To be\ror not\r" + CTRL_D) == (0, "<To be>\n<or not>\n", [], [], ["To be", "or not"])


def test_quit_leaves_with_0(talk: Talk) -> None:
    assert talk("/quit\r")[0] == 0


def test_ctrl_c_at_the_prompt_clears_the_line_and_twice_leaves_with_130(talk: Talk) -> None:
    assert talk("abc" + CTRL_C + "d\r" + CTRL_D) == (0, "<d>\n", [], [], ["d"])
    assert talk(CTRL_C + "d\r" + CTRL_D) == (0, "<d>\n", ["Ctrl-C again leaves"], [], ["d"])
    assert talk("abc" + CTRL_C + CTRL_C + CTRL_C)[0] == 130
    assert talk(CTRL_C + CTRL_C)[0] == 130
    # what was typed in between is cleared, and not the session ended
    assert talk(CTRL_C + "abc" + CTRL_C + CTRL_D)[0] == 0
    assert talk(CTRL_C + "d\r" + CTRL_C + CTRL_D)[0] == 0


def test_ctrl_c_while_writing_stops_the_text_and_keeps_session_and_state(talk: Talk) -> None:
    code, out, told, failed, read = talk("a\rstop\rb\r" + CTRL_D)
    assert (code, out, failed, read) == (0, "<a>\n<stop\n<b>\n", [], ["a", "b"])
    assert told == ["stopped; the model goes on from where it was before this text"]


def test_mistakes_keep_the_session_alive(talk: Talk) -> None:
    code, out, told, failed, _ = talk("/sett x\r/set top_k x\r/set top_k 3\rc\r" + CTRL_D)
    assert (code, out) == (0, "<c>\n")
    assert failed[0].endswith("did you mean /set?") and "'x' in /set top_k" in failed[1]
    assert told == [f"{'top_k':<18} 3"]


def test_several_pasted_lines_are_one_text(talk: Talk) -> None:
    assert talk("\x1b[200~one\r\ntwo\x1b[201~\r" + CTRL_D)[4] == ["one\ntwo"]


def test_a_paste_too_long_to_edit_is_refused_by_its_limit(talk: Talk) -> None:
    code, out, _, failed, read = talk("\x1b[200~" + "x" * (MAX_PASTED + 1) + "\x1b[201~a\r" + CTRL_D)
    assert (code, out, read) == (0, "<a>\n", ["a"])
    assert len(failed) == 1 and f"{MAX_PASTED:,}" in failed[0]


def test_the_history_is_in_memory_alone() -> None:
    from prompt_toolkit.history import InMemoryHistory

    from textrnn.repl.terminal import _editor

    session = Session(Talker(), GenerationSettings(), draw_seed=lambda: 0)
    assert type(_editor(session, print).history) is InMemoryHistory


def test_what_is_drawn_is_drawn_and_can_be_stopped() -> None:
    from textrnn.repl.commands import Answer
    from textrnn.repl.terminal import _show

    seen: list[str] = []

    def interrupted() -> None:
        seen.append("a verdict")
        raise KeyboardInterrupt

    _show(Answer(draw=lambda: seen.append("drawn")), seen.append, seen.append, "stopped")
    _show(Answer(draw=interrupted), seen.append, seen.append, "stopped")
    assert seen == ["drawn", "a verdict", "\n", "stopped"]
