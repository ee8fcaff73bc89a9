"""The planner: the sizes that were not given, from the time, the corpus and this machine's measured speed.

In: settings with a budget, the size of the data. Out: settings with every size decided. Without a budget it does not
act.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.networks.language_model import LOOKED_UP, parameter_shapes

# characters a weight wants to see: fewer and a smaller network is better for the time
UNITS_PER_WEIGHT = 8
# weights per unit of the corpus: more and a network mostly memorises
WEIGHTS_PER_UNIT = 1.2
SIZES = (32, 48, 64, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 1024)
# units of the network that the trial steps are made with, where none are given
TRIAL_SIZE = 256
TRIAL_S = 0.7
# small networks spend more of their time outside matrix products
OVERHEAD_WEIGHTS = 60_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """settings: all sizes decided. units_per_second, epochs: as expected. chosen: what was decided here."""

    settings: TrainLanguageModelSettings
    units_per_second: float
    epochs: float
    chosen: dict[str, object]


def weights_in_products(settings: TrainLanguageModelSettings, vocabulary_size: int) -> int:
    """Return the number of weights that every unit is multiplied with."""
    shapes = parameter_shapes(settings, vocabulary_size)
    looked_up = set(LOOKED_UP) if not settings.tied else set()
    return sum(math.prod(shape) for name, shape in shapes.items() if len(shape) == 2 and name not in looked_up)


def plan(
    settings: TrainLanguageModelSettings,
    *,
    training_s: float,
    train_units: int,
    vocabulary_size: int,
    speed_of: Callable[[TrainLanguageModelSettings], float],
    threads: Sequence[int] = (),
) -> Plan:
    """Decide all sizes that were not given for `training_s` seconds.

    speed_of: units per second of settings, measured by a few real steps. threads: numbers of threads to choose from,
    for on a busy machine, and for small networks, more of them are slower.
    """
    chosen: dict[str, object] = {}

    def decide(**values: object) -> None:
        nonlocal settings
        new = {name: value for name, value in values.items() if name not in settings.model_fields_set}
        chosen.update(new)
        settings = settings.replace(**new)

    decide(optimizer="muon")
    if settings.tied and settings.head_size is None and "embed_size" in settings.model_fields_set:
        decide(hidden_size=settings.embed_size)
    rows = settings.batch_size if "batch_size" in settings.model_fields_set else 1
    decide(seq_length=min(64, max(8, train_units // 64), (train_units - 1) // rows))
    decide(batch_size=max(1, min(32, train_units // (8 * settings.seq_length))))
    trial = settings if "hidden_size" in settings.model_fields_set else settings.replace(hidden_size=TRIAL_SIZE)
    speeds = {number: speed_of(trial.replace(threads=number).settled()) for number in threads}
    if speeds:
        decide(threads=max(speeds, key=lambda number: speeds[number]))
    speed = max(speeds.values()) if speeds else speed_of(trial.settled())
    power = speed * (weights_in_products(trial.settled(), vocabulary_size) + OVERHEAD_WEIGHTS)

    def rate(size: int) -> tuple[float, int]:
        weights = weights_in_products(settings.replace(hidden_size=size).settled(), vocabulary_size)
        return power / (weights + OVERHEAD_WEIGHTS), weights

    def suits(size: int) -> bool:
        speed, weights = rate(size)
        return speed * training_s >= UNITS_PER_WEIGHT * weights and weights <= WEIGHTS_PER_UNIT * train_units

    # a size that was given may be the only one that the other settings allow
    if "hidden_size" not in settings.model_fields_set:
        decide(hidden_size=max((size for size in SIZES if suits(size)), default=SIZES[0]))
    speed, _ = rate(settings.hidden_size)
    epochs = speed * training_s / train_units
    decide(dropout=round(min(0.5, max(0.0, 0.1 * math.log2(max(epochs, 1e-9) / 3))), 2) if epochs >= 6 else 0.0)
    return Plan(settings=settings.settled(), units_per_second=speed, epochs=epochs, chosen=chosen)


def measured_speed(step: Callable[[], int]) -> float:
    """Return units per second of `step`, which takes one step and returns its units: the median of many steps.

    The first is not counted, and the median passes over what else the machine does in between.
    """
    step()
    began, rates = time.monotonic(), list[float]()
    while not rates or time.monotonic() - began < TRIAL_S:
        before = time.monotonic()
        # some clocks tick sixty times a second
        rates.append(step() / max(time.monotonic() - before, 1e-3))
    return statistics.median(rates)
