"""Attention as a heat map: what stands where, in any width, with and without colour, and as a file."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from textrnn.errors import UserError
from textrnn.report.draw import ASCII, cells
from textrnn.report.heatmap import heatmap_lines, save_heatmap, write_heatmap

WEIGHTS = np.array([[0.9, 0.06, 0.04], [0.1, 0.2, 0.7]])
PLAIN = """\
         I love you
je       9    1   .
t'aime   1    2   7
a row for each unit written, a column for each unit read; digits are tenths of
the attention, 9 is all of it as well, a dot less than half a tenth"""


@pytest.fixture(autouse=True)
def fresh_styles() -> None:
    """Rich keeps the codes of a style for the terminal that it first met."""
    from rich.style import Style

    for cached in (Style.parse, Style._add):
        cached.cache_clear()


def lines_of(weights: object, sources: list[str], targets: list[str], width: int | None = 78) -> list[str]:
    return heatmap_lines(weights, sources, targets, width, False).split("\n")


def rgb_of(drawn: str) -> list[tuple[str, int]]:
    """The cells of a coloured map with the blue of what they stand on."""
    return [(text.strip(), int(blue)) for blue, text in re.findall(r"48;2;\d+;\d+;(\d+)m([^\x1b]*)\x1b", drawn)]


def test_without_colour_digits_stand_below_the_units_read() -> None:
    assert heatmap_lines(WEIGHTS, ["I", "love", "you"], ["je", "t'aime"], 78, False) == PLAIN


def test_with_colour_more_attention_is_more_colourful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    drawn = heatmap_lines(WEIGHTS, ["I", "love", "you"], ["je", "t'aime"], 78, True)
    found = rgb_of(drawn)
    assert [text for text, _ in found[:6]] == ["9", "1", ".", "1", "2", "7"]
    ordered = sorted(zip(WEIGHTS.reshape(-1), [blue for _, blue in found], strict=False))
    assert [blue for _, blue in ordered] == sorted({blue for _, blue in found[:6]})
    assert [text for text, _ in found[6:]] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    plain = re.sub(r"\x1b\[[\d;]*m", "", drawn).split("\n")
    assert [line.rstrip() for line in plain[:3]] == PLAIN.split("\n")[:3]


def test_a_terminal_of_256_colours_gets_those(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    # of a shade that no other test has: rich keeps the codes of a style for the terminal that it first met
    cell = heatmap_lines([[0.377]], ["I"], ["je"], 78, True).split("\n")[1]
    assert "48;5;" in cell and "48;2;" not in cell


@pytest.mark.parametrize("width", [20, 33, 80])
def test_what_is_too_wide_goes_on_below_and_says_which_units(width: int) -> None:
    sources = [chr(ord("a") + place % 26) for place in range(60)]
    weights = np.full((4, 60), 1 / 60)
    weights[:, 59] = 0.5
    lines = lines_of(weights, sources, ["un", "deux", "trois", "quatre"], width)
    assert max(map(cells, lines)) <= width
    spans = [tuple(map(int, found)) for found in re.findall(r"units\s(\d+)\sto\s(\d+)\sof\s(\d+)", "\n".join(lines))]
    assert spans[0][0] == 1 and spans[-1][1] == spans[-1][2] == 60
    assert all(one[1] + 1 == other[0] for one, other in pairwise(spans))
    heads = [line for line in lines if re.fullmatch(r"( +[a-z])+", line)]
    assert "".join(heads).split() == sources
    assert sum(line.count("5") for line in lines if line.startswith(("un", "deux", "trois", "quatre"))) == 4


def test_what_could_steer_a_terminal_and_what_cannot_be_seen_is_spelled_out() -> None:
    lines = lines_of(np.full((2, 3), 0.3), ["\x1b[2J", " ", "\t"], ["\n", "\u202e"])
    assert "\x1b" not in "".join(lines) and "\u202e" not in "".join(lines)
    assert lines[0].split() == ["\\x1b[2J", "␣", "\\t"] and lines[1].startswith("\\n ")
    drawn = heatmap_lines([[1.0]], [" "], ["a b"], 78, False, ASCII)
    assert drawn.split("\n")[:2] == ["      _", "a_b   9"]


def test_wide_and_long_units_keep_the_columns_in_line() -> None:
    lines = lines_of(np.eye(3), ["猫", "が", "x" * 40], ["Katze", "魚", "y" * 40])
    assert all(cells(line) == cells(lines[0]) for line in lines[1:4])
    assert "x" * 15 + "…" in lines[0] and "x" * 16 not in lines[0]
    # the digit of the diagonal ends where its unit ends
    for row, unit in enumerate(["猫", "が", "…"], 1):
        at = lines[row].index("9")
        assert cells(lines[row][: at + 1]) == cells(lines[0][: lines[0].index(unit) + 1])


def test_it_is_written_plainly_into_a_pipe_in_what_its_encoding_has() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="\n")
    write_heatmap(np.full((1, 40), 0.025), ["é ", *"b" * 39], ["ü"], stream)
    stream.seek(0)
    first, second, *_ = stream.read().split("\n")
    assert first.split() == ["\\xe9_", *"b" * 39] and second.split() == ["\\xfc", *"." * 40]


def test_as_a_file_the_shades_stand_at_their_places(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    weights = np.zeros((2, 4))
    weights[0, 3] = weights[1, 0] = 1.0
    save_heatmap(tmp_path / "map.png", weights, ["a", "$x$", "猫", "\x1b"], ["un", "deux"])
    pixels = imread(tmp_path / "map.png")[..., :3]
    rows, columns = np.nonzero(pixels[..., 2] - pixels[..., 0] > 0.3)
    # from left to right: what is read first, what is read last, the colour bar
    ends = np.flatnonzero(np.diff(np.unique(columns)) > 1)
    first_ends, last_ends = np.unique(columns)[ends][:2]
    first, last = rows[columns <= first_ends], rows[(columns > first_ends) & (columns <= last_ends)]
    assert first.min() > last.max() and abs(np.ptp(first) - np.ptp(last)) <= 1


def test_a_very_large_map_is_no_larger_than_a_picture_may_be(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    save_heatmap(tmp_path / "map.png", np.zeros((300, 3)), ["a", "b", "c"], ["x"] * 300)
    height, width, _ = imread(tmp_path / "map.png").shape
    assert height == 4000 and width < 500


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UserError, match=r'needs the matplotlib package: pip install "textrnn\[plots\]"'):
        save_heatmap(tmp_path / "map.png", [[1.0]], ["a"], ["b"])
    assert not (tmp_path / "map.png").exists()
