"""A verdict as a line, below it why, and as JSON; attention as one line."""

from __future__ import annotations

import io
import json

import pytest

from textrnn.config.classifier import ClassifySettings
from textrnn.explain.words import Explanation, Reason
from textrnn.inference.classifier.verdict import Verdict
from textrnn.report.answer import answer_json, answer_line, write_answer
from textrnn.report.attention import attention_line

VERDICT = Verdict(text="fine\x1b film", labels=("b", "a\tx", "c"), probabilities=(0.25, 0.625, 0.125))
EXPLANATION = Explanation(
    label="a\tx", reasons=(Reason("fine", 0, 4, 0.75),), method="exact", completeness_error=0.0, base=0.25, value=1.0
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, "a\\tx\t0.6250"),
        ({"k": 2}, "a\\tx\t0.6250\tb\t0.2500"),
        ({"k": 9}, "a\\tx\t0.6250\tb\t0.2500\tc\t0.1250"),
        ({"probs": True}, "a\\tx\t0.6250\tb\t0.2500\tc\t0.1250"),
        ({"abstain_below": 0.625}, "a\\tx\t0.6250"),
        ({"abstain_below": 0.6251}, "?\t0.6250"),
        ({"abstain_below": 0.7, "k": 2}, "a\\tx\t0.6250\tb\t0.2500"),
    ],
)
def test_line(settings: dict[str, object], line: str) -> None:
    assert answer_line(VERDICT, ClassifySettings(**settings)) == line


def test_of_equals_the_first_is_the_label() -> None:
    even = Verdict(text="", labels=("a", "b"), probabilities=(0.5, 0.5))
    assert even.label == "a" and answer_line(even, ClassifySettings(k=2)) == "a\t0.5000\tb\t0.5000"


def test_json_is_exact() -> None:
    value = answer_json(VERDICT, ClassifySettings(k=1, abstain_below=0.7), EXPLANATION, [("fine", 1.0)])
    assert json.loads(json.dumps(value)) == {
        "label": "?",
        "score": 0.625,
        "probabilities": {"b": 0.25, "a\tx": 0.625, "c": 0.125},
        "text": "fine\x1b film",
        "reasons": [{"text": "fine", "start": 0, "end": 4, "weight": 0.75}],
        "method": "exact",
        "completeness_error": 0.0,
        "attention": [["fine", 1.0]],
    }
    assert [*answer_json(VERDICT, ClassifySettings())] == ["label", "score", "probabilities", "text"]


def test_below_the_line_stands_why() -> None:
    stream = io.StringIO()
    write_answer(VERDICT, ClassifySettings(), stream, EXPLANATION, [("fine", 0.25), ("film", 0.75)])
    first, reason, total, attention = stream.getvalue().splitlines()
    assert (first, reason.split()) == ("a\\tx\t0.6250", ["+0.750", "fine"])
    assert total.startswith("for a\\tx: +1.000") and attention == "attention: film 0.75, fine 0.25"
    plain = io.StringIO()
    write_answer(VERDICT, ClassifySettings(), plain)
    assert plain.getvalue() == first + "\n"


def test_no_label_steers_a_terminal() -> None:
    stream = Terminal()
    write_answer(Verdict(text="", labels=("\x1b]0;x",), probabilities=(1.0,)), ClassifySettings(), stream)
    assert stream.getvalue() == "\\x1b]0;x\t1.0000\n"


def test_attention_names_the_heaviest_and_adds_up_the_rest() -> None:
    stream = io.StringIO()
    units = [(f"u{number}", 0.01 * number) for number in range(1, 11)]
    assert attention_line(units, stream) == (
        "attention: " + ", ".join(f"u{number} 0.{number:02d}" for number in range(10, 2, -1)) + ", all others 0.03"
    )
    assert attention_line([("\n", 0.5), ("\x1b", 0.5)], stream) == "attention: '\\n' 0.50, \\x1b 0.50"
