"""The loop over time with its own backward pass: all steps of a direction in one call of compiled code.

The forms `fused` and `fused_rounded`, as `cells.plain` has them, with inputs (B, T, X); for a CPU where numba is
installed. Rows are divided among threads, and no number depends on how many there are. Knows no network.
Shapes: B rows, T time, X inputs, H units, G gates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array
from textrnn.training.division import by_rows
from textrnn.training.fused.full_precision import FullPrecision
from textrnn.training.fused.kernels import Buffer
from textrnn.training.fused.rounded import Rounded
from textrnn.training.fused.tiles import ROWS
from textrnn.training.fused.unrolled import Unrolled

# one direction's weights, inputs and first state -> the layer, unrolled
Unroll = Callable[[Cell, CellParameters, Buffer, Sequence[Buffer]], Unrolled]
# gates become their own gradients: there is nothing to go back along a second time
ONCE = "a fused layer goes back once: without retain_graph, or by the form `native`"


class Fused:
    """A form. unroll: what it unrolls a layer of so many rows of a type by."""

    def __init__(self, unroll: Callable[[int, torch.dtype], Unroll]) -> None:
        self.unroll = unroll

    def __call__(self, cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
        """(B, T, X) -> (B, T, H) and the final state, each part (B, H)."""
        unroll = self.unroll(len(x), x.dtype)
        y, *kept = _Recurrence.apply(unroll, cell, *p, x, *state)  # type: ignore[no-untyped-call]
        return y, (y[:, -1], *kept)


def _rounded(rows: int, dtype: torch.dtype) -> Unroll:
    """Return how to unroll where factors may be rounded.

    Without gradients they are not: figures are those of the weights, not of how they were multiplied while learned. So
    it is for fewer rows than a tile has, which take as long as a tile, and in float64, which is for proofs.
    """
    is_rounded = torch.is_grad_enabled() and rows >= ROWS and dtype == torch.float32
    return Rounded if is_rounded else FullPrecision


fused = Fused(lambda rows, dtype: FullPrecision)
# where tiles are known the process must have been let use them, as `forms.may_use_tiles` does it
fused_rounded = Fused(_rounded)


class _Recurrence(torch.autograd.Function):
    """(unroll, cell, weight_ih, weight_hh, bias_ih, bias_hh, inputs, *first state) -> outputs, *last state.

    What is the last output is not among the parts of the last state.
    """

    @staticmethod
    def forward(ctx: Any, unroll: Unroll, cell: Cell, *given: Tensor) -> tuple[Tensor, ...]:
        weights, x, state = given[:4], given[4], given[5:]
        (steps,) = arrays([x.transpose(0, 1).contiguous()])
        layer = unroll(cell, CellParameters(*arrays(weights)), steps, arrays(state))
        by_rows(layer.forwards, layer.rows, layer.together)
        ctx.layer = layer
        # inputs as well: torch then sees that they were changed before the way back
        ctx.save_for_backward(*weights[:2], x)
        parts = [layer.kept[-1].copy() for _ in state[1:]]
        return torch.from_numpy(layer.h[1:]).transpose(0, 1), *map(torch.from_numpy, parts)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor, *d_parts: Tensor) -> tuple[Tensor | None, ...]:
        *weights, _ = ctx.saved_tensors
        layer, ctx.layer = ctx.layer, None
        if layer is None:
            raise RuntimeError(ONCE)
        (d_steps,) = arrays([dy.transpose(0, 1).contiguous()])
        layer.go_back(*arrays(weights), d_steps, arrays(d_parts))
        by_rows(layer.backwards, layer.rows, layer.together)
        by_rows(layer.products, layer.product_rows, layer.together)
        found = layer.gradients()
        rows, columns = len(dy), len(weights[1]) if weights[0] is None else weights[0].shape[1]
        d_x = torch.from_numpy(found.inputs)[:, :rows, :columns].transpose(0, 1)
        return None, None, *tensors(found.weights), d_x, *tensors(layer.first_gradients())


def arrays(given: Iterable[Tensor | None]) -> list[Buffer]:
    """Return the memory of tensors as NumPy's arrays; None stays None."""
    return [None if one is None else one.detach().numpy() for one in given]


def tensors(given: Iterable[Buffer | None]) -> list[Tensor | None]:
    """Return arrays as tensors of the same memory; None stays None."""
    return [None if one is None else torch.from_numpy(one) for one in given]
