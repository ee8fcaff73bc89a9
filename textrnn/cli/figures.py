"""The figures of a JSON result as rows of text: the same facts for people."""

from __future__ import annotations

from typing import Any


def figure_rows(figures: dict[str, Any], indent: str = "") -> list[tuple[str, str]]:
    """Return figures as name and text, those inside another indented below it."""
    shown: list[tuple[str, str]] = []
    for name, value in figures.items():
        label = indent + name.replace("_per_", "/").replace("_", " ")
        if isinstance(value, dict):
            shown += [(label, ""), *figure_rows(value, indent + "  ")]
        elif name == "perplexity" and value is None:
            # undefined only where it is too large for a number
            shown.append((label, ">1e300"))
        elif value is not None:
            shown.append((label, _number(value)))
    return shown


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 1e9 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
