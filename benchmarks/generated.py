"""Generated series: trend, season and noise, added or multiplied; walks; waves. Each from a seed, with its season.

In: a name and a seed. Out: values. On these, and on no real series, the defaults of the forecaster were chosen.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Make = Callable[[np.random.Generator, int], Values]


def _season(rng: np.random.Generator, points: int, season: int) -> Values:
    own = rng.normal(size=season)
    found: Values = (own - own.mean())[np.arange(points) % season]
    return found


def additive(rng: np.random.Generator, points: int) -> Values:
    """A straight trend, a season of 12 and noise."""
    trend = 50 + rng.uniform(-0.5, 0.5) * np.arange(points)
    return trend + 10 * _season(rng, points, 12) + rng.uniform(1, 5) * rng.normal(size=points)


def multiplicative(rng: np.random.Generator, points: int) -> Values:
    """A growth by a constant factor, a season of 12 that grows with it, and noise that does."""
    growth = rng.uniform(0.003, 0.012) * np.arange(points)
    noise = rng.uniform(0.02, 0.08) * rng.normal(size=points)
    return np.exp(4.5 + growth + 0.15 * _season(rng, points, 12) + noise)


def growing_walk(rng: np.random.Generator, points: int) -> Values:
    """A level that wanders upwards by factors, with a season of 12."""
    level = np.cumsum(0.006 + 0.03 * rng.normal(size=points))
    return np.exp(4.5 + level + 0.15 * _season(rng, points, 12) + 0.03 * rng.normal(size=points))


def seasonal_walk(rng: np.random.Generator, points: int) -> Values:
    """A level that wanders, with a season of 12."""
    level = np.cumsum(1.5 * rng.normal(size=points))
    return 100 + level + 8 * _season(rng, points, 12) + 1.5 * rng.normal(size=points)


def quarters(rng: np.random.Generator, points: int) -> Values:
    """A straight trend and a season of 4."""
    return 200 + 1.2 * np.arange(points) + 15 * _season(rng, points, 4) + 4 * rng.normal(size=points)


def walk(rng: np.random.Generator, points: int) -> Values:
    """A random walk, of which nothing forecasts better than its last value."""
    return 100 + np.cumsum(rng.normal(size=points))


def drifting_walk(rng: np.random.Generator, points: int) -> Values:
    """A random walk with a drift."""
    return 100 + np.cumsum(0.5 + rng.normal(size=points))


def wave(rng: np.random.Generator, points: int) -> Values:
    """A sine of any period from 9 to 25, with a little noise."""
    turns = np.arange(points) / rng.integers(9, 26) + rng.uniform()
    return 10 + rng.uniform(1, 5) * np.sin(2 * np.pi * turns) + 0.3 * rng.normal(size=points)


def autoregressive(rng: np.random.Generator, points: int) -> Values:
    """A damped swing that noise keeps going."""
    values = np.zeros(points)
    for place in range(2, points):
        values[place] = 1.4 * values[place - 1] - 0.6 * values[place - 2] + rng.normal()
    return 20 + values


def threshold(rng: np.random.Generator, points: int) -> Values:
    """A swing that is no straight line: it rises slowly and falls fast, when a limit is reached."""
    values, level = np.zeros(points), 0.0
    for place in range(points):
        level = level + rng.uniform(0.5, 1.5) if level < 8 else 0.0
        values[place] = level
    return 10 + values + 0.2 * rng.normal(size=points)


def noise(rng: np.random.Generator, points: int) -> Values:
    """Noise about a mean."""
    return 10 + rng.normal(size=points)


KINDS: dict[str, Make] = {
    "additive": additive, "multiplicative": multiplicative, "growing walk": growing_walk,
    "seasonal walk": seasonal_walk, "quarters": quarters, "walk": walk, "drifting walk": drifting_walk, "wave": wave,
    "autoregressive": autoregressive, "threshold": threshold, "noise": noise,
}  # fmt: skip


def generated(kind: str, seed: int, points: int) -> Values:
    """Return a series of a kind."""
    return KINDS[kind](np.random.default_rng([seed, list(KINDS).index(kind)]), points)
