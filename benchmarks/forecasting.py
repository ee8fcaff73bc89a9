"""Forecasting: the end of a series from one origin, by ours with its defaults, by simple forecasts, by a plain LSTM.

The plain one is torch's as tutorials have it: values scaled to 0 to 1 by the training part, a window of 12, one layer
of 50 units, one step ahead, its own forecasts read on for the next. Each seed is a row; MASE is scaled by the seasonal
naive error within the training part. `--generated N` takes N series of each kind of `generated.py` instead, and says
how many values lay in the band of 90 %.

    .venv/bin/python benchmarks/forecasting.py --file airline-passengers.csv --horizon 24 [--seeds 5]
    .venv/bin/python benchmarks/forecasting.py --generated 5 --horizon 12
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import torch
from generated import KINDS, Values, generated
from harness import report, spread

import textrnn
from textrnn.baselines.seasonal_naive import naive_forecast
from textrnn.data.season import find_season
from textrnn.data.series import read_series
from textrnn.metrics.forecasts import ForecastSums, seasonal_scale

WINDOW, UNITS, EPOCHS, RATE = 12, 50, 100, 1e-3
POINTS = 144


class Plain(torch.nn.Module):
    """An LSTM and a linear layer on its last output."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(1, UNITS, batch_first=True)
        self.output = torch.nn.Linear(UNITS, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T) -> (B,)."""
        y: torch.Tensor = self.output(self.lstm(x[..., None])[0][:, -1])[:, 0]
        return y


def plain_forecast(train: Values, horizon: int, seed: int) -> Values:
    """Return what a plain LSTM says of one column (N, 1), (H, 1)."""
    torch.manual_seed(seed)
    low, high = train.min(), train.max()
    scaled = torch.tensor((train[:, 0] - low) / (high - low), dtype=torch.float32)
    windows = scaled.unfold(0, WINDOW + 1, 1)
    model = Plain()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(windows)).split(16):
            loss = torch.nn.functional.mse_loss(model(windows[rows, :-1]), windows[rows, -1])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    path = scaled.tolist()
    with torch.no_grad():
        for _ in range(horizon):
            path.append(float(model(torch.tensor(path[-WINDOW:])[None])))
    return np.array(path[-horizon:])[:, None] * (high - low) + low


def ours(train: Values, horizon: int, seed: int) -> Any:
    """Return the forecast of a model that has seen `train` alone, held-out end and all."""
    return textrnn.train_forecaster(train, horizon=horizon, seed=seed).forecast(train)


def figures(values: Values, horizon: int, seeds: int) -> list[dict[str, Any]]:
    """Return a row for each who forecasts the last `horizon` of a column (N, 1)."""
    train, truth = values[:-horizon], values[-horizon:]
    season = find_season(train)
    scale = seasonal_scale(train, season)
    found: dict[str, list[tuple[ForecastSums, float]]] = {
        "naive": [(ForecastSums.of(naive_forecast(train, horizon), truth, scale), 0.0)],
        "seasonal naive": [(ForecastSums.of(naive_forecast(train, horizon, season), truth, scale), 0.0)],
    }
    for seed in range(seeds):
        began = time.perf_counter()
        model = textrnn.train_forecaster(values, horizon=horizon, val_frac=1e-6, seed=seed)
        mine = model.forecast(train).values, time.perf_counter() - began
        began = time.perf_counter()
        theirs = plain_forecast(train, horizon, seed), time.perf_counter() - began
        for name, (forecast, seconds) in {"textrnn": mine, "plain torch LSTM": theirs}.items():
            found.setdefault(name, []).append((ForecastSums.of(forecast, truth, scale), seconds))
    return [
        {
            "forecast": name,
            "mase": spread([sums.mase or 0.0 for sums, _ in all_of]),
            "mae": spread([sums.mae for sums, _ in all_of]),
            "rmse": spread([sums.rmse for sums, _ in all_of]),
            "seconds": spread([seconds for _, seconds in all_of]),
        }
        for name, all_of in found.items()
    ]


def of_kinds(count: int, horizon: int) -> list[dict[str, Any]]:
    """Return a row for each kind of generated series: means over `count` of them, and how much the band held."""
    rows = []
    for kind in KINDS:
        mine, naive, seasonal, inside = [], [], [], []
        for seed in range(1000, 1000 + count):
            values = generated(kind, seed, POINTS + horizon)[:, None]
            train, truth = values[:-horizon], values[-horizon:]
            season = find_season(train)
            scale = seasonal_scale(train, season)
            found = ours(train, horizon, seed)
            for forecast, into in (
                (found.values, mine),
                (naive_forecast(train, horizon), naive),
                (naive_forecast(train, horizon, season), seasonal),
            ):
                into.append(ForecastSums.of(forecast, truth, scale).mase)
            inside.append(((truth >= found.low) & (truth <= found.high)).mean())
        names = {"textrnn": mine, "naive": naive, "seasonal naive": seasonal, "in the band": inside}
        rows.append({"series": kind, **{name: round(float(np.mean(all_of)), 3) for name, all_of in names.items()}})
    return rows


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file")
    parser.add_argument("--column", default=None)
    parser.add_argument("--generated", type=int, default=0)
    parser.add_argument("--horizon", type=int, default=24)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    if given.generated:
        report("forecasting-generated", of_kinds(given.generated, given.horizon))
    if given.file:
        series = read_series(given.file, column=[given.column] if given.column else [])
        report("forecasting", figures(series.values, given.horizon, given.seeds))


if __name__ == "__main__":
    main()
