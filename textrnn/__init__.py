"""Recurrent networks on text: train with PyTorch, run with NumPy.

The public names are fetched from their homes when they are first asked for, so that `import textrnn` costs nothing
and running a model imports no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textrnn.errors import TextrnnError, UserError, WorldError
    from textrnn.inference.classifier.model import TextClassifier
    from textrnn.inference.forecaster.model import Forecaster
    from textrnn.inference.language_model.model import LanguageModel
    from textrnn.inference.load import load
    from textrnn.inference.seq2seq.model import Translator
    from textrnn.inference.tagger.model import Tagger
    from textrnn.training.classifier.api import train_classifier
    from textrnn.training.forecaster.api import train_forecaster
    from textrnn.training.language_model.api import train_lm
    from textrnn.training.seq2seq.api import train_seq2seq
    from textrnn.training.tagger.api import train_tagger

__version__ = "0.1.0"

__all__ = [
    "Forecaster",
    "LanguageModel",
    "Tagger",
    "TextClassifier",
    "TextrnnError",
    "Translator",
    "UserError",
    "WorldError",
    "__version__",
    "load",
    "train_classifier",
    "train_forecaster",
    "train_lm",
    "train_seq2seq",
    "train_tagger",
]

_HOMES = {
    "Forecaster": "textrnn.inference.forecaster.model",
    "LanguageModel": "textrnn.inference.language_model.model",
    "Tagger": "textrnn.inference.tagger.model",
    "TextClassifier": "textrnn.inference.classifier.model",
    "TextrnnError": "textrnn.errors",
    "Translator": "textrnn.inference.seq2seq.model",
    "UserError": "textrnn.errors",
    "WorldError": "textrnn.errors",
    "load": "textrnn.inference.load",
    "train_classifier": "textrnn.training.classifier.api",
    "train_forecaster": "textrnn.training.forecaster.api",
    "train_lm": "textrnn.training.language_model.api",
    "train_seq2seq": "textrnn.training.seq2seq.api",
    "train_tagger": "textrnn.training.tagger.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'textrnn' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
