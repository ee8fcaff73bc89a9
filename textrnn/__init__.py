"""Recurrent networks on text: train with PyTorch, run with NumPy.

The public names are fetched from their homes when they are first asked for, so that `import textrnn` costs nothing
and running a model imports no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textrnn.errors import TextrnnError, UserError, WorldError
    from textrnn.inference.classifier import TextClassifier
    from textrnn.inference.language_model import LanguageModel
    from textrnn.inference.load import load
    from textrnn.inference.tagger import Tagger
    from textrnn.training.api import train_classifier, train_lm, train_tagger

__version__ = "0.1.0"

__all__ = [
    "LanguageModel",
    "Tagger",
    "TextClassifier",
    "TextrnnError",
    "UserError",
    "WorldError",
    "__version__",
    "load",
    "train_classifier",
    "train_lm",
    "train_tagger",
]

_HOMES = {
    "LanguageModel": "textrnn.inference.language_model",
    "Tagger": "textrnn.inference.tagger",
    "TextClassifier": "textrnn.inference.classifier",
    "TextrnnError": "textrnn.errors",
    "UserError": "textrnn.errors",
    "WorldError": "textrnn.errors",
    "load": "textrnn.inference.load",
    "train_classifier": "textrnn.training.api",
    "train_lm": "textrnn.training.api",
    "train_tagger": "textrnn.training.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'textrnn' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
