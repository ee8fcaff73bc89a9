"""Recurrent networks for characters that `textrnn` does not have, beside those that it has, in torch's operators.

For figures of what they learn, not of how fast. Shapes: T time, B rows, X inputs, H units, V vocabulary; time leads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, linear

EMBED, STEPS = 64, 64
State = tuple[Tensor, ...]


def matrix(gates: int, rows: int, columns: int, *, orthogonal: bool = False) -> nn.Parameter:
    """Return a weight, gate by gate."""
    blocks = torch.empty(gates, rows, columns).uniform_(-1 / math.sqrt(columns), 1 / math.sqrt(columns))
    if orthogonal:
        for block in blocks:
            nn.init.orthogonal_(block)
    return nn.Parameter(blocks.flatten(0, 1))


class Known(nn.Module):
    """nn.LSTM, nn.GRU or nn.RNN."""

    def __init__(self, kind: type[nn.RNNBase], inputs: int, units: int) -> None:
        super().__init__()
        self.gates = {nn.LSTM: 4, nn.GRU: 3, nn.RNN: 1}[kind]
        self.inner, self.units = kind(inputs, units), units
        for block in self.inner.weight_hh_l0.detach().chunk(self.gates):
            nn.init.orthogonal_(block)
        if kind is nn.LSTM:
            with torch.no_grad():
                self.inner.bias_ih_l0[units : 2 * units] = 1

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        """(T, B, X) -> (T, B, H) and the state."""
        given = state if state is None or self.gates == 4 else state[0]
        y, new = self.inner(x, given)
        return y, new if isinstance(new, tuple) else (new,)


class Stepped(nn.Module):
    """An LSTM step by step. rounds: of Mogrifier's gates. kept: share of recurrent weights that are not dropped."""

    gates = 4

    def __init__(self, inputs: int, units: int, *, rounds: int = 0, kept: float = 1, multiplies: bool = False) -> None:
        super().__init__()
        self.units, self.rounds, self.kept = units, rounds, kept
        self.by_input = matrix(4, units, inputs)
        self.by_state = matrix(4, units, units, orthogonal=True)
        self.bias = nn.Parameter(torch.zeros(4 * units))
        with torch.no_grad():
            self.bias[units : 2 * units] = 1
        shapes = [(inputs, units) if number % 2 == 0 else (units, inputs) for number in range(rounds)]
        self.mutual = nn.ParameterList(matrix(1, *shape) for shape in shapes)
        self.to_product = (
            nn.ParameterList([matrix(1, units, inputs), matrix(1, units, units, orthogonal=True)])
            if multiplies
            else None
        )

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        """As `Known`."""
        h, c = state or (x.new_zeros(x.shape[1], self.units),) * 2
        by_state = dropout(self.by_state, 1 - self.kept, self.training)
        given = linear(x, self.by_input, self.bias) if not self.rounds else None
        product = None if self.to_product is None else linear(x, self.to_product[0])
        found = []
        for t in range(len(x)):
            told, before = x[t], h
            for number, weight in enumerate(self.mutual):
                # Melis et al. 2020: inputs and state gate each other in turn
                if number % 2 == 0:
                    told = 2 * torch.sigmoid(linear(before, weight)) * told
                else:
                    before = 2 * torch.sigmoid(linear(told, weight)) * before
            if product is not None:
                # Krause et al. 2016: what the state is multiplied with depends on the input
                assert self.to_product is not None
                before = product[t] * linear(h, self.to_product[1])
            added = linear(told, self.by_input, self.bias) if given is None else given[t]
            gates = torch.addmm(added, before, by_state.t())
            i, f, g, o = gates.chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            found.append(h)
        return torch.stack(found), (h, c)


class Parallel(nn.Module):
    """A layer whose products know no state, over normed inputs and added to these.

    minGRU (Feng et al. 2024), SRU (Lei et al. 2018) or QRNN (Bradbury et al. 2017).
    """

    def __init__(self, kind: str, units: int) -> None:
        super().__init__()
        self.kind, self.units = kind, units
        self.gates = 2 if kind == "minGRU" else 3
        self.window = 2 if kind == "QRNN" else 1
        self.norm = nn.RMSNorm(units)
        self.weight = matrix(self.gates, units, self.window * units)
        self.bias = nn.Parameter(torch.zeros(self.gates * units))
        self.by_cell = nn.Parameter(torch.zeros(2, units))

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        """As `Known`, with as many units as inputs."""
        normed = self.norm(x)
        c, last = state or (torch.zeros_like(x[0]), torch.zeros_like(x[0]))
        both = torch.cat([torch.cat([last[None], normed[:-1]]), normed], dim=2) if self.window == 2 else normed
        parts = linear(both, self.weight, self.bias).chunk(self.gates, dim=2)
        new = parts[0] if self.kind == "SRU" else torch.tanh(parts[0])
        found = []
        for t in range(len(x)):
            if self.kind == "SRU":
                keep = torch.sigmoid(parts[1][t] + self.by_cell[0] * c)
                out = torch.sigmoid(parts[2][t] + self.by_cell[1] * c)
            else:
                keep = torch.sigmoid(parts[1][t])
                out = torch.sigmoid(parts[2][t]) if self.kind == "QRNN" else 1
            c = keep * c + (1 - keep) * new[t]
            found.append(out * c)
        return x + torch.stack(found), (c, normed[-1])


