"""A session with a classifier: the verdict on a text, its settings, and the same session read from a pipe."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from textrnn.config.classifier import ClassifySettings
from textrnn.errors import UserError
from textrnn.inference.classifier.model import TextClassifier
from textrnn.repl.commands import UnknownCommandError
from textrnn.repl.labelling import LabellingSession
from textrnn.repl.script import run_script


@pytest.fixture
def model(make_classifier: Callable[..., TextClassifier]) -> TextClassifier:
    return make_classifier(pooling="attention")


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def session(model: TextClassifier, stream: io.StringIO) -> LabellingSession:
    return LabellingSession(model, ClassifySettings(), stream)


def said(session: LabellingSession, stream: io.StringIO, line: str) -> str:
    """Return what is drawn for a text."""
    answer = session.answer(line)
    assert answer.draw is not None and answer.text is None and answer.message is None and not answer.is_last
    stream.seek(0)
    stream.truncate()
    answer.draw()
    return stream.getvalue()


def line_of(model: TextClassifier, text: str) -> str:
    (verdict,) = model.verdicts([text])
    return f"{verdict.label}\t{verdict.score:.4f}\n"


@pytest.mark.parametrize("text", ["a lovely film", "", "  ", "two\nlines"])
def test_a_text_is_labelled(session: LabellingSession, stream: io.StringIO, model: TextClassifier, text: str) -> None:
    assert said(session, stream, text) == line_of(model, text)


def test_a_text_that_begins_with_a_slash_is_typed_with_two(
    session: LabellingSession, stream: io.StringIO, model: TextClassifier
) -> None:
    assert said(session, stream, "//help me, what a film") == line_of(model, "/help me, what a film")


def test_settings_are_those_of_classify(session: LabellingSession, stream: io.StringIO, model: TextClassifier) -> None:
    assert session.answer("/set explain on").message == f"{'explain':<18} on"
    first, *rest = said(session, stream, "a lovely film").splitlines(keepends=True)
    assert first == line_of(model, "a lovely film")
    assert {line.split()[-1] for line in rest[:3]} == {"a", "lovely", "film"}
    assert rest[3].startswith("for ") and rest[4].startswith("attention: ") and len(rest) == 5
    assert session.answer("/set explain off").message == f"{'explain':<18} off"
    assert session.answer("/set --abstain-below 1").message == f"{'abstain_below':<18} 1.0"
    assert said(session, stream, "dull")[0] == "?"
    # where several are wanted, none is hidden
    assert session.answer("/set k 2").message == f"{'k':<18} 2"
    assert "?" not in said(session, stream, "dull") and said(session, stream, "dull").count("\t") == 3
    session.answer("/set abstain_below off")
    session.answer("/set k")
    assert said(session, stream, "dull") == line_of(model, "dull")
    shown = session.answer("/settings").message
    assert shown is not None and [line.split() for line in shown.splitlines()] == [
        ["k", "1"], ["probs", "off"], ["explain", "off"], ["abstain_below", "off"]
    ]  # fmt: skip


def test_a_setting_that_began_as_on_can_be_put_off(model: TextClassifier, stream: io.StringIO) -> None:
    session = LabellingSession(model, ClassifySettings(explain=True), stream)
    session.answer("/set k 2")
    assert session.settings == ClassifySettings(explain=True, k=2)
    session.answer("/set explain off")
    assert session.settings == ClassifySettings(k=2)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("/set k 0", "0 in /set k: expected a whole number, at least 1"),
        ("/set explain perhaps", "'perhaps' in /set explain: expected true or false"),
        ("/set temperature 1", "unknown setting temperature in /set"),
    ],
)
def test_mistakes_leave_the_session_as_it_was(session: LabellingSession, line: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        session.answer(line)
    assert str(caught.value).startswith(what) and session.settings == ClassifySettings()


def test_there_is_nothing_to_forget(session: LabellingSession) -> None:
    with pytest.raises(UnknownCommandError):
        session.answer("/reset")
    assert "/reset" not in LabellingSession.help and "/reset" not in session.commands
    assert session.answer("/?").message == LabellingSession.help and session.answer("/quit").is_last


def test_a_script_is_a_line_an_input(session: LabellingSession, stream: io.StringIO, model: TextClassifier) -> None:
    told: list[str] = []
    failed: list[str] = []
    lines = io.BytesIO(b"a lovely film\n\n/set k x\n/settings\ndull\n/resett\nwarm\n")
    code = run_script(session, lines, write=stream.write, tell=told.append, fail=failed.append)
    assert code == 2 and len(told) == 1 and [line.rpartition(" (")[2] for line in failed] == ["line 3)", "line 6)"]
    assert stream.getvalue() == "".join(line_of(model, text) for text in ("a lovely film", "", "dull"))
