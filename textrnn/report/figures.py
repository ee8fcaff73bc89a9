"""Numbers as people read them: durations, counts, rates, losses.

In go numbers, out come short texts; None and what is not finite become a dash. Where they are drawn is not known here.
"""

from __future__ import annotations

import math

UNDEFINED = "-"


def duration(seconds: float | None) -> str:
    """Return 7 as `0:07`, 83 as `1:23`, 3723 as `1:02:03`."""
    if seconds is None or not math.isfinite(seconds):
        return UNDEFINED
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rate(per_second: float | None) -> str:
    """Return a rate to three digits, `41,200`: more would only flicker."""
    if per_second is None or not math.isfinite(per_second):
        return UNDEFINED
    digits = 2 - math.floor(math.log10(abs(per_second))) if per_second else 0
    return f"{round(per_second, digits):,.{max(0, digits)}f}"


def loss(nats: float | None) -> str:
    """Return nats or bits to three digits after the point."""
    return UNDEFINED if nats is None or not math.isfinite(nats) else f"{nats:.3f}"


def norm(value: float | None) -> str:
    """Return the norm of a gradient, two digits after the point where that says something."""
    if value is None or not math.isfinite(value):
        return UNDEFINED
    return f"{value:.2f}" if 0.01 <= abs(value) < 1000 or value == 0 else f"{value:.1e}"


def small(value: float | None) -> str:
    """Return a learning rate to three digits."""
    return UNDEFINED if value is None or not math.isfinite(value) else f"{value:.3g}"


def percent(fraction: float) -> str:
    """Return a share as whole percent, never 100 before the end."""
    return f"{math.floor(min(max(fraction, 0.0), 1.0) * 100 + 1e-9)} %"
