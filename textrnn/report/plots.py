"""Pictures as PNG files: axes to draw on, heat maps, and the file itself. Needs the extra `plots`.

In go numbers with names, out comes a file. What the numbers mean is not known here.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from textrnn.errors import UserError
from textrnn.text.display import printable

WIDTH = 7.0
PNG = ".png"
_DPI = 100
# what matplotlib's own lack these may have: a font for letters of all scripts is not to be had everywhere
_FONTS = ("Noto Sans Mono CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "Noto Sans", "Unifont")


def check_picture(path: Path, *, endings: Sequence[str] = (PNG,)) -> None:
    """Refuse a picture that could not be written, before anything is worked out. endings: of names, the usual first."""
    if find_spec("matplotlib") is None:
        raise UserError("matplotlib is not installed", which="--png", mend='pip install "textrnn[plots]"')
    which = f"--png {printable(path)}"
    if path.suffix.lower() not in endings:
        raise UserError("no name of a picture", which=which, mend=f"end it in {endings[0]}")
    if not path.parent.is_dir():
        raise UserError("there is no such folder", which=which, mend="make it first")
    if path.is_dir():
        raise UserError("there is a folder of this name", which=which, mend="give another name")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UserError("no permission to write there", which=which, mend="give a place that you may write to")


def new_axes(title: str, height: float, *, width: float = WIDTH) -> tuple[Any, Any]:
    """Return a figure of so many inches and axes to draw on. Raises UserError without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise UserError("a picture needs the matplotlib package", mend='pip install "textrnn[plots]"') from None

    # not pyplot: that keeps figures, and asks for a screen
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, loc="left", fontsize=10)
    return figure, axes


def draw_heat(axes: Any, columns: Sequence[str], rows: Sequence[str], values: Any, *, limit: float = 1.0) -> Any:
    """Draw rows of numbers from -limit to limit as shades, and return the image for its colour bar."""
    is_signed = any(value < 0 for row in values for value in row)
    image = axes.imshow(
        values, aspect="auto", cmap="PuOr_r" if is_signed else "Blues", vmin=-limit if is_signed else 0, vmax=limit
    )
    # a dollar sign would begin a formula
    axes.set_xticks(range(len(columns)), columns, family=_families("DejaVu Sans Mono"), parse_math=False)
    axes.set_yticks(range(len(rows)), rows, family=_families("DejaVu Sans"), parse_math=False)
    return image


def save(figure: Any, path: str | os.PathLike[str]) -> None:
    """Write the figure as PNG. A letter that no font has is drawn as a box."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        # the name of the program that made it would make a new file of every version
        figure.savefig(path, dpi=_DPI, format="png", metadata={"Software": None})


def _families(first: str) -> list[str]:
    from matplotlib.font_manager import get_font_names

    known = {*get_font_names()}
    return [first, *(font for font in _FONTS if font in known)]
