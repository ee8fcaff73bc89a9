"""What a run says of its making: the role config, and the signature of its figures."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

import textrnn
from textrnn.config.settings import Settings
from textrnn.metrics.signature import short_sha, signature


def run_config(
    settings: Settings,
    data: Mapping[str, Any],
    *,
    plan: Mapping[str, Any],
    validation: Mapping[str, Any] | None,
    command: str | None,
) -> dict[str, Any]:
    """Return the role config of a run: all settings, the facts of its data, versions, what the planner chose."""
    from importlib.metadata import version

    return {
        "settings": settings.model_dump(mode="json"),
        "data": dict(data),
        "plan": dict(plan),
        "validation": None if validation is None else dict(validation),
        "command": command,
        "versions": {
            "textrnn": textrnn.__version__,
            "python": platform.python_version(),
            **{package: version(package) for package in ("torch", "numpy")},
        },
    }


def figures_signature(data_sha256: str, **conditions: object) -> str:
    """Return the conditions that travel with a figure of a run."""
    return signature(data=short_sha(data_sha256), **conditions, textrnn=textrnn.__version__)
