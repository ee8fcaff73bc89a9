"""Training a forecaster from series to a run, at a size that takes seconds; `textrnn.train_forecaster`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import textrnn
from textrnn.config.forecaster import TrainForecasterSettings
from textrnn.data.series import Series, series_of
from textrnn.errors import UserError
from textrnn.report.records import Evaluation, Plan
from textrnn.runs.folder import open_run
from textrnn.training.forecaster.training import ForecasterTraining
from textrnn.training.start import Start
from textrnn.training.tensors import to_tensors

TINY: dict[str, Any] = {"hidden_size": 4, "batch_size": 8, "seed": 1, "steps": 12, "horizon": 6}
Make = Callable[..., ForecasterTraining]


def season(points: int = 60, seed: int = 0) -> Series:
    rng = np.random.default_rng(seed)
    time = np.arange(points)
    pattern = np.array([0.0, 3.0, 5.0, -8.0])
    return series_of(50 + 0.5 * time + pattern[time % 4] + 0.5 * rng.normal(size=points))


@pytest.fixture
def trained() -> Make:
    def train(series: Series | None = None, stop_at: int | None = None, **given: Any) -> ForecasterTraining:
        start = Start(**{one.name: given.pop(one.name) for one in fields(Start) if one.name in given})
        checked = TrainForecasterSettings.check({**TINY, **given} if not start.resume else given)
        training = ForecasterTraining(series or season(), checked, start)
        if stop_at is not None:
            task, loss = training._task, training._task.loss

            def watched(parameters: Any, at: int, fraction: float, carried: Any) -> Any:
                if at + 1 == stop_at:
                    training.stop()
                return loss(parameters, at, fraction, carried)

            task.loss = watched  # type: ignore[method-assign]
        for _ in training.records():
            pass
        return training

    return train


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_it_learns_what_the_last_season_does_not_tell(trained: Make, cell: str) -> None:
    # a swing whose period is no whole number of steps
    wave = series_of(10 + 4 * np.sin(np.arange(160) * 0.77))
    training = trained(wave, cell=cell, steps=150, hidden_size=16, lr=0.02, dropout=0, difference="none", season=1)
    validation = training.result()["validation"]
    assert validation["mase"] < 0.2 < 0.5 < validation["baselines"][1]["mase"]
    # and not by the straight line beside the layers alone
    assert np.abs(training.state.averaged().output.weight.numpy()).max() > 0.01


def test_the_result_and_the_records_say_what_was_done(trained: Make, tmp_path: Path) -> None:
    training = trained(folder=tmp_path / "run")
    result = training.result()
    assert [*result] == [
        "run", "task", "cell", "parameters", "unit", "columns", "points", "steps", "examples_seen", "seconds",
        "stopped_by", "validation", "signature",
    ]  # fmt: skip
    assert [*result["validation"]] == [
        "points", "origins", "horizon", "season", "mae", "rmse", "mase", "columns", "baselines",
    ]  # fmt: skip
    assert (result["task"], result["points"], result["steps"]) == ("forecaster", 54, 12)
    assert (result["validation"]["points"], result["validation"]["origins"], result["validation"]["season"]) == (
        6,
        1,
        4,
    )
    run = open_run(tmp_path / "run")
    assert run.finished and run.task == "forecaster" and run.has("baseline") and run.has("scaling")
    card = (tmp_path / "run" / "README.md").read_text()
    assert "A forecaster of " in card and f"MASE, held out: {result['validation']['mase']:.4g}" in card
    # measured again by NumPy on the whole series: what it was trained on is told by its values and left out
    model = textrnn.load(tmp_path / "run")
    assert isinstance(model, textrnn.Forecaster)
    again = model.evaluate(season())
    assert again.notes == ("measured behind the 54 points that run was trained on",)
    for key in ("mae", "rmse", "mase"):
        assert again.to_json()[key] == pytest.approx(result["validation"][key], rel=1e-4)
    assert again.to_json()["baselines"] == result["validation"]["baselines"]


def test_records() -> None:
    training = ForecasterTraining(season(), TrainForecasterSettings.check(TINY))
    records = [*training.records()]
    (plan,) = [record for record in records if isinstance(record, Plan)]
    assert plan.facts["season"] == 4 and plan.facts["difference"] == "seasonal" and "embed_size" not in plan.facts
    shown = [record for record in records if isinstance(record, Evaluation)]
    assert shown and all(set(one.figures) == {"mae", "mase"} for one in shown)
    assert all(one.sample.count("(") == 6 for one in shown)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_stopped_run_goes_on_to_the_same_bits(trained: Make, tmp_path: Path, optimizer: str) -> None:
    whole = trained(folder=tmp_path / "whole", optimizer=optimizer)
    stopped = trained(folder=tmp_path / "parts", optimizer=optimizer, stop_at=5)
    assert stopped.result()["stopped_by"] == "signal" and stopped.state.step == 5
    # it forecasts already, without a band
    assert textrnn.load(tmp_path / "parts").forecast(season()).low is None  # type: ignore[union-attr]
    went_on = trained(folder=tmp_path / "parts", resume=True)
    assert went_on.result()["examples_seen"] == whole.result()["examples_seen"]
    ours, theirs = (open_run(tmp_path / name) for name in ("parts", "whole"))
    for role in ("model", "scaling", "baseline", "resume"):
        first, second = ours.arrays(role), theirs.arrays(role)
        assert first.keys() == second.keys()
        assert all(np.array_equal(array, second[name]) for name, array in first.items()), role
    assert ours.json("config") == theirs.json("config")


def test_going_on_needs_the_same_series(trained: Make, tmp_path: Path) -> None:
    trained(folder=tmp_path / "run", stop_at=3)
    with pytest.raises(UserError, match=r"the data is another than run was trained on .*, or train a new run$"):
        trained(season(seed=5), folder=tmp_path / "run", resume=True)


def test_what_is_held_out_never_reaches_the_weights(trained: Make) -> None:
    values = season().values[:, 0]
    other = values.copy()
    other[-6:] = 1e6
    first, second = trained(), trained(series_of(other))
    for one, two in zip(first.state.arrays_to_run().values(), second.state.arrays_to_run().values(), strict=True):
        assert np.array_equal(one, two)
    assert np.array_equal(first.model().forecast(values).values, second.model().forecast(values).values)


def test_the_loss_counts_what_is_known_alone(trained: Make) -> None:
    training = trained(steps=0, dropout=0, input_noise=0)
    task, p = training._task, training.state.parameters
    loss, count, _ = task.loss(p, 0, 0.0, ())
    origins = task.data.train_origins[task._batches[0]]
    targets = task.data.scaling.targets(task.data.windows(origins), task.data.train_ahead(origins))
    known = ~np.isnan(targets)
    errors = np.abs(targets[known] - task.said(p, origins)[known])
    huber = np.where(errors < 1, 0.5 * errors**2, errors - 0.5)
    # nats: exp of minus the loss is a density
    grid = np.arange(-60, 60, 1e-3)
    total = np.exp(-np.where(np.abs(grid) < 1, 0.5 * grid**2, np.abs(grid) - 0.5)).sum() * 1e-3
    assert count == known.sum() < known.size
    assert float(loss.detach()) == pytest.approx(huber.mean() + np.log(total), abs=1e-5)


def test_numpy_forecasts_what_torch_forecasts(trained: Make) -> None:
    training = trained(steps=30)
    model, task = training.model(), training._task
    best = to_tensors(training._parameters_to_run(), torch.device("cpu"))
    ahead = task.data.scaling.values_of(task.ahead(best, task.data.valid_origins))
    ours = model.forecast(training.data.train_values).values
    assert np.allclose(ours, ahead[0], rtol=1e-5)


def test_a_budget_plans_the_steps() -> None:
    training = ForecasterTraining(season(), TrainForecasterSettings.check({"budget": "60s", "seed": 0, "horizon": 6}))
    assert training.settings.steps == 300 and "steps" in training._prepared.plan
    given = ForecasterTraining(season(), TrainForecasterSettings.check({"budget": "60s", "epochs": 2, "horizon": 6}))
    assert given.settings.steps is None and given.settings.epochs == 2


@pytest.mark.parametrize("difference", ["auto", "none", "first"])
def test_four_five_six_seven(difference: str) -> None:
    numbers = np.arange(1, 41)
    model = textrnn.train_forecaster(
        numbers,
        window=3,
        horizon=1,
        difference=difference,
        log=False,
        seed=0,
        steps=400,
        lr=0.02,
        input_noise=0,
        dropout=0,
        weight_decay=0,
    )
    (forecast,) = model.forecast([4, 5, 6]).to_json()
    assert forecast["forecast"][0] == pytest.approx(7, abs=0.1)


def test_a_constant_series_goes_on(trained: Make) -> None:
    training = trained(series_of(np.full(60, 5.0)))
    found = training.model().forecast(np.full(30, 5.0))
    assert np.allclose(found.values, 5) and found.low is not None and np.allclose(found.low, 5)
    assert training.result()["validation"]["mase"] is None and training.result()["validation"]["mae"] < 1e-6


def test_several_columns_are_forecast_together(trained: Make, tmp_path: Path) -> None:
    values = season().values[:, 0]
    both = series_of(np.stack([values, 1000 - 7 * values], axis=1), columns=("up", "down"))
    training = trained(both, folder=tmp_path / "run", steps=60)
    validation = training.result()["validation"]
    assert [*validation["columns"]] == ["up", "down"] and validation["points"] == 12
    assert validation["mase"] == pytest.approx(np.mean([one["mase"] for one in validation["columns"].values()]))
    model = textrnn.load(tmp_path / "run")
    assert isinstance(model, textrnn.Forecaster)
    assert [one["column"] for one in model.forecast(both).to_json()] == ["up", "down"]
    with pytest.raises(UserError, match="1 column where run has 2"):
        model.forecast(values)


def test_one_call_from_numbers_or_a_file_to_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = season().values[:, 0]
    model = textrnn.train_forecaster(values, **TINY)
    assert not [*tmp_path.iterdir()] and model.card is not None and "textrnn.train_forecaster(...)" in model.card
    lines = "day,sold\n" + "".join(f"{place},{value!r}\n" for place, value in enumerate(values.tolist()))
    (tmp_path / "sold.csv").write_text(lines)
    from_file = textrnn.train_forecaster("sold.csv", out="run", **TINY)
    assert from_file.columns == ("sold",)
    assert np.array_equal(from_file.forecast("sold.csv").values, model.forecast(values).values)
    finished = textrnn.train_forecaster("sold.csv", out="run", resume=True)
    assert np.array_equal(finished.forecast(values).values, model.forecast(values).values)
    saved = tmp_path / "saved"
    model.save(saved)
    again = textrnn.load(saved)
    assert again.forecast(values).to_json() == [  # type: ignore[union-attr]
        {**one, "column": "value"} for one in model.forecast(values).to_json()
    ]
