"""The forms of the loop over time that training chooses from.

`native` is torch.nn's layers called with our parameters; in and out are as in `cells.plain`, which the shared test
holds them equal to, with inputs (B, T, X). `rounded` is the same with products of bfloat16 numbers (8 bits of mantissa;
sums stay float32): weights, their gradients and all that stands between layers stay float32. `fused` and
`fused_rounded` are compiled, and have a folder of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array
from textrnn.cells.gru import GRU
from textrnn.cells.jit import loads_numba
from textrnn.cells.lstm import LSTM
from textrnn.cells.plain import Form
from textrnn.cells.rnn import RELU, TANH
from textrnn.training.fused import dots, tiles
from textrnn.training.fused.layer import fused, fused_rounded

# the functions behind torch.nn's layers: oneDNN's on a CPU, cuDNN's on a GPU (the latter untested here)
_NATIVE: dict[Cell, Callable[..., Any]] = {TANH: torch.rnn_tanh, RELU: torch.rnn_relu, LSTM: torch.lstm, GRU: torch.gru}


def fastest(cell: Cell, device: torch.device, precision: str = "fp32") -> Form:
    """Return the form to train in: by what is there alone, so that a run that is resumed goes on in the same."""
    is_compiled = device.type == "cpu" and loads_numba()
    if precision == "bf16":
        if is_compiled and has_rounded_products() and (may_use_tiles() if tiles.are_known() else dots.are_known()):
            return fused_rounded
        if cell is LSTM:
            return rounded
    return fused if is_compiled else native


@cache
def has_rounded_products() -> bool:
    """Return whether the processor has instructions for products of bfloat16 numbers, and this process may use them.

    They are AMX's, for matrices, or AVX-512's, for pairs. Without, such products are slower than in float32.
    """
    return may_use_tiles() or bool(_capabilities().get("avx512_bf16"))


@cache
def may_use_tiles() -> bool:
    """Return whether the processor has AMX, and let this process use it, which some systems want to be asked for."""
    # not in every version of torch that is supported
    ask: Callable[[], bool] = getattr(torch.cpu, "_init_amx", bool)
    return bool(_capabilities().get("amx_bf16")) and ask()


def _capabilities() -> dict[str, Any]:
    # likewise
    found: Callable[[], dict[str, Any]] = getattr(torch.cpu, "get_capabilities", dict)
    return found()


def native(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
    """(B, T, X) -> (B, T, H) and the final state, each part (B, H)."""
    weights = [p.weight_ih, p.weight_hh, p.bias_ih, p.bias_hh]
    before = tuple(part[None].contiguous() for part in state)
    hidden = before if len(before) > 1 else before[0]
    # has_biases, num_layers, dropout, train, bidirectional, batch_first
    y, *after = _NATIVE[cell](x, hidden, weights, True, 1, 0.0, torch.is_grad_enabled(), False, True)
    return y, tuple(part[0] for part in after)


def rounded(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
    """As `native`, with inputs, weights and state rounded to bfloat16 for the products, where gradients are wanted.

    Without gradients it is `native`: figures are those of the weights, not of how they were multiplied while learned.
    """
    if not torch.is_grad_enabled():
        return native(cell, p, x, state)
    narrow = CellParameters(*(None if weight is None else weight.bfloat16() for weight in p))
    y, after = native(cell, narrow, x.bfloat16(), tuple(part.bfloat16() for part in state))
    return y.to(x.dtype), tuple(part.to(x.dtype) for part in after)
