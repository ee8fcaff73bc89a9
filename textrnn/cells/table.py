"""All cells by name. A new cell is one file and one row here; the shared tests run over this table."""

from __future__ import annotations

from textrnn.cells.cell import Cell
from textrnn.cells.gru import GRU
from textrnn.cells.lstm import LSTM
from textrnn.cells.rnn import RELU, TANH

# (cell, activation) -> cell; only the vanilla cell has a choice of activation
CELLS: dict[tuple[str, str], Cell] = {
    ("rnn", "tanh"): TANH,
    ("rnn", "relu"): RELU,
    ("lstm", "tanh"): LSTM,
    ("gru", "tanh"): GRU,
}
