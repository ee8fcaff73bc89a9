"""Muon: momentum whose update is made orthogonal, for matrices (Jordan et al. 2024).

torch.optim.Muon iterates in bfloat16, for which not every processor has units: here the type is a setting.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

# the quintic iteration's coefficients, and its number of rounds, as its authors give them
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ROUNDS = 5


def orthogonalised(matrix: Tensor, rounds: int = ROUNDS) -> Tensor:
    """Return U S' V^T for `matrix` = U S V^T with every S' near 1, by Newton-Schulz iteration. matrix: (..., R, C)."""
    a, b, c = COEFFICIENTS
    is_tall = matrix.shape[-2] > matrix.shape[-1]
    x = matrix.mT if is_tall else matrix
    x = x.reshape(-1, *x.shape[-2:])  # (N, R, C), R <= C
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    for _ in range(rounds):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    y = x.view(*matrix.shape[:-2], *x.shape[-2:])
    return y.mT if is_tall else y


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised gate block by gate block, with decoupled weight decay.

    params: groups of matrices, each (G*R, C) with `blocks` = G. lr: the spectral norm of an update of a square block.
    products: the type in which a matrix is made orthogonal, its own by default.
    """

    def __init__(
        self,
        params: Iterable[dict[str, Any]],
        *,
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        products: torch.dtype | None = None,
    ) -> None:
        self._products = products
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "blocks": 1})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take one step from the gradients at hand."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                velocity.lerp_(p.grad, 1 - group["momentum"])
                ahead = p.grad.lerp(velocity, group["momentum"]).unflatten(0, (group["blocks"], -1))
                # as tall a block as wide gets updates of one size; taller ones proportionally larger
                scale = max(1.0, ahead.shape[-2] / ahead.shape[-1]) ** 0.5
                p.mul_(1 - group["lr"] * group["weight_decay"])
                turned = orthogonalised(ahead.to(self._products or p.dtype)).to(p.dtype)
                p.add_(turned.flatten(0, 1), alpha=-group["lr"] * scale)
