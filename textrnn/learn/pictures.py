"""The pictures of the lessons as files: `python -m textrnn.learn.pictures docs/learn`.

A lesson is told on a page that draws with matplotlib what the terminal shows in characters, and writes no words: so the
pictures of the documentation are made by the lessons themselves. Needs the extra `plots`.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from textrnn.inference.language_model.model import LanguageModel
from textrnn.learn.drawing import Cell, number
from textrnn.learn.lesson import Lesson
from textrnn.learn.page import Page
from textrnn.report.draw import cells
from textrnn.report.plots import draw_heat, new_axes, save

_COLOURS = ("#1a72e8", "#d95f02", "#1b8a5a", "#8e44ad", "#7f7f7f")
_POSITIVE, _NEGATIVE = _COLOURS[:2]


class PicturePage(Page):
    """A page that keeps the pictures of a lesson as PNG files `NAME-1.png`, `NAME-2.png`, … in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(io.StringIO())
        self._folder, self._name = folder, name
        self.files: list[Path] = []

    def bars(self, values: Mapping[str, float], *, title: str = "", top: float | None = None) -> None:
        figure, axes = new_axes(title, 0.9 + 0.3 * len(values))
        bars = axes.barh(
            list(values), list(values.values()), color=[_NEGATIVE if v < 0 else _POSITIVE for v in values.values()]
        )
        axes.bar_label(bars, [number(value) for value in values.values()], padding=4)
        axes.invert_yaxis()
        if top is not None:
            axes.set_xlim(0, 1.12 * top)
        else:
            axes.margins(x=0.12)
        self._save(figure)

    def sparklines(self, series: Mapping[str, Sequence[float]], *, title: str = "") -> None:
        figure, axes = new_axes(title, 3.0)
        for (name, values), colour in zip(series.items(), _many_colours(len(series)), strict=True):
            axes.plot(_even(len(values)), values, color=colour, label=name)
        axes.set_xticks([])
        axes.legend(frameon=False)
        self._save(figure)

    def curves(
        self, series: Mapping[str, Sequence[float]], *, across: Sequence[Cell], title: str = "", height: int = 10,
        is_log: bool = False,
    ) -> None:  # fmt: skip
        figure, axes = new_axes(title, 3.2)
        for (name, values), colour in zip(series.items(), _many_colours(len(series)), strict=True):
            axes.plot(
                _even(len(values)), values, color=colour, label=name, marker="o" if len(values) < 25 else None, ms=3
            )
        if is_log:
            axes.set_yscale("log")
        axes.set_xticks([0, 1], [number(across[0]), number(across[-1])])
        if len(series) > 1:
            axes.legend(frameon=False)
        self._save(figure)

    def heat(
        self, columns: Sequence[str], rows: Mapping[str, Sequence[float]], *, title: str = "", limit: float = 1.0
    ) -> None:
        figure, axes = new_axes(title, 1.0 + 0.3 * len(rows))
        image = draw_heat(axes, columns, list(rows), [list(values) for values in rows.values()], limit=limit)
        if max(map(cells, columns), default=0) * len(columns) > 60:
            axes.tick_params(axis="x", rotation=90)
        figure.colorbar(image)
        self._save(figure)

    def _save(self, figure: Any) -> None:
        path = self._folder / f"{self._name}-{len(self.files) + 1}.png"
        save(figure, path)
        self.files.append(path)


def make_pictures(lesson: Lesson, folder: Path, model: LanguageModel | None) -> list[Path]:
    """Tell a lesson for its pictures alone, and return their files."""
    page = PicturePage(folder, lesson.name)
    lesson.tell(page, model if lesson.uses_model else None)
    return page.files


def _many_colours(count: int) -> list[str]:
    return [_COLOURS[place % len(_COLOURS)] for place in range(count)]


def _even(count: int) -> list[float]:
    return [place / max(1, count - 1) for place in range(count)]


def main(arguments: Sequence[str]) -> None:
    """Make the pictures of all lessons, or of those named behind the folder, with the model that ships."""
    from textrnn.inference.load import load
    from textrnn.learn.table import LESSONS

    folder, names = Path(arguments[0] if arguments else "docs/learn"), arguments[1:]
    model = load("shakespeare")
    assert isinstance(model, LanguageModel)
    for lesson in LESSONS:
        if not names or lesson.name in names:
            for path in make_pictures(lesson, folder, model):
                print(f"{path}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