class Normed(nn.Module):
    """A recurrent layer over normed inputs, added to these."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer, self.units, self.gates, self.norm = layer, layer.units, layer.gates, nn.RMSNorm(layer.units)

    def forward(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        """As `Known`, with as many units as inputs."""
        y, state = self.layer(self.norm(x), state)
        return x + y, state


class Network(nn.Module):
    """Embedding, layers, output; of each layer's outputs the same are dropped all along a window."""

    def __init__(self, vocabulary: int, layers: Sequence[Any], rate: float, *, is_tied: bool = False) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, layers[-1].units if is_tied else EMBED)
        self.layers, self.rate = nn.ModuleList(layers), rate
        self.output = nn.Linear(layers[-1].units, vocabulary)
        if is_tied:
            self.output.weight = self.embedding.weight
            nn.init.normal_(self.embedding.weight, std=layers[-1].units ** -0.5)

    def forward(self, ids: Tensor, states: list[State | None]) -> tuple[Tensor, list[State | None]]:
        """(B, T) -> logits (T, B, V)."""
        x, after = self.embedding(ids.t()), list[State | None]()
        for layer, state in zip(self.layers, states, strict=True):
            x, new = layer(x, state)
            x = x * dropout(torch.ones_like(x[:1]), self.rate, self.training)
            after.append(tuple(part.detach() for part in new))
        return self.output(x), after


Scale = Callable[[int], int]


class Variant(NamedTuple):
    """layers: of a network, whose units are scaled. blocks: whether Muon goes gate by gate.

    lengths: of windows, in the course of training.
    """

    layers: Callable[[Scale], list[Any]]
    optimizer: str = "muon"
    blocks: bool = True
    is_tied: bool = False
    lengths: tuple[int, ...] = (STEPS,)


def _lstm(n: Scale) -> list[Any]:
    return [Known(nn.LSTM, EMBED, n(256))]


def _two(n: Scale) -> list[Any]:
    return [Known(nn.LSTM, EMBED, n(160)), Known(nn.LSTM, n(160), n(160))]


def _two_added(n: Scale) -> list[Any]:
    first, second = _two(n)
    return [first, Normed(second)]


def _below(kind: str, units: int, number: int) -> Callable[[Scale], list[Any]]:
    return lambda n: [Known(nn.LSTM, EMBED, n(units)), *(Parallel(kind, n(units)) for _ in range(number))]


VARIANTS: dict[str, Variant] = {
    "LSTM": Variant(_lstm),
    "GRU": Variant(lambda n: [Known(nn.GRU, EMBED, n(304))]),
    "RNN": Variant(lambda n: [Known(nn.RNN, EMBED, n(552))]),
    "AdamW, one cycle": Variant(_lstm, optimizer="adamw"),
    "Muon on whole matrices": Variant(_lstm, blocks=False),
    "windows of 16, 32, then 64": Variant(_lstm, lengths=(16, 32, 64, 64)),
    "tied": Variant(lambda n: [Known(nn.LSTM, n(200), n(200))], is_tied=True),
    "a third of the recurrent weights dropped": Variant(lambda n: [Stepped(EMBED, n(256), kept=2 / 3)]),
    "multiplicative LSTM": Variant(lambda n: [Stepped(EMBED, n(224), multiplies=True)]),
    "Mogrifier LSTM, 4 rounds": Variant(lambda n: [Stepped(EMBED, n(232), rounds=4)]),
    "two LSTM layers": Variant(_two),
    "two LSTM layers, normed and added": Variant(_two_added),
    "LSTM below two minGRU": Variant(_below("minGRU", 192, 2)),
    "LSTM below an SRU": Variant(_below("SRU", 200, 1)),
    "LSTM below a QRNN": Variant(_below("QRNN", 176, 1)),
}
