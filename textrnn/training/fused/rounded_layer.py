"""The form `fused_rounded` of a layer's loop over time: products of bfloat16 numbers, for a processor with AMX.

As `layer`, with all products but the gradients by weights in the same compiled call, so that threads wait for nobody.
Weights, their gradients, sums, states and all that stands between products are float32.
Shapes: B rows, T time, X inputs, H units, G gates; ' after a letter: filled up to whole tiles. Time leads inside.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array
from textrnn.cells.jit import jit
from textrnn.training.division import by_rows
from textrnn.training.fused.kernels import KERNELS
from textrnn.training.fused.layer import fused
from textrnn.training.fused.loops import (
    backwards_rounded,
    forwards_rounded,
    product_rounded,
    step_backward,
    step_forward,
)
from textrnn.training.fused.rounded_matrix import RoundedMatrix, pack, whole
from textrnn.training.fused.tiles import INPUTS, ROWS, SUMS


def fused_rounded(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
    """(B, T, X) -> (B, T, H) and the final state, each part (B, H).

    Without gradients it is `fused`: figures are those of the weights, not of how they were multiplied while learned.
    """
    if not torch.is_grad_enabled():
        return fused(cell, p, x, state)
    y, *kept = _Recurrence.apply(cell, *p, x, *state)  # type: ignore[no-untyped-call]
    return y, (y[:, -1], *kept)


class _Compiled(NamedTuple):
    forwards: Any
    backwards: Any


@cache
def _compiled(cell: Cell) -> _Compiled:
    kernels = KERNELS[cell]
    return _Compiled(
        jit(forwards_rounded, (step_forward, kernels.forward)),
        jit(backwards_rounded, (step_backward, kernels.backward)),
    )


class _Recurrence(torch.autograd.Function):
    """(cell, weight_ih, weight_hh, bias_ih, bias_hh, inputs, *first state) -> outputs, *last state.

    What is the last output is not among the parts of the last state.
    """

    @staticmethod
    def forward(ctx: Any, cell: Cell, *given: Tensor) -> tuple[Tensor, ...]:
        weight_ih, weight_hh, bias_ih, bias_hh, x, first, *parts = given
        x = x.transpose(0, 1)  # (T, B, X)
        (steps, rows, inputs), size = x.shape, len(weight_hh)
        by_state = by_inputs = pack(weight_hh, bias_hh)
        gates = first.new_empty((steps, whole(rows), whole(size)))
        h = first.new_empty((steps + 1, *first.shape))
        h[0], h_bits, h_turned = first, _room(*first.shape), _turned(gates, first.shape[1])
        x_bits, x_turned = h_bits, h_turned
        if weight_ih is None:
            gates[:, :rows, :size] = x
            gates[:, :rows, size:] = 0
            x = _none(h)
        else:
            by_inputs, x_bits, x_turned = pack(weight_ih, bias_ih), _room(rows, inputs), _turned(gates, inputs)
        kept = torch.empty_like(h) if KERNELS[cell].keeps else _none(h)
        for part in parts:
            kept[0] = part
        buffers = (gates, torch.empty_like(gates[0]), h, kept, x.contiguous(), x_bits, h_bits, x_turned, h_turned)
        by_rows(partial(_compiled(cell).forwards, *_arrays(*buffers), by_inputs, by_state), gates.shape[1], ROWS)
        ctx.cell, ctx.buffers = cell, (gates, h, kept, x_turned, h_turned)
        ctx.save_for_backward(weight_ih, weight_hh)
        return h[1:].transpose(0, 1), *(kept[-1].clone() for _ in parts)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor, *d_parts: Tensor) -> tuple[Tensor | None, ...]:
        weight_ih, weight_hh = ctx.saved_tensors
        gates, h, kept, x_turned, h_turned = ctx.buffers
        # the gates become their own gradients: there is nothing to go back along a second time
        ctx.buffers = None
        (size, units), rows = weight_hh.shape, h.shape[1]
        to_state = to_inputs = pack(weight_hh.t(), None)
        back, d_h = h.new_zeros((gates.shape[1], len(to_state.bias))), torch.zeros_like(h[0])
        d_kept = d_parts[0].clone(memory_format=torch.contiguous_format) if d_parts else torch.empty_like(d_h)
        bits, tiles, d_x = _room(rows, size), _tiles(gates), _none(gates)
        apart, apart_bits, apart_tiles = _none(gates), bits, tiles
        if KERNELS[ctx.cell].is_apart:
            apart, apart_bits, apart_tiles = torch.zeros_like(gates), _room(rows, size), _tiles(gates)
        if weight_ih is not None:
            to_inputs = pack(weight_ih.t(), None)
            d_x = gates.new_empty((*gates.shape[:2], len(to_inputs.bias)))
        given = _arrays(
            gates, h, kept, dy.transpose(0, 1).contiguous(), back, d_h, d_kept, apart, bits, apart_bits, tiles,
            apart_tiles, d_x,
        )  # fmt: skip
        by_rows(partial(_compiled(ctx.cell).backwards, *given, to_inputs, to_state), gates.shape[1], ROWS)
        d_first = (d_h + back[:rows, :units], *([d_kept] if d_parts else []))
        d_weight_hh, d_bias_hh = _gradients(apart_tiles, h_turned, size, units)
        if weight_ih is None:
            return None, None, d_weight_hh, None, d_bias_hh, gates[:, :rows, :size].transpose(0, 1), *d_first
        d_weight_ih, d_bias_ih = _gradients(tiles, x_turned, size, weight_ih.shape[1])
        d_x = d_x[:, :rows, : weight_ih.shape[1]].transpose(0, 1)
        return None, d_weight_ih, d_weight_hh, d_bias_ih, d_bias_hh, d_x, *d_first


def _gradients(tiles: Tensor, turned: Tensor, size: int, inputs: int) -> tuple[Tensor, Tensor]:
    """Return the gradients by a weight (G*H, X) and by its bias.

    tiles: the gradient by what both give, (T * B', G*H'), as a matrix has it. turned: the inputs, as `_turned` says.
    """
    matrix = RoundedMatrix(tiles.view(torch.int16).numpy(), torch.zeros(len(tiles) * SUMS).numpy())
    found = torch.empty((len(turned) * ROWS, len(matrix.bias)))
    out, rows = _arrays(found, turned.view(torch.int16))
    by_rows(partial(jit(product_rounded), out, matrix, rows), len(found), ROWS)
    return found[:inputs, :size].t().contiguous(), found[inputs, :size]


def _turned(gates: Tensor, inputs: int) -> Tensor:
    """Return room for the inputs of all rows and steps, and for one more, which is 1 for the bias: (X', T * B').

    In tiles, each number two of bfloat16.
    """
    columns = gates.shape[0] * gates.shape[1]
    found = torch.empty((whole(inputs + 1) // ROWS, columns // INPUTS, ROWS, INPUTS), dtype=torch.bfloat16)
    found[inputs // ROWS :] = 1
    return found.view(torch.int32)


def _tiles(gates: Tensor) -> Tensor:
    """Return room for (T, B', G*H') as the tiles of a matrix, two numbers in one."""
    steps, rows, size = gates.shape
    return torch.empty((size // SUMS, steps * rows // INPUTS, ROWS, SUMS), dtype=torch.int32)


def _room(rows: int, size: int) -> Tensor:
    """Return room for the rows of a step in bfloat16, (B', X'), with zeros where it is wider and higher."""
    return torch.zeros((whole(rows), whole(size)), dtype=torch.bfloat16)


def _none(like: Tensor) -> Tensor:
    """Return a buffer that is not there."""
    return like[:0]


def _arrays(*buffers: Tensor) -> list[Any]:
    # NumPy has no bfloat16
    return [(one.view(torch.int16) if one.dtype == torch.bfloat16 else one).numpy() for one in buffers]
