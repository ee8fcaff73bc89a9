from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.errors import UserError
from textrnn.networks.language_model import initial_parameters
from textrnn.networks.parameters import named_arrays
from textrnn.training import memory as memory_module
from textrnn.training.memory import check_memory, number_of_weights, total_memory


def test_the_number_of_weights_is_that_of_the_arrays() -> None:
    settings = TrainLanguageModelSettings(hidden_size=6, num_layers=2, layer_norm=True, head_size=3)
    arrays = named_arrays(initial_parameters(settings, 11, np.random.default_rng(0)))
    assert number_of_weights(settings, 11) == sum(array.size for array in arrays.values())


@pytest.mark.parametrize(
    "too_large",
    [{"hidden_size": 65536}, {"num_layers": 64, "hidden_size": 4096}, {"seq_length": 2**20, "batch_size": 2**10}],
    ids=str,
)
def test_more_than_the_machine_has_is_refused(too_large: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "total_memory", lambda: 16 * 2**30)
    with pytest.raises(UserError, match=r"GiB of memory, this machine has 16: lower --hidden-size"):
        check_memory(TrainLanguageModelSettings(**too_large), 65)


def test_what_fits_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    check_memory(TrainLanguageModelSettings(), 65)
    monkeypatch.setattr(memory_module, "total_memory", lambda: 2**30)
    check_memory(TrainLanguageModelSettings(hidden_size=1024, num_layers=2), 65)
    monkeypatch.setattr(memory_module, "total_memory", lambda: None)
    check_memory(TrainLanguageModelSettings(hidden_size=65536), 65)


def test_the_machine_says_how_much_it_has() -> None:
    there = total_memory()
    assert there is None or there > 2**27


def test_nothing_is_allocated_before_the_refusal(make_training: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a budget too, where trial steps come first."""
    monkeypatch.setattr(memory_module, "total_memory", lambda: 16 * 2**30)

    def never(*_: Any) -> None:
        raise AssertionError("allocated")

    monkeypatch.setattr("textrnn.training.language_model.preparation.initial_parameters", never)
    for end in ({"steps": 5}, {"steps": None, "budget": 60}):
        with pytest.raises(UserError, match="needs about"):
            make_training("some text " * 300, hidden_size=65536, **end)
