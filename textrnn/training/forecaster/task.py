"""Forecasting as a task of the training loop: its batches of windows, its loss, its evaluation.

The loss of one number is that of Huber (1964) on the scaled error: squared for small errors, straight for large ones,
so that a few outliers do not rule. It is counted in nats: those of the density whose logarithm it is.
Shapes: B windows, W values of a window, H steps ahead, C columns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import huber_loss

from textrnn.baselines.seasonal_naive import SeasonalNaive
from textrnn.config.forecaster import TrainForecasterSettings
from textrnn.data.batches import Batches
from textrnn.data.series_data import SeriesData
from textrnn.data.series_plan import ahead_of
from textrnn.inference.forecaster.evaluation import measured
from textrnn.metrics.forecasts import ForecastSums
from textrnn.networks.build import cell_of
from textrnn.networks.forecaster import Batch, ForecasterParameters, forward
from textrnn.training.forms import fastest
from textrnn.training.noise import dropout_masks, input_noise

Values = npt.NDArray[np.float64]
Origins = npt.NDArray[np.int64]

# the logarithm of what exp(-huber) adds up to over all errors
_NORMALISER = math.log(math.sqrt(2 * math.pi) * math.erf(math.sqrt(0.5)) + 2 * math.exp(-0.5))
# windows that are measured at once
_AT_ONCE = 2048


@dataclass(frozen=True)
class Measured:
    """What held-out points say on the way: nats a number, over `units` numbers."""

    nats_per_unit: float
    units: int
    sums: ForecastSums

    def beside(self) -> dict[str, float | None]:
        """Return what people look at."""
        return {name: value for name, value in self.sums.to_json().items() if value is not None and name != "rmse"}

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the forecasts; baselines are for the end."""
        return {"points": self.units, **self.sums.to_json()}


class ForecasterTask:
    """Say the steps after a window. Losses and speed are counted in numbers that are forecast."""

    def __init__(
        self,
        data: SeriesData,
        settings: TrainForecasterSettings,
        baseline: SeasonalNaive,
        seed: int,
        device: torch.device,
    ) -> None:
        self.data, self.baseline = data, baseline
        self._settings, self._seed, self._device = settings, seed, device
        self._cell = cell_of(settings)
        self._loop = partial(fastest(self._cell, device, settings.precision), self._cell)
        self._outputs = (data.scaling.horizon, len(data.series.columns))
        lengths = [data.plan.window] * len(data.train_origins)
        self._batches = Batches(lengths, batch_size=settings.batch_size, seed=seed)
        self.steps_per_epoch = self._batches.per_epoch
        self.units_per_step = min(settings.batch_size, len(lengths)) * math.prod(self._outputs)
        self.valid_units = len(data.valid_origins) * math.prod(self._outputs)
        # chosen by the held-out points, the best of many evaluations would flatter itself on them
        self.keeps_best = settings.patience is not None

    def examples_before(self, step: int) -> int:
        """Return how many windows the steps before `step` read."""
        return self._batches.examples_before(step)

    def loss(
        self, p: ForecasterParameters, step: int, fraction: float, carried: object
    ) -> tuple[Tensor, int, tuple[()]]:
        """Return the mean loss of the known numbers after the windows of batch `step`, how many, nothing to carry."""
        data, settings = self.data, self._settings
        origins = data.train_origins[self._batches[step]]
        levels = data.windows(origins)
        targets = data.scaling.targets(levels, data.train_ahead(origins)).reshape(len(origins), -1)
        inputs = data.scaling.inputs(levels)
        inputs = inputs + input_noise(self._seed, step, inputs.shape, settings)
        masks = dropout_masks(
            self._seed, step, rate=settings.dropout, layers=settings.num_layers, rows=len(origins),
            units=settings.hidden_size, device=self._device,
        )  # fmt: skip
        said = self._forward(p, inputs, masks)
        # near the held-out end a window's later steps are not known
        known = ~np.isnan(targets)
        truth = self._tensor(np.where(known, targets, 0.0).astype(np.float32))
        each = torch.where(self._tensor(known), huber_loss(said, truth, reduction="none"), 0.0)
        count = int(known.sum())
        return each.sum() / count + _NORMALISER, count, ()

    def _forward(self, p: ForecasterParameters, inputs: npt.NDArray[np.float32], masks: list[Tensor] | None) -> Tensor:
        said: Tensor = forward(self._cell, p, Batch(self._tensor(inputs), masks), self._loop)
        return said

    def _tensor(self, array: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self._device)

    def cost(self, units: int) -> int:
        """Return how many numbers are forecast to measure the first `units`."""
        return units

    @torch.no_grad()
    def said(self, p: ForecasterParameters, origins: Origins) -> Values:
        """Return what the network says from origins, (B, H, C)."""
        found = []
        for start in range(0, len(origins), _AT_ONCE):
            inputs = self.data.scaling.inputs(self.data.windows(origins[start : start + _AT_ONCE]))
            found.append(self._forward(p, inputs, None).cpu().numpy().astype(np.float64))
        return np.concatenate(found).reshape(-1, *self._outputs)

    def ahead(self, p: ForecasterParameters, origins: Origins) -> Values:
        """Return the levels that are forecast from origins, (B, H, C)."""
        return self.data.scaling.ahead(self.data.windows(origins), self.said(p, origins))

    def first(self, units: int) -> Origins:
        """Return the held-out origins whose forecasts are the first `units` numbers, at least one."""
        return self.data.valid_origins[: max(1, units // math.prod(self._outputs))]

    def sums(self, p: ForecasterParameters, units: int) -> tuple[ForecastSums, tuple[tuple[str, ForecastSums], ...]]:
        """Return the sums of the first `units` held-out numbers, and those of each simple forecast."""
        data = self.data

        def own(origins: Origins) -> Values:
            return data.scaling.values_of(self.ahead(p, origins))

        return measured(own, data.series.values, self.first(units), self.baseline, data.scaling.horizon)

    def evaluate(self, p: ForecasterParameters, units: int) -> Measured:
        """Return the figures of the first `units` held-out numbers."""
        data, origins = self.data, self.first(units)
        truth = ahead_of(data.levels, origins, data.scaling.horizon)
        targets = torch.from_numpy(data.scaling.targets(data.windows(origins), truth))
        nats = float(huber_loss(torch.from_numpy(self.said(p, origins)), targets)) + _NORMALISER
        return Measured(nats, targets.numel(), self.sums(p, units)[0])
