"""The page about the run folder names every array that a network of any kind has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from textrnn.config.classifier import ClassifierSettings
from textrnn.config.forecaster import ForecasterSettings
from textrnn.config.model import LanguageModelSettings
from textrnn.config.seq2seq import Seq2SeqSettings
from textrnn.config.tagger import TaggerSettings
from textrnn.networks.classifier import classifier_shapes
from textrnn.networks.forecaster import forecaster_shapes
from textrnn.networks.language_model import parameter_shapes
from textrnn.networks.seq2seq import seq2seq_shapes
from textrnn.networks.tagger import tagger_shapes

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "run-folder.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([a-z_.N0-9]+)`", PAGE))
PARTS = tuple(name.removesuffix("...") + "." for name in NAMED if re.fullmatch(r"[a-z]+\.\.\.", name))
WHOLE = {"head_size": 5, "layer_norm": True}
KINDS = {
    "language model": parameter_shapes(LanguageModelSettings(**WHOLE, hierarchy="lines"), 9, num_conditions=2),
    "classifier": classifier_shapes(ClassifierSettings(**WHOLE, pooling="max+attention", hierarchy="lines"), 9, 3),
    "tagger": tagger_shapes(TaggerSettings(**WHOLE), 9, 3),
    "encoder-decoder": seq2seq_shapes(Seq2SeqSettings(**WHOLE, attention="additive"), 9, 8),
    "forecaster": forecaster_shapes(ForecasterSettings(**WHOLE), 4, 2),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_array_is_named(kind: str) -> None:
    assert {"slow.", "encoder.", "decoder."} == set(PARTS)
    for name in KINDS[kind]:
        plain = re.sub(r"layers\.\d", "layers.N", name)
        # of a part, what stands in the whole
        part = next((part for part in PARTS if plain.startswith(part) and plain not in NAMED), "")
        assert plain.removeprefix(part) in NAMED, name
