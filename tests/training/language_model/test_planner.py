"""The planner as a pure function of time, corpus and speed; the speed here is that of a machine on paper."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.training.language_model import planner as planner_module
from textrnn.training.language_model.planner import SIZES, Plan, dropout_for, measured_speed, plan, weights_in_products

FLOPS = 50e9
CORPUS = 1_000_000


def speed(settings: TrainLanguageModelSettings) -> float:
    """Units per second of a machine whose time goes into products, and a little into each step of the loop."""
    weights = weights_in_products(settings, 65)
    return 1 / (6 * weights / FLOPS + 5e-6)


def planned(training_s: float = 180.0, train_units: int = CORPUS, vocabulary_size: int = 65, **given: Any) -> Plan:
    return plan(
        TrainLanguageModelSettings.check({"budget": 180, **given}), training_s=training_s, train_units=train_units,
        vocabulary_size=vocabulary_size, speed_of=speed,
    )  # fmt: skip


def weights(made: Plan, vocabulary_size: int = 65) -> int:
    return weights_in_products(made.settings, vocabulary_size)


@pytest.mark.parametrize(
    "given",
    [
        {"hidden_size": 77}, {"seq_length": 33}, {"batch_size": 5}, {"optimizer": "adam"}, {"dropout": 0.33},
        {"num_layers": 3}, {"embed_size": 10}, {"cell": "gru"}, {"lr": 0.5}, {"head_size": 9}, {"layer_norm": True},
        {"hidden_size": 77, "seq_length": 33, "batch_size": 5, "optimizer": "sgd", "dropout": 0.0},
    ],
    ids=str,
)  # fmt: skip
def test_what_was_given_is_never_changed_nor_called_chosen(given: dict[str, Any]) -> None:
    for training_s in (1.0, 180.0, 36_000.0):
        made = planned(training_s, **given)
        assert {name: getattr(made.settings, name) for name in given} == given
        assert not set(made.chosen) & set(given)


def test_what_was_chosen_is_told_and_decided() -> None:
    made = planned()
    assert set(made.chosen) == {"optimizer", "seq_length", "batch_size", "hidden_size", "dropout"}
    assert {name: getattr(made.settings, name) for name in made.chosen} == made.chosen
    assert made.settings.budget == 180


def test_expectations_are_those_of_the_speed() -> None:
    made = planned()
    assert made.units_per_second == pytest.approx(speed(made.settings), rel=0.5)
    assert made.epochs == pytest.approx(made.units_per_second * 180 / CORPUS)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_more_time_never_makes_a_smaller_network(cell: str, num_layers: int) -> None:
    sizes = [weights(planned(2.0**power, cell=cell, num_layers=num_layers)) for power in range(-2, 16)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] / 20


def test_a_larger_corpus_never_makes_a_smaller_network_and_a_small_one_makes_a_small_one() -> None:
    sizes = [planned(3600.0, 1000 * 2**power).settings.hidden_size for power in range(14)]
    assert sizes == sorted(sizes)
    assert sizes[0] == SIZES[0]
    for train_units in (2_000, 50_000, 200_000, CORPUS):
        most = max(1.2 * train_units, min(8 * train_units, 700_000))
        assert most / 3 < weights(planned(36_000.0, train_units)) <= most


def test_no_time_at_all_makes_the_smallest_network() -> None:
    for training_s in (-5.0, 0.0, 1e-9):
        made = planned(training_s)
        assert made.settings.hidden_size == SIZES[0]
        assert made.settings.dropout == 0


def test_batches_fit_small_corpora() -> None:
    for train_units in (900, 1000, 2000, 10_000, 50_000, CORPUS):
        settings = planned(train_units=train_units).settings
        assert settings.batch_size * settings.seq_length * 4 <= train_units
        assert settings.seq_length >= 8
    # short windows rather than a single row
    assert planned(train_units=1000).settings.batch_size == 8
    assert planned(train_units=900, batch_size=300).settings.seq_length == 2
    assert (planned().settings.batch_size, planned().settings.seq_length) == (32, 64)


def test_many_passes_are_met_with_dropout() -> None:
    passes = [planned(60.0 * minutes, 300_000, hidden_size=256) for minutes in (0.5, 1, 3, 10, 100, 10_000)]
    rates = [made.settings.dropout for made in passes]
    assert rates == sorted(rates)
    assert rates[0] == 0
    assert 0 < rates[2] < 0.4
    assert rates[-1] == 0.5
    assert planned(10.0, hidden_size=256).settings.dropout == 0


def test_many_weights_for_a_small_corpus_are_met_with_dropout() -> None:
    few, many = (planned(60.0, 90_000, hidden_size=size) for size in (128, 384))
    assert few.epochs > many.epochs > 6
    assert few.settings.dropout < many.settings.dropout <= 0.5
    # where there are few weights, only passes count
    assert dropout_for(12.0, 0.1) == dropout_for(12.0, 0.6) == 0.2
    assert dropout_for(12.0, 2.4) == 0.4 and dropout_for(5.0, 8.0) == 0.0 and dropout_for(1e6, 8.0) == 0.5


def test_tied_weights_follow_the_size_that_is_chosen() -> None:
    made = planned(tied=True)
    assert made.settings.embed_size == made.settings.hidden_size
    assert "hidden_size" in made.chosen
    assert planned(tied=True, head_size=48).settings.embed_size == 48


def test_an_embedding_that_was_given_decides_a_tied_network() -> None:
    made = planned(tied=True, embed_size=256)
    assert (made.settings.embed_size, made.settings.hidden_size) == (256, 256)
    assert made.chosen["hidden_size"] == 256


def test_the_looked_up_embedding_costs_nothing_and_a_tied_one_does() -> None:
    untied = TrainLanguageModelSettings(hidden_size=32, embed_size=16, cell="lstm")
    assert weights_in_products(untied, 65) == 4 * 32 * (16 + 32) + 65 * 32
    tied = TrainLanguageModelSettings(hidden_size=32, tied=True, cell="gru").settled()
    assert weights_in_products(tied, 65) == 3 * 32 * (32 + 32) + 65 * 32


def test_the_speed_is_measured_once_with_the_settings_as_far_as_they_are_known() -> None:
    seen: list[TrainLanguageModelSettings] = []

    def measured(settings: TrainLanguageModelSettings) -> float:
        seen.append(settings)
        return 20_000.0

    settings = TrainLanguageModelSettings(budget=60, cell="gru", tied=True, num_layers=2)
    plan(settings, training_s=60, train_units=CORPUS, vocabulary_size=65, speed_of=measured)
    (trial,) = seen
    assert (trial.cell, trial.num_layers, trial.optimizer, trial.batch_size) == ("gru", 2, "muon", 32)
    assert trial.embed_size == trial.hidden_size


def test_measuring_leaves_out_the_first_step_and_divides_by_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    steps: list[float] = []

    def step() -> int:
        # the first is slow, as real ones are
        steps.append(5.0 if not steps else 0.3)
        clock[0] += steps[-1]
        return 60

    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    assert measured_speed(step) == pytest.approx(200)
    assert len(steps) == 1 + math.ceil(planner_module.TRIAL_S / 0.3)
