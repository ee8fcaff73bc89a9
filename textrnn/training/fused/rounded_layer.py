"""The form `fused_rounded` of a layer's loop over time: products of bfloat16 numbers, for a processor with AMX.

As `layer`, with all products but the gradients by weights in the same compiled call, so that threads wait for nobody.
Weights, their gradients, sums, states and all that stands between products are float32.
Shapes: B rows, T time, X inputs, H units, G gates; ' after a letter: filled up to whole tiles. Time leads inside.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array
from textrnn.cells.jit import jit
from textrnn.training.division import by_rows
from textrnn.training.fused.kernels import KERNELS, Buffer
from textrnn.training.fused.layer import fused
from textrnn.training.fused.loops import backwards_rounded, compiled, forwards_rounded, product_rounded
from textrnn.training.fused.rounded_matrix import TWO_ONES, RoundedMatrix, pack, pack_turned, whole
from textrnn.training.fused.tiles import INPUTS, ROWS, SUMS


def fused_rounded(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
    """(B, T, X) -> (B, T, H) and the final state, each part (B, H).

    Without gradients it is `fused`: figures are those of the weights, not of how they were multiplied while learned. So
    it is for fewer rows than a tile has, which take as long as a tile, and in float64, which is for proofs.
    """
    if not torch.is_grad_enabled() or len(x) < ROWS or x.dtype != torch.float32:
        return fused(cell, p, x, state)
    y, *kept = _Recurrence.apply(cell, *p, x, *state)  # type: ignore[no-untyped-call]
    return y, (y[:, -1], *kept)


class _Recurrence(torch.autograd.Function):
    """(cell, weight_ih, weight_hh, bias_ih, bias_hh, inputs, *first state) -> outputs, *last state.

    What is the last output is not among the parts of the last state.
    """

    @staticmethod
    def forward(ctx: Any, cell: Cell, *given: Tensor) -> tuple[Tensor, ...]:
        weight_ih, weight_hh, bias_ih, bias_hh, x, first, *parts = given
        x = x.transpose(0, 1).contiguous()  # (T, B, X)
        (steps, rows, inputs), (size, units) = x.shape, weight_hh.shape
        by_state = by_inputs = pack(_array(weight_hh), _array(bias_hh))
        gates = np.empty((steps, whole(rows), whole(size)), np.float32)
        h_bits, h_turned = _bits(rows, units), _turned(gates, units)
        x_bits, x_turned = h_bits, h_turned
        if weight_ih is None:
            gates[:, :rows, :size] = x.numpy()
            gates[:, :rows, size:] = 0
            x = x[:0]
        else:
            by_inputs = pack(_array(weight_ih), _array(bias_ih))
            x_bits, x_turned = _bits(rows, inputs), _turned(gates, inputs)
        h = first.new_empty((steps + 1, *first.shape))
        h[0] = first
        kept = torch.empty_like(h) if KERNELS[cell].keeps else h[:0]
        for part in parts:
            kept[0] = part
        states = _array(h), _array(kept)
        buffers = (gates, np.empty_like(gates[0]), *states, _array(x), x_bits, h_bits, x_turned, h_turned)
        loops = compiled(cell, forwards_rounded, backwards_rounded)
        by_rows(partial(loops.forwards, *buffers, by_inputs, by_state), gates.shape[1], ROWS)
        ctx.cell, ctx.buffers = cell, (gates, *states, x_turned, h_turned)
        ctx.save_for_backward(weight_ih, weight_hh)
        return h[1:].transpose(0, 1), *(kept[-1].clone() for _ in parts)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor, *d_parts: Tensor) -> tuple[Tensor | None, ...]:
        weight_ih, weight_hh = ctx.saved_tensors
        gates, h, kept, x_turned, h_turned = ctx.buffers
        # the gates become their own gradients: there is nothing to go back along a second time
        ctx.buffers = None
        (size, units), (_, rows, _) = weight_hh.shape, h.shape
        to_state = to_inputs = pack_turned(_array(weight_hh))
        back, d_h = np.zeros((gates.shape[1], len(to_state.bias)), np.float32), torch.zeros((rows, units))
        d_kept = d_parts[0].clone(memory_format=torch.contiguous_format) if d_parts else torch.empty_like(d_h)
        bits, tiles, d_x = _bits(rows, size), _tiles(gates), torch.empty((0, 0, 0))
        apart, apart_bits, apart_tiles = gates[:0], bits, tiles
        if KERNELS[ctx.cell].is_apart:
            apart, apart_bits, apart_tiles = np.zeros_like(gates), _bits(rows, size), _tiles(gates)
        if weight_ih is not None:
            to_inputs = pack_turned(_array(weight_ih))
            d_x = torch.empty((*gates.shape[:2], len(to_inputs.bias)))
        buffers = (
            gates, h, kept, dy.transpose(0, 1).contiguous().numpy(), back, d_h.numpy(), d_kept.numpy(), apart, bits,
            apart_bits, tiles, apart_tiles, d_x.numpy(),
        )  # fmt: skip
        loops = compiled(ctx.cell, forwards_rounded, backwards_rounded)
        by_rows(partial(loops.backwards, *buffers, to_inputs, to_state), gates.shape[1], ROWS)
        d_first = (d_h + torch.from_numpy(back[:rows, :units]), *([d_kept] if d_parts else []))
        d_weight_hh, d_bias_hh = _gradients(apart_tiles, h_turned, size, units)
        if weight_ih is None:
            d_gates = torch.from_numpy(gates[:, :rows, :size]).transpose(0, 1)
            return None, None, d_weight_hh, None, d_bias_hh, d_gates, *d_first
        inputs = weight_ih.shape[1]
        d_weight_ih, d_bias_ih = _gradients(tiles, x_turned, size, inputs)
        d_x = d_x[:, :rows, :inputs].transpose(0, 1)
        return None, d_weight_ih, d_weight_hh, d_bias_ih, d_bias_hh, d_x, *d_first


def _gradients(tiles: Buffer, turned: Buffer, size: int, inputs: int) -> tuple[Tensor, Tensor]:
    """Return the gradients by a weight (G*H, X) and by its bias.

    tiles: the gradient by what both give, (T * B', G*H'), as a matrix has it. turned: the inputs, as `_turned` says.
    """
    matrix = RoundedMatrix(tiles.view(np.int16), np.zeros(len(tiles) * SUMS, np.float32))
    found = torch.empty((len(turned) * ROWS, len(matrix.bias)))
    by_rows(partial(jit(product_rounded), found.numpy(), matrix, turned.view(np.int16)), len(found), ROWS)
    return found[:inputs, :size].t().contiguous(), found[inputs, :size]


def _turned(gates: Buffer, inputs: int) -> Buffer:
    """Return room for the inputs of all rows and steps, and for one more, which is 1 for the bias: (X', T * B').

    In tiles, each number two of bfloat16.
    """
    columns = gates.shape[0] * gates.shape[1]
    found = np.empty((whole(inputs + 1) // ROWS, columns // INPUTS, ROWS, INPUTS // 2), np.int32)
    found[inputs // ROWS :] = TWO_ONES
    return found


def _tiles(gates: Buffer) -> Buffer:
    """Return room for (T, B', G*H') as the tiles of a matrix, each number two of bfloat16."""
    steps, rows, size = gates.shape
    return np.empty((size // SUMS, steps * rows // INPUTS, ROWS, SUMS), np.int32)


def _bits(rows: int, size: int) -> Buffer:
    """Return room for the rows of a step in bfloat16, (B', X'), with zeros where it is wider and higher."""
    return np.zeros((whole(rows), whole(size)), np.int16)


def _array(tensor: Tensor) -> Buffer:
    return tensor.detach().numpy()
