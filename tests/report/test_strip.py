from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from rich.color import Color
from rich.style import Style

from textrnn.explain.words import Explanation, Reason
from textrnn.report.draw import ASCII
from textrnn.report.strip import AGAINST, FOR, coloured, legend, plain_lines, shows_colour, summary, write_reasons


def explained(text: str, *weights: float, label: str = "pos") -> Explanation:
    spans = [match.span() for match in re.finditer(r"\S+", text)]
    reasons = tuple(
        Reason(text[start:stop], start, stop, weight) for (start, stop), weight in zip(spans, weights, strict=True)
    )
    return Explanation(
        label=label, reasons=reasons, method="by hand", completeness_error=2e-16, base=0.5, value=0.5 + sum(weights)
    )


def styles_of(text: str, explanation: Explanation) -> dict[str, str]:
    strip = coloured(text, explanation)
    return {strip.plain[span.start : span.end]: str(span.style) for span in strip.spans if span.style}


def test_each_word_has_the_colour_of_its_side_and_strength() -> None:
    text = "a lovely and fine but dull, dire film"
    found = styles_of(text, explained(text, 0.01, 2.0, 0.2, 0.6, 0.0, -0.9, -1.3, -0.2))
    assert found == {
        "lovely": FOR[2], "and": FOR[0], "fine": FOR[1], "dull,": AGAINST[1], "dire": AGAINST[2], "film": AGAINST[0],
    }  # fmt: skip
    assert coloured(text, explained(text, *[0.0] * 8)).plain == text
    assert styles_of(text, explained(text, *[0.0] * 8)) == {}


def luminance(style: str) -> float:
    """Relative luminance by WCAG 2."""
    color = Style.parse(style).color
    assert color is not None
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in color.get_truecolor())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("style", [*FOR, *AGAINST])
def test_every_colour_can_be_read_on_black_and_on_white(style: str) -> None:
    # WCAG asks for a contrast of 3 for large or bold text and graphics
    assert (luminance(style) + 0.05) / 0.05 >= 3.5
    assert 1.05 / (luminance(style) + 0.05) >= 3.5
    assert Style.parse(style).bold is (True if style in (FOR[2], AGAINST[2]) else None)


def test_stronger_is_more_colourful() -> None:
    def saturation(style: str) -> int:
        color = Style.parse(style).color or Color.default()
        return max(color.get_truecolor()) - min(color.get_truecolor())

    for styles in (FOR, AGAINST):
        assert [saturation(style) for style in styles] == sorted({saturation(style) for style in styles})


def test_nothing_of_the_text_is_markup_or_steers_the_terminal() -> None:
    text = "[bold]x[/bold] \x1b[31mred :smile: \u202eabc\n\ttab"
    strip = coloured(text, explained(text, 1.0, -1.0, 0.5, -0.5, 0.1, label="[red]\x1bpos"))
    assert strip.plain == "[bold]x[/bold] \\x1b[31mred :smile: \\u202eabc\n\ttab"
    words = explained("a\u202eb", 1.0, label="[red]\x1b\npos")
    assert "[red]\\x1b\\npos" in legend(words).plain
    assert "[red]\\x1b\\npos" in summary(words)
    assert plain_lines(words) == ["  +1.000  a\\u202eb"]


def test_the_legend_says_what_the_colours_mean() -> None:
    text = "fine dull"
    assert (
        legend(explained(text, 1.25, -0.5)).plain == "██████ for pos (up to +1.25)   ██████ against pos (up to -0.50)"
    )
    assert legend(explained(text, 1.0, 0.5), ASCII).plain == "###### for pos (up to +1.00)   ###### against pos"
    assert {str(span.style) for span in legend(explained(text, 1.0, -0.5)).spans} == {*FOR, *AGAINST}
    assert legend(explained("")).plain == "██████ for pos   ██████ against pos"


def test_plain_lines_are_signed_and_largest_first_and_add_up() -> None:
    explanation = explained("not a good film", -1.5, 0.001, 0.75, -0.25)
    assert plain_lines(explanation) == ["  -1.500  not", "  +0.750  good", "  -0.250  film", "  +0.001  a"]
    assert plain_lines(explanation, most=2) == ["  -1.500  not", "  +0.750  good", "  -0.249  (2 more words)"]
    assert plain_lines(explanation, most=3)[3:] == ["  +0.001  (1 more word)"]
    assert plain_lines(explained("")) == []


def test_the_summary_gives_both_ends_and_the_error() -> None:
    assert summary(explained("fine dull", 1.25, -0.5)) == (
        "for pos: +1.250 with all words, +0.500 with none; the words add up to the difference +0.750 "
        "(off by 2e-16; by hand)"
    )


def test_a_pipe_gets_plain_lines() -> None:
    stream = io.StringIO()
    explanation = explained("a fine film", 0.1, 1.0, -0.2)
    write_reasons("a fine film", explanation, stream, most=1)
    assert stream.getvalue() == f"  +1.000  fine\n  -0.100  (2 more words)\n{summary(explanation)}\n"


def test_a_terminal_gets_the_strip(make_terminal: Callable[..., io.StringIO]) -> None:
    stream = make_terminal()
    text = "a [b]fine[/b]\x07 film"
    write_reasons(text, explained(text, 0.0, 1.0, -0.2, label="[red]pos"), stream)
    lines = [line.rstrip() for line in stream.screen]  # type: ignore[attr-defined]
    assert lines[0] == "a [b]fine[/b]\\x07 film"
    assert lines[1].startswith("██████ for [red]pos (up to +1.00)")
    assert "for [red]pos: +1.300 with all words" in " ".join(lines[2:])
    assert "\x1b[1;38;" in stream.raw  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colour_gets_plain_lines(
    make_terminal: Callable[..., io.StringIO], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    stream = make_terminal()
    assert shows_colour(stream)
    monkeypatch.setenv(name, value)
    write_reasons("fine", explained("fine", 1.0), stream)
    assert "\x1b" not in stream.raw  # type: ignore[attr-defined]
    assert stream.raw.startswith("  +1.000  fine\n")  # type: ignore[attr-defined]


def test_a_terminal_without_utf8_is_written_what_it_can_show(make_terminal: Callable[..., io.StringIO]) -> None:
    stream = make_terminal(encoding="ascii")
    write_reasons("naïve 猫", explained("naïve 猫", 1.0, -1.0, label="猫"), stream)
    assert stream.screen[0].rstrip() == "na\\xefve \\u732b"  # type: ignore[attr-defined]
    assert stream.screen[1].startswith("###### for \\u732b")  # type: ignore[attr-defined]
