"""How much memory a training would take, and how much this machine has: asked before anything is allocated."""

from __future__ import annotations

import math
import os

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.training import NetworkTrainingSettings
from textrnn.errors import UserError
from textrnn.networks.language_model import parameter_shapes

# weights, gradients, two moments of the optimizer, averages, the best so far, and a copy while saving
COPIES_OF_WEIGHTS = 8
# floats a recurrent layer keeps for its backward pass, per unit of state
KEPT_PER_UNIT = 12


def check_memory(settings: TrainLanguageModelSettings, vocabulary_size: int, num_conditions: int = 0) -> None:
    """Raise UserError where training a language model would need more memory than the machine has in all."""
    weights = number_of_weights(settings, vocabulary_size, num_conditions)
    check_memory_for(settings, weights, outputs=vocabulary_size)


def check_memory_for(settings: NetworkTrainingSettings, weights: int, *, outputs: int, directions: int = 1) -> None:
    """Raise UserError where training `weights` would need more memory than there is. outputs: logits for each unit."""
    units = settings.batch_size * settings.seq_length
    kept = units * (directions * settings.num_layers * settings.hidden_size * KEPT_PER_UNIT + 3 * outputs)
    needed = 4 * (COPIES_OF_WEIGHTS * weights + kept)
    there = total_memory()
    if there is not None and needed > there:
        raise UserError(
            f"training {weights:,} weights on batches of {settings.batch_size} x {settings.seq_length} needs about "
            f"{needed / 2**30:,.0f} GiB of memory, this machine has {there / 2**30:,.0f}",
            mend="lower --hidden-size, --num-layers, --batch-size or --seq-length",
        )


def number_of_weights(settings: TrainLanguageModelSettings, vocabulary_size: int, num_conditions: int = 0) -> int:
    """Return how many numbers a network has that are learned."""
    shapes = parameter_shapes(settings, vocabulary_size, num_conditions=num_conditions)
    return sum(math.prod(shape) for shape in shapes.values())


def total_memory() -> int | None:
    """Return the machine's memory in bytes, None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
