"""Starting from another model's weights: shared symbols keep their rows, new ones get fresh rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.errors import UserError
from textrnn.inference.language_model.model import LanguageModel
from textrnn.networks.language_model import initial_parameters
from textrnn.networks.parameters import named_arrays
from textrnn.runs.folder import open_run
from textrnn.text.corpus import corpus_from_text
from textrnn.text.tokenizer import Tokenizer, fit_tokenizer
from textrnn.training.warm_start import BY_SYMBOL, settings_from, warm_parameters

Make = Callable[..., LanguageModel]


def fitted(text: str) -> Tokenizer:
    corpus = corpus_from_text(text)
    return fit_tokenizer("char", corpus.part(0, corpus.characters))


@pytest.mark.parametrize("wiring", [{}, {"tied": True}, {"head_size": 5, "layer_norm": True, "num_layers": 2}], ids=str)
def test_shared_rows_are_copied_and_new_ones_are_fresh(make_model: Make, wiring: dict[str, Any]) -> None:
    donor = make_model("aaabbc", **wiring)
    # other counts, so that the same symbols have other ids
    tokenizer = fitted("ccccxxxbbyya")
    fresh = initial_parameters(donor.settings, len(tokenizer.symbols), np.random.default_rng(9))
    warm = named_arrays(warm_parameters(fresh, tokenizer, donor))
    learned = named_arrays(donor.engine.parameters)
    assert warm.keys() == learned.keys()
    for name, array in warm.items():
        if name not in BY_SYMBOL:
            assert np.array_equal(array, learned[name]), name
            continue
        for id, symbol in enumerate(tokenizer.symbols):
            if symbol in ("x", "y"):
                assert np.array_equal(array[id], named_arrays(fresh)[name][id])
            else:
                assert np.array_equal(array[id], learned[name][donor.tokenizer.symbols.index(symbol)])
    assert donor.tokenizer.symbols.index("c") != tokenizer.symbols.index("c")


def test_the_same_symbols_make_the_same_model(make_model: Make) -> None:
    donor = make_model("aaabbc")
    fresh = initial_parameters(donor.settings, 5, np.random.default_rng(9))
    warm = warm_parameters(fresh, donor.tokenizer, donor)
    for array, learned in zip(named_arrays(warm).values(), named_arrays(donor.engine.parameters).values(), strict=True):
        assert np.array_equal(array, learned)


def test_the_network_is_the_donors(make_model: Make) -> None:
    donor = make_model(cell="gru", num_layers=2, hidden_size=10, layer_norm=True, head_size=4)
    settings = settings_from(donor, TrainLanguageModelSettings(steps=5, dropout=0.1))
    for name in ("cell", "num_layers", "hidden_size", "embed_size", "layer_norm", "head_size", "tokenizer"):
        assert getattr(settings, name) == getattr(donor.settings, name)
    assert (settings.steps, settings.dropout) == (5, 0.1)
    # what was decided by the donor is not for the planner to choose
    assert "hidden_size" in settings.model_fields_set


def test_a_network_that_was_given_and_differs_is_refused(make_model: Make) -> None:
    donor = make_model(cell="gru", hidden_size=10)
    with pytest.raises(UserError) as caught:
        settings_from(donor, TrainLanguageModelSettings(cell="lstm", hidden_size=10, num_layers=3))
    for part in ("'lstm' where tiny has 'gru' in --cell", "3 where tiny has 1 in --num-layers", "--init-from"):
        assert part in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_training_goes_on_from_the_donors_weights_on_new_text(trained: Any, tmp_path: Path) -> None:
    text = "the quick brown fox jumps over the lazy dog.\n"
    learn: dict[str, Any] = {"hidden_size": 32, "optimizer": "muon", "lr": 0.05, "batch_size": 8, "seq_length": 32}
    trained(text * 60, folder=tmp_path / "donor", steps=80, **learn)
    changed = text.replace("dog", "élan") * 60
    network = {"hidden_size": None, "embed_size": None}
    warm = trained(changed, init_from=open_run(tmp_path / "donor"), **{**learn, **network, "steps": 5, "lr": 0.005})
    cold = trained(changed, **learn, steps=5)
    assert "é" in warm.data.tokenizer.symbols
    assert warm.settings.hidden_size == 32
    gain = cold.result()["validation"]["nats_per_unit"] - warm.result()["validation"]["nats_per_unit"]
    assert gain > 1.0
    assert warm.result()["steps"] == 5
