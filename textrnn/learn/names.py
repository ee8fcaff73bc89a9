"""The names of the lessons, in the order of the walk: what the command line answers for before it imports NumPy."""

from __future__ import annotations

NAMES = (
    "cell",
    "memory",
    "feed-forward",
    "unfolding",
    "vanishing",
    "clipping",
    "truncated",
    "teacher-forcing",
    "shapes",
    "gradient-check",
)
