"""The compiled loop: many units of one text in one call, each drawn and fed to the network in turn.

In: a network as a few arrays, a state, the next unit's logits and a uniform for every unit to be written. Out: ids and
nats; state and logits are changed in place. Written in the part of Python that numba compiles, out of the cells' and
the sampler's functions. Knows nothing of text, of settings or of the parameters' names.
Shapes: L layers, H units, G gates, V vocabulary, n units to write.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.cells.compiled import Vector, multiply, squash_evenly, step
from textrnn.inference.compiled_sampling import NOTHING, draw_unit
from textrnn.inference.sampling import Row

_EPSILON = np.float32(1e-5)
# the columns of a plan: where a matrix begins among the weights, where its columns begin among scales and biases
WEIGHTS, COLUMNS, INPUTS, OUTPUTS = range(4)


class Network(NamedTuple):
    """A language model as the compiled loop reads it.

    number: of the cell. table: (V, G*H), or (V, E) where the first layer multiplies. weights: all matrices (X, N), one
    behind the other, float32 or int8. scales, biases: one for each of their columns. plan: where they are, (2L + 2, 4):
    two rows a layer, then the head's, then the output's; a matrix that is not there has no columns. norms: (L, 2, H),
    gain and bias; or (0, 2, H).
    """

    number: int
    table: npt.NDArray[np.float32]
    weights: npt.NDArray[Any]
    scales: Vector
    biases: Vector
    plan: npt.NDArray[np.int64]
    norms: npt.NDArray[np.float32]


class Choice(NamedTuple):
    """How units are chosen: see `draw_unit`."""

    banned: int
    temperature: float
    top_k: int
    top_p: float
    min_p: float


class Scratch(NamedTuple):
    """Rows to write into: gates and recurrent (largest G*H,), hidden and other (largest X,), three of V."""

    gates: Vector
    recurrent: Vector
    hidden: Vector
    other: Vector
    below: Row
    chances: Row
    ordered: Row


def write(
    network: Network,
    choice: Choice,
    pending: int,
    uniforms: Row,
    state: npt.NDArray[np.float32],
    logits: Vector,
    ids: npt.NDArray[np.int32],
    nats: Row,
    end: int,
) -> int:
    """Write until `ids` (n,) is full or `end` was drawn; return how many, or -1 less that where none can be drawn.

    pending: the unit to be fed first, or -1 where `logits` (V,) are those of the unit after the state (L, parts, H).
    The last unit written is not fed.
    """
    scratch = _scratch(network, logits.size)
    for place in range(ids.size):
        if pending >= 0:
            feed(network, pending, state, logits, scratch)
        pending, nats[place] = draw_unit(
            logits, choice.banned, choice.temperature, choice.top_k, choice.top_p, choice.min_p, uniforms[place],
            scratch.below, scratch.chances, scratch.ordered,
        )  # fmt: skip
        if pending == NOTHING:
            return -1 - place
        ids[place] = pending
        if pending == end:
            return place + 1
    return ids.size


def feed(network: Network, id: int, state: npt.NDArray[np.float32], logits: Vector, scratch: Scratch) -> None:
    """Read one unit: change the state, and put the next unit's logits in place."""
    size, plan = state.shape[2], network.plan
    hidden, other = scratch.hidden, scratch.other
    hidden[: network.table.shape[1]] = network.table[id]
    for depth in range(state.shape[0]):
        columns = plan[2 * depth + 1, OUTPUTS]
        gates, recurrent = scratch.gates[:columns], scratch.recurrent[:columns]
        if plan[2 * depth, OUTPUTS] == 0:
            gates[:] = hidden[:columns]
        else:
            apply(network, 2 * depth, hidden, gates)
        apply(network, 2 * depth + 1, state[depth, 0], recurrent)
        step(network.number, gates, recurrent, state[depth])
        hidden[:size] = state[depth, 0]
        if network.norms.shape[0] > 0:
            normalise(hidden[:size], network.norms[depth])
    head = plan[plan.shape[0] - 2, OUTPUTS]
    if head > 0:
        apply(network, plan.shape[0] - 2, hidden, other[:head])
        squash_evenly(other[:head])
        hidden[:head] = other[:head]
    apply(network, plan.shape[0] - 1, hidden, logits)


def apply(network: Network, row: int, x: Vector, out: Vector) -> None:
    """out = x times the matrix in this row of the plan, plus its bias."""
    begin, column, inputs, outputs = network.plan[row]
    weights = network.weights[begin : begin + inputs * outputs].reshape((inputs, outputs))
    scales, bias = network.scales[column : column + outputs], network.biases[column : column + outputs]
    multiply(out, weights, scales, bias, x[:inputs])


def normalise(values: Vector, norm: npt.NDArray[np.float32]) -> None:
    """Layer norm in place (Ba, Kiros & Hinton 2016), as `networks.recurrent` has it."""
    mean = variance = np.float32(0)
    for j in range(values.size):
        mean += values[j]
    mean /= np.float32(values.size)
    for j in range(values.size):
        values[j] -= mean
        variance += values[j] * values[j]
    scale = np.float32(1) / np.float32(math.sqrt(variance / np.float32(values.size) + _EPSILON))
    for j in range(values.size):
        values[j] = norm[0, j] * (values[j] * scale) + norm[1, j]


def _scratch(network: Network, vocabulary_size: int) -> Scratch:
    widest = max(network.plan[:, OUTPUTS].max(), network.plan[:, INPUTS].max(), network.table.shape[1])
    return Scratch(
        np.empty(widest, np.float32),
        np.empty(widest, np.float32),
        np.empty(widest, np.float32),
        np.empty(widest, np.float32),
        np.empty(vocabulary_size),
        np.empty(vocabulary_size),
        np.empty(vocabulary_size),
    )
