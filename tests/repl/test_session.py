"""What a line means to a session: text, a command, a mistake; and a session read from a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from textrnn.config.generation import GenerationSettings
from textrnn.errors import UserError
from textrnn.repl.commands import UnknownCommandError
from textrnn.repl.script import run_script
from textrnn.repl.session import Session


class Echo:
    """A conversation that says what it was given, and takes a text up only when it was read to its end."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.seeds: list[int] = []

    def write(self, text: str, settings: GenerationSettings, *, seed: int) -> Iterator[str]:
        if "€" in text:
            raise UserError("1 character: '€'", which="the prompt")
        self.seeds.append(seed)
        yield f"<{text}"
        yield f"|{settings.temperature}>"
        self.read.append(text)

    def reset(self) -> None:
        self.read.clear()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def session(echo: Echo) -> Session:
    seeds = iter(range(100, 200))
    return Session(echo, GenerationSettings(), draw_seed=lambda: next(seeds))


def text(session: Session, line: str) -> str:
    answer = session.answer(line)
    assert answer.text is not None and answer.message is None and not answer.is_last
    return "".join(answer.text)


def message(session: Session, line: str) -> str:
    answer = session.answer(line)
    assert answer.message is not None and answer.text is None and not answer.is_last
    return answer.message


def test_text_is_written_on_from_as_it_stands(session: Session) -> None:
    assert text(session, " To be ") == "< To be |0.8>"
    assert text(session, "") == "<|0.8>"
    assert text(session, "//not a command") == "</not a command|0.8>"


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("/set temperature 0.5", "temperature", 0.5),
        ("/set --temperature 0.5", "temperature", 0.5),
        ("/set top-k 3", "top_k", 3),
        ("/set top_k 3", "top_k", 3),
        ("/set max-tokens 12", "length", 12),
        ("/set n 12", "length", 12),
        ("/set stop . and so on", "stop", (". and so on",)),
        ("/set unknown skip", "unknown", "skip"),
        ("/set seed 4", "seed", 4),
    ],
)
def test_set_changes_a_setting_by_any_of_its_names(session: Session, line: str, name: str, value: object) -> None:
    assert message(session, line).split()[0] == name
    assert getattr(session.settings, name) == value


def test_set_keeps_what_was_set_before_and_off_goes_back_to_the_default(session: Session) -> None:
    message(session, "/set top_k 3")
    message(session, "/set temperature 0.5")
    assert (session.settings.top_k, session.settings.temperature) == (3, 0.5)
    assert message(session, "/set top_k off").split() == ["top_k", "off"]
    message(session, "/set temperature")
    assert (session.settings.top_k, session.settings.temperature) == (None, 0.8)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/set temperature hot", "'hot' in /set temperature: expected "),
        ("/set temperature -1", "in /set temperature"),
        ("/set top_k 1_0", "'1_0' in /set top_k"),
        ("/set tempature 1", "unknown setting tempature in /set: did you mean temperature?"),
        ("/set samples 3", "unknown setting samples in /set"),
        ("/set", "no setting in /set"),
    ],
)
def test_set_refuses_what_the_command_line_refuses(session: Session, line: str, said: str) -> None:
    before = session.settings
    with pytest.raises(UserError) as caught:
        session.answer(line)
    assert said in str(caught.value) and session.settings == before


def test_unknown_commands_name_the_nearest(session: Session) -> None:
    with pytest.raises(UnknownCommandError, match="did you mean /settings"):
        session.answer("/seting")
    with pytest.raises(UnknownCommandError, match="/help lists them"):
        session.answer("/xyzzy")


def test_reset_forgets_and_draws_another_seed(session: Session, echo: Echo) -> None:
    text(session, "a")
    text(session, "b")
    assert message(session, "/reset") == "forgotten" and echo.read == []
    text(session, "c")
    assert echo.seeds == [100, 100, 101]
    message(session, "/set seed 7")
    text(session, "d")
    assert echo.seeds[-1] == 7


def test_help_and_settings_tell_everything(session: Session) -> None:
    assert message(session, "/?") == message(session, "/help") == Session.help
    shown = message(session, "/settings").splitlines()
    assert [line.split()[0] for line in shown] == list(session.names)
    assert {"temperature", "top_p", "stop", "seed", "length"} <= set(session.names)


@pytest.mark.parametrize("line", ["/quit", "/exit", "/quit "])
def test_quit(session: Session, line: str) -> None:
    assert session.answer(line).is_last


def script(session: Session, lines: bytes) -> tuple[int, str, list[str], list[str]]:
    out: list[str] = []
    told: list[str] = []
    failed: list[str] = []
    code = run_script(session, io.BytesIO(lines), write=out.append, tell=told.append, fail=failed.append)
    return code, "".join(out), told, failed


def test_a_script_is_a_line_an_input_and_only_text_goes_out(session: Session) -> None:
    code, out, told, failed = script(session, b"To be\n/set temperature 0\nTo be\r\n\nlast")
    assert (code, out, failed) == (0, "<To be|0.8>\n<To be|0.0>\n<|0.0>\n<last|0.0>\n", [])
    assert [line.split()[0] for line in told] == ["temperature"]


def test_an_unknown_command_ends_a_script(session: Session) -> None:
    code, out, _, failed = script(session, b"a\n/sett x\nb\n")
    assert (code, out) == (2, "<a|0.8>\n")
    assert failed == ["unknown command /sett in the session: did you mean /set? (line 2)"]


def test_other_mistakes_are_told_and_the_worst_exit_code_stays(session: Session) -> None:
    code, out, _, failed = script(session, "€\n/set top_k x\n\ufeffc\nd\n".encode().replace(b"d", b"\xff") + b"e\n")
    assert code == 2 and out == "<\ufeffc|0.8>\n<e|0.8>\n"
    assert [line.rpartition(" (")[2] for line in failed] == ["line 1)", "line 2)", "line 4)"]
    assert "hex ff" in failed[2]


def test_quit_ends_a_script_with_what_came_before(session: Session) -> None:
    assert script(session, b"a\n/quit\nb\n")[:2] == (0, "<a|0.8>\n")
    assert script(session, b"") == (0, "", [], [])


def test_a_byte_order_mark_is_no_text(session: Session) -> None:
    assert script(session, b"\xef\xbb\xbfa\n")[1] == "<a|0.8>\n"


def test_a_long_line(session: Session) -> None:
    assert len(script(session, b"x" * 1_000_000 + b"\n")[1]) == 1_000_000 + len("<|0.8>\n")
