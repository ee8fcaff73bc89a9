"""The forms of the loop over time that training chooses from.

`native` is torch.nn's layers called with our parameters; in and out are as in `cells.plain`, which the shared test
holds them equal to, with inputs (B, T, X). `fused` has a file of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from textrnn.cells.cell import Cell, CellParameters, State
from textrnn.cells.functions import Array
from textrnn.cells.gru import GRU
from textrnn.cells.jit import loads_numba
from textrnn.cells.lstm import LSTM
from textrnn.cells.plain import Form
from textrnn.cells.rnn import RELU, TANH
from textrnn.training.fused import fused
from textrnn.training.kernels import KERNELS

# the functions behind torch.nn's layers: oneDNN's on a CPU, cuDNN's on a GPU (the latter untested here)
_NATIVE: dict[Cell, Callable[..., Any]] = {TANH: torch.rnn_tanh, RELU: torch.rnn_relu, LSTM: torch.lstm, GRU: torch.gru}


def fastest(cell: Cell, device: torch.device) -> Form:
    """Return the form to train in: by what is installed alone, so that a run that is resumed goes on in the same."""
    return fused if cell in KERNELS and device.type == "cpu" and loads_numba() else native


def native(cell: Cell, p: CellParameters, x: Array, state: State) -> tuple[Array, State]:
    """(B, T, X) -> (B, T, H) and the final state, each part (B, H)."""
    weights = [p.weight_ih, p.weight_hh, p.bias_ih, p.bias_hh]
    before = tuple(part[None].contiguous() for part in state)
    hidden = before if len(before) > 1 else before[0]
    # has_biases, num_layers, dropout, train, bidirectional, batch_first
    y, *after = _NATIVE[cell](x, hidden, weights, True, 1, 0.0, torch.is_grad_enabled(), False, True)
    return y, tuple(part[0] for part in after)
