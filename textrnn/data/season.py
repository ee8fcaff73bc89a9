"""How long a season is: the lag at which a series is most like itself.

In: numbers by time. Out: a number of steps, 1 where there is no season. Knows no files.
Shapes: N points, C columns.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

# seasons that the series must hold, and the longest one that is looked for
FEWEST_SEASONS, LONGEST_SEASON = 3, 1000
# an autocorrelation below this is no season, nor one that chance may well give
_LEAST, _STANDARD_ERRORS = 0.3, 2.5
# a shorter lag that does nearly as well is the season, and the longer one a multiple of it
_NEARLY = 0.9


def autocorrelation(values: Values, longest: int) -> Values:
    """Return the autocorrelation at lags 0 to `longest` of the changes of one series (N,), without their own trend.

    Changes, because a trend would make every lag look alike; each lag's sum is divided by how many products it has.
    """
    changes = np.diff(values)
    time = np.arange(len(changes)) - (len(changes) - 1) / 2
    changes = changes - changes.mean()
    changes = changes - time * (time @ changes) / max(1.0, time @ time)
    power = np.abs(np.fft.rfft(changes, 2 * len(changes))) ** 2
    products = np.fft.irfft(power)[: longest + 1] / (len(changes) - np.arange(longest + 1))
    scale = np.abs(values).max()
    # what rounding leaves of a straight line is no season
    return products / products[0] if products[0] > (1e-9 * scale) ** 2 else np.zeros_like(products)


def find_season(values: Values) -> int:
    """Return the season of series (N, C), by the mean of their autocorrelations; 1 where they have none."""
    longest = min((len(values) - 1) // FEWEST_SEASONS, LONGEST_SEASON)
    if longest < 2:
        return 1
    found = np.mean([autocorrelation(column, longest + 1) for column in values.T], axis=0)
    lags = np.arange(2, longest + 1)
    peaks = lags[(found[lags] > found[lags - 1]) & (found[lags] >= found[lags + 1])]
    if not len(peaks):
        return 1
    best = found[peaks].max()
    if best < max(_LEAST, _STANDARD_ERRORS / np.sqrt(len(values))):
        return 1
    return int(peaks[found[peaks] >= _NEARLY * best][0])
