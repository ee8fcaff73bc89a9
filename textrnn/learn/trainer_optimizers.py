"""How gradients become changes of the parameters: SGD, momentum, Adam, and clipping; each a function on one array.

In: a gradient and what the optimizer remembers of those before. Out: what to add to the parameter, what to remember.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from textrnn.cells.functions import Array

# what an optimizer remembers of one parameter
Memory = tuple[Array, ...]
MOMENTUM = 0.9
BETAS = (0.9, 0.999)
EPSILON = 1e-8


class Optimizer(NamedTuple):
    """rule: (gradient, memory, learning rate, number of the step from 1) -> (what to add, memory).

    memories: how many arrays it remembers of each parameter, all 0 at first. lr: the learning rate where none is given.
    """

    rule: Callable[[Array, Memory, float, int], tuple[Array, Memory]]
    memories: int
    lr: float


def sgd(g: Array, memory: Memory, lr: float, _step: int) -> tuple[Array, Memory]:
    """Stochastic gradient descent: a step downhill.

        p += -lr * g
    """  # fmt: skip
    return -lr * g, memory


def momentum(g: Array, memory: Memory, lr: float, _step: int) -> tuple[Array, Memory]:
    """A heavy ball that rolls downhill (Polyak 1964):

        v = MOMENTUM * v + g        p += -lr * v
    """  # fmt: skip
    velocity = MOMENTUM * memory[0] + g
    return -lr * velocity, (velocity,)


def adam(g: Array, memory: Memory, lr: float, step: int) -> tuple[Array, Memory]:
    """Every number takes steps of about lr, whatever the size of its gradients (Kingma & Ba 2015):

        m = beta_1 * m + (1 - beta_1) * g        v = beta_2 * v + (1 - beta_2) * g^2
        p += -lr * m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + EPSILON)

    The divisions by 1 - beta^t make up for the zeros that m and v start from.
    """  # fmt: skip
    first, second = BETAS
    mean = first * memory[0] + (1 - first) * g
    square = second * memory[1] + (1 - second) * g * g
    size = np.sqrt(square / (1 - second**step)) + EPSILON
    return -lr * (mean / (1 - first**step)) / size, (mean, square)


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(sgd, memories=0, lr=0.05),
    "momentum": Optimizer(momentum, memories=1, lr=0.01),
    "adam": Optimizer(adam, memories=2, lr=0.01),
}


def norm(gradients: Mapping[str, Array]) -> float:
    """Return the length of all gradients as one vector."""
    return float(np.sqrt(sum(float(np.sum(g * g)) for g in gradients.values())))


def clipped(gradients: Mapping[str, Array], limit: float) -> dict[str, Array]:
    """Return the gradients, scaled down together to the length `limit` where they are longer (Pascanu et al. 2013).

    Their direction stays; what explodes on its way back through time cannot throw the parameters far off.
    """
    length = norm(gradients)
    return {name: g * (limit / length) if length > limit else g for name, g in gradients.items()}


class Descent:
    """The steps of one training: an optimizer with what it remembers of each parameter. lr: None for its own."""

    def __init__(self, name: str, *, lr: float | None, clip: float | None) -> None:
        self._optimizer, self._clip = OPTIMIZERS[name], clip
        self._lr = lr or self._optimizer.lr
        self._memory: dict[str, Memory] = {}
        self._steps = 0

    def step(self, parameters: Mapping[str, Array], gradients: Mapping[str, Array], factor: float) -> dict[str, Array]:
        """Return the parameters after one step at `factor` times the learning rate."""
        self._steps += 1
        moved = {}
        for name, g in (clipped(gradients, self._clip) if self._clip else gradients).items():
            memory = self._memory.get(name, (np.zeros_like(g),) * self._optimizer.memories)
            change, self._memory[name] = self._optimizer.rule(g, memory, factor * self._lr, self._steps)
            moved[name] = parameters[name] + change
        return moved
