"""Adam for tables of which a batch uses few rows: what it costs goes by these rows, not by the table.

In: tables whose gradients are sparse tensors of rows, each row once. It is Adam with a first beta of 0 to the letter: a
row without a gradient does not move, and its second moments, which only shrink meanwhile, are shrunk when it is next
seen. Momentum would move every row at every step. `fused` is compiled, `native` is in torch's operators.
Shapes: N rows with a gradient, E numbers in a row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from textrnn.cells.jit import jit, loads_numba
from textrnn.training.division import by_rows

Buffer = Any
EPSILON = 1e-8
# ages of a row that are told apart: of what was 0.99 ^ 4096 ago nothing is left
MOST_POWERS = 4096
# rows of a portion: fewer are not worth waking a thread
_TOGETHER = 2048


class RowAdam(torch.optim.Optimizer):
    """beta2: of the second moments. State: these, the step at which each row was last seen, and the steps taken."""

    def __init__(self, params: Iterable[Tensor], *, lr: float, beta2: float) -> None:
        super().__init__(params, {"lr": lr, "beta2": beta2})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take one step from the gradients at hand."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self._step(p, p.grad, group["lr"], group["beta2"])

    def _step(self, p: Tensor, gradient: Tensor, lr: float, beta2: float) -> None:
        state = self.state[p]
        if not state:
            state["step"] = torch.zeros(())
            state["exp_avg_sq"] = torch.zeros_like(p)
            state["seen"] = torch.zeros(len(p), dtype=torch.int32, device=p.device)
        state["step"] += 1
        step = int(state["step"])
        gradient = gradient if gradient.is_sparse else gradient.to_sparse(1)
        (rows,), given = gradient._indices(), gradient._values()
        form = fused if p.device.type == "cpu" and loads_numba() else native
        # v / (1 - beta2^step) is what its paper corrects the second moments to
        facts = (lr, beta2, 1 / (1 - beta2**step), EPSILON)
        form(p, state["exp_avg_sq"], state["seen"], rows, given, step, facts)


def native(
    p: Tensor, v: Tensor, seen: Tensor, rows: Tensor, given: Tensor, step: int, facts: tuple[float, ...]
) -> None:
    """Change `p`, `v` and `seen` in place. facts: rate, beta2, correction of v, epsilon."""
    lr, beta2, correction, epsilon = facts
    shrunk = (beta2 ** (step - seen[rows]).double()).to(p.dtype)
    seen[rows] = step
    own = v[rows].mul_(shrunk[:, None]).addcmul_(given, given, value=1 - beta2)
    v[rows] = own
    p.index_add_(0, rows, given / (own.mul_(correction).sqrt_().add_(epsilon)), alpha=-lr)


def fused(p: Tensor, v: Tensor, seen: Tensor, rows: Tensor, given: Tensor, step: int, facts: tuple[float, ...]) -> None:
    """As `native`."""
    lr, beta2, correction, epsilon = facts
    arrays = [tensor.numpy() for tensor in (p.detach(), v, seen, rows, given)]
    # in the type of the table: numba would go on in float64
    numbers = torch.tensor((lr, 1 - beta2, correction, epsilon), dtype=p.dtype).numpy()
    by_rows(partial(jit(adam_rows), *arrays, step, _powers(beta2, p.dtype).numpy(), numbers), len(rows), _TOGETHER)


@cache
def _powers(base: float, dtype: torch.dtype) -> Tensor:
    """Return `base` to the power of 0, 1, 2, ... until nothing is left."""
    return (base ** torch.arange(MOST_POWERS).double()).to(dtype)


def adam_rows(
    p: Buffer, v: Buffer, seen: Buffer, rows: Buffer, given: Buffer, step: int, powers: Buffer, facts: Buffer,
    first: int, last: int,
) -> None:  # fmt: skip
    """v' = v * beta2^age + share * g^2        p' = p - rate * g / (sqrt(v' * correction) + epsilon)."""
    rate, share, correction, epsilon = facts[0], facts[1], facts[2], facts[3]
    for n in range(first, last):
        row = rows[n]
        own, moments, gradient = p[row], v[row], given[n]
        shrunk = powers[min(step - seen[row], powers.size - 1)]
        seen[row] = step
        for j in range(gradient.size):
            moment = moments[j] * shrunk + share * gradient[j] * gradient[j]
            moments[j] = moment
            own[j] -= rate * gradient[j] / (math.sqrt(moment * correction) + epsilon)
