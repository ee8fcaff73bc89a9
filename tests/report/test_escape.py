from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.report.escape import encodable, escape, for_stream


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\x07b\x08c\rd\x7fe\x00", "a\\x07b\\x08c\\x0dd\\x7fe\\x00"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202edef\u2066x\u200f", "abc\\u202edef\\u2066x\\u200f"),
        ("\ud800", "\\ud800"),
        ("kept:\n\tnaïve 猫 👩\u200d🚀 \\ [bold]", "kept:\n\tnaïve 猫 👩\u200d🚀 \\ [bold]"),
    ],
)
def test_what_could_steer_a_terminal_is_spelled_out(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(st.text(), st.text())
def test_pieces_may_be_escaped_one_by_one(one: str, other: str) -> None:
    assert escape(one + other) == escape(one) + escape(other)
    assert escape(escape(one)) == escape(one)


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Lo"])))
def test_only_newline_and_tab_are_left_of_the_controls(text: str) -> None:
    assert not [c for c in escape(text) if ord(c) < 32 and c not in "\n\t"]
    assert not [
        c for c in escape(text) if 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E or 0xD800 <= ord(c) < 0xE000
    ]


class Stream(io.StringIO):
    def __init__(self, encoding: str, is_terminal: bool) -> None:
        super().__init__()
        self._encoding, self._is_terminal = encoding, is_terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._is_terminal


def test_a_pipe_gets_the_text_as_it_is_and_a_terminal_does_not() -> None:
    assert for_stream("a\x1bé\n", Stream("utf-8", is_terminal=False)) == "a\x1bé\n"
    assert for_stream("a\x1bé\n", Stream("utf-8", is_terminal=True)) == "a\\x1bé\n"


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", "\\xe9 \\u732b"), ("cp1252", "é \\u732b"), ("utf-8", "é 猫"), ("utf-16", "é 猫")]
)
def test_what_the_encoding_lacks_is_spelled_out(encoding: str, shown: str) -> None:
    assert encodable("é 猫", Stream(encoding, is_terminal=False)) == shown


def test_a_lone_surrogate_never_ends_a_run() -> None:
    assert encodable("a\udc80", Stream("utf-8", is_terminal=False)) == "a\\udc80"
