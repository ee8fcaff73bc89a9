"""A forecast as a picture in a file: the end of the history, the forecast and the band about it.

In: the series, what was forecast, the name of a file. Out: the file. Needs the extra `plots`.
"""

from __future__ import annotations

from pathlib import Path

from textrnn.errors import WorldError
from textrnn.report.forecast import Ahead, History, history_shown
from textrnn.report.plots import PNG
from textrnn.text.display import printable

_WIDE, _HIGH, _DPI = 9.0, 3.6, 120
_HISTORY, _FORECAST = "#333333", "#1a72e8"
# what a picture of a forecast may end in
ENDINGS = (PNG, ".svg", ".pdf")


def save_png(path: Path, series: History, found: Ahead, *, season: int) -> None:
    """Draw the columns one below the other."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(found.columns)
    figure = Figure(figsize=(_WIDE, _HIGH * count), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    shown = history_shown(len(series.values), len(found.values), season)
    steps = range(1, len(found.values) + 1)
    for place, name in enumerate(found.columns):
        axes = figure.add_subplot(count, 1, place + 1)
        history = series.values[-shown:, place]
        axes.plot(range(1 - shown, 1), history, color=_HISTORY, label="history")
        # from the last known value on, so that the line does not break
        ahead = [history[-1], *found.values[:, place]]
        axes.plot(range(len(ahead)), ahead, color=_FORECAST, label="forecast", marker=".", markevery=slice(1, None))
        if found.low is not None:
            label = f"where {found.level:.0%} of held-out values lay"
            low, high = found.low[:, place], found.high[:, place]
            axes.fill_between(steps, low, high, color=_FORECAST, alpha=0.2, linewidth=0, label=label)
        # a name may hold what matplotlib reads as mathematics
        axes.set_title(printable(name).replace("$", r"\$"), loc="left")
        axes.set_xlabel("steps from the last known value")
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper left")
    try:
        figure.savefig(path)
    except OSError as error:
        raise WorldError(
            f"the picture could not be written ({error.strerror or error})", which=printable(path)
        ) from None
