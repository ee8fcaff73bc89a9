"""The directions of a layer, each read in a thread of its own, forwards and back.

A short text's products are too small to be divided among threads; two directions are two pieces of work that ask
nothing of each other. Each is computed by one thread, so that its numbers do not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.cells.cell import Cell, CellParameters
from textrnn.networks.recurrent import Loop


def read(cell: Cell, cells: Sequence[CellParameters], inputs: Sequence[Tensor], loop: Loop) -> list[Tensor]:
    """Return the outputs of each direction, (B, T, X) -> (B, T, H), read from an empty state."""

    def one(x: Tensor, *weights: Tensor) -> Tensor:
        p = CellParameters(*weights)
        y: Tensor = loop(p, x, cell.start(p.weight_hh, (x.shape[0], p.weight_hh.shape[-1])))[0]
        return y

    given: list[tuple[Any, ...]] = [(x, *p) for p, x in zip(cells, inputs, strict=True)]
    if len(given) == 1 or torch.get_num_threads() == 1 or not torch.is_grad_enabled():
        return [one(*tensors) for tensors in given]
    return list(_Apart.apply(one, len(given), *(tensor for own in given for tensor in own)))  # type: ignore[no-untyped-call]


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(initializer=torch.set_num_threads, initargs=(1,), thread_name_prefix="direction")


class _Apart(torch.autograd.Function):
    """(work, number of pieces, the tensors of each) -> what each piece of work gives."""

    @staticmethod
    def forward(ctx: Any, work: Callable[..., Tensor], pieces: int, *tensors: Tensor) -> tuple[Tensor, ...]:
        each = len(tensors) // pieces

        def run(own: Sequence[Tensor]) -> tuple[list[Tensor], Tensor]:
            with torch.enable_grad():
                leaves = [tensor.detach().requires_grad_() for tensor in own]
                return leaves, work(*leaves)

        ctx.runs = list(_threads().map(run, [tensors[n * each : (n + 1) * each] for n in range(pieces)]))
        return tuple(y.detach() for _, y in ctx.runs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *d_out: Tensor) -> tuple[Tensor | None, ...]:
        def back(run: tuple[list[Tensor], Tensor], d: Tensor) -> tuple[Tensor, ...]:
            leaves, y = run
            return torch.autograd.grad(y, leaves, d)

        found = list(_threads().map(back, ctx.runs, d_out))
        ctx.runs = None
        return None, None, *(gradient for own in found for gradient in own)
