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
# but where there are this many passes or more, this many are enough: a small corpus wants a large network, and dropout
MANY_PASSES, UNITS_PER_WEIGHT_THEN = 12, 2
# weights per unit of the corpus: more and a network mostly memorises
WEIGHTS_PER_UNIT = 1.2
# but with as much dropout as there is, so many and no more are better than few: a small corpus wants them too
WEIGHTS_OF_ALL, MOST_PER_UNIT = 700_000, 8
# weights per unit from which on dropout grows with them too
WEIGHTS_THAT_MEMORISE = 0.6
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
        units = speed * training_s
        wanted = UNITS_PER_WEIGHT if units < MANY_PASSES * train_units else UNITS_PER_WEIGHT_THEN
        return units >= wanted * weights and weights <= most_weights(train_units)

    # a size that was given may be the only one that the other settings allow
    if "hidden_size" not in settings.model_fields_set:
        decide(hidden_size=max((size for size in SIZES if suits(size)), default=SIZES[0]))
    speed, weights = rate(settings.hidden_size)
    epochs = speed * training_s / train_units
    decide(dropout=dropout_for(epochs, weights / train_units))
    return Plan(settings=settings.settled(), units_per_second=speed, epochs=epochs, chosen=chosen)


def most_weights(train_units: int) -> float:
    """Return how many weights a network for a corpus of `train_units` has at most."""
    return max(WEIGHTS_PER_UNIT * train_units, min(MOST_PER_UNIT * train_units, WEIGHTS_OF_ALL))


def dropout_for(epochs: float, weights_per_unit: float) -> float:
    """Return the dropout: from six passes on, more with each doubling of them, and of weights that are too many."""
    if epochs < 6:
        return 0.0
    doublings = math.log2(epochs / 3) + math.log2(max(1.0, weights_per_unit / WEIGHTS_THAT_MEMORISE))
    return round(min(0.5, 0.1 * doublings), 2)


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
