"""The compiled loop: many units of one or several texts in one call, each drawn and fed to the network in turn.

In: a network as a few arrays, a state, the next units' logits and a uniform for every unit to be written. Out: ids and
nats; state and logits are changed in place. Written in the part of Python that numba compiles, out of the cells' and
the sampler's functions. Knows nothing of text, of settings or of the parameters' names.
Shapes: B texts side by side, L layers, H units, G gates, V vocabulary, n units to write.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.cells.compiled import copy, squash_evenly, step
from textrnn.cells.digits import Digits, Rows, new_digits
from textrnn.cells.packed import Matrix, Vector, multiply
from textrnn.inference.language_model.compiled_sampling import NOTHING, Choice, Room, draw_unit

_EPSILON = np.float32(1e-5)
# of a matrix that is read from its end: bytes that are read at once, a small share of a cache
_STRETCH = 1 << 18
# the columns of a plan: where a matrix begins among the weights, where its columns begin among scales and biases; how
# many of both, and how many a packed matrix has room for
WEIGHTS, COLUMNS, INPUTS, OUTPUTS, PADDED_INPUTS, PADDED_OUTPUTS = range(6)


class Network(NamedTuple):
    """A language model as the compiled loop reads it.

    number: of the cell. table: (V, G*H), or (V, E) where the first layer multiplies. width: of the panels of all
    matrices. weights: the packed matrices, one behind the other, float32 or int8. scales, biases: one for each of their
    columns. plan: where they are, (2L + 2, 6): two rows a layer, then the head's, then the output's; a matrix that is
    not there has no columns. norms: (L, 2, H), gain and bias; or (0, 2, H).
    """

    number: int
    table: npt.NDArray[np.float32]
    width: int
    weights: npt.NDArray[Any]
    scales: Vector
    biases: Vector
    plan: npt.NDArray[np.int64]
    norms: npt.NDArray[np.float32]


class Past(NamedTuple):
    """What was written before, as far as the choice asks. seen: (B, V) or (B, 0). ids: (B, room), or (B, 0) or full.

    length: (1,), how many of `ids` there are.
    """

    seen: npt.NDArray[np.bool_]
    ids: npt.NDArray[np.int32]
    length: npt.NDArray[np.int64]


class Scratch(NamedTuple):
    """Arrays to write into: four (B, the widest X or N), digits for as many inputs, and what a draw asks for.

    ahead: what the first layer's state before the next unit gives to its gates.
    """

    gates: Rows
    products: Rows
    hidden: Rows
    ahead: Rows
    digits: Digits
    room: Room


def write(
    network: Network,
    choice: Choice,
    past: Past,
    pending: npt.NDArray[np.int32],
    uniforms: npt.NDArray[np.float64],
    state: npt.NDArray[np.float32],
    logits: Rows,
    ids: npt.NDArray[np.int32],
    nats: npt.NDArray[np.float64],
    end: int,
) -> int:
    """Write until `ids` (B, n) is full or a text drew `end`; return how many units.

    Where nothing can be drawn for a text, -1 less the number of those before, and NOTHING in its place in `ids`.
    pending: (B,), the units to be fed first, or -1 where `logits` (B, V) are those of the units after the state
    (L, B, parts, H). The last units written are not fed.
    """
    scratch = _scratch(network, uniforms.shape[0], logits.shape[1])
    apply(network, 1, state[0][:, 0], scratch.ahead, scratch.digits, False)
    for place in range(ids.shape[1]):
        if pending[0] >= 0:
            feed(network, pending, state, logits, scratch, place % 2 == 1)
        is_over = False
        for row in range(ids.shape[0]):
            ids[row, place], nats[row, place] = draw_unit(
                logits[row], choice, uniforms[row, place], past.seen[row], past.ids[row][: past.length[0]], scratch.room
            )
            if ids[row, place] == NOTHING:
                for other in range(ids.shape[0]):
                    pending[other] = NOTHING
                return -1 - place
            is_over = is_over or ids[row, place] == end
        for row in range(ids.shape[0]):
            pending[row] = ids[row, place]
        remember(past, pending, choice)
        if is_over:
            return place + 1
    return int(ids.shape[1])


def remember(past: Past, ids: npt.NDArray[np.int32], choice: Choice) -> None:
    """Add the next unit of every text to the past."""
    for row in range(ids.size):
        if choice.penalty != 1.0:
            past.seen[row, ids[row]] = True
        if choice.ngram > 0:
            past.ids[row, past.length[0]] = ids[row]
    past.length[0] += choice.ngram > 0


def feed(
    network: Network,
    ids: npt.NDArray[np.int32],
    state: npt.NDArray[np.float32],
    logits: Rows,
    scratch: Scratch,
    backwards: bool,
) -> None:
    """Read one unit of every text: change the state, and put the next units' logits in place.

    backwards: read the large matrices in the opposite order, each from its end. In turns, a step then begins with
    those that the step before ended with, which the cache still holds. Therefore the first layer's product with its
    state is made a step ahead: so no product within a step waits for another, and any order is right.
    """
    layers, rows, _, size = state.shape
    plan, hidden, gates, products, digits = (
        network.plan, scratch.hidden, scratch.gates, scratch.products, scratch.digits,
    )  # fmt: skip
    for row in range(rows):
        copy(hidden[row][: network.table.shape[1]], network.table[ids[row]])
    for depth in range(layers):
        columns = plan[2 * depth + 1, OUTPUTS]
        if depth > 0 and not backwards:
            apply(network, 2 * depth + 1, state[depth][:, 0], products, digits, False)
        if plan[2 * depth, OUTPUTS] == 0:
            gates, hidden = hidden, gates
        else:
            apply(network, 2 * depth, hidden, gates, digits, backwards)
        if depth > 0 and backwards:
            apply(network, 2 * depth + 1, state[depth][:, 0], products, digits, True)
        recurrent = scratch.ahead if depth == 0 else products
        for row in range(rows):
            step(network.number, gates[row][:columns], recurrent[row][:columns], state[depth, row])
            copy(hidden[row][:size], state[depth, row, 0])
            if network.norms.shape[0] > 0:
                normalise(hidden[row][:size], network.norms[depth])
        if depth == 0 and not backwards:
            apply(network, 1, state[0][:, 0], scratch.ahead, digits, False)
    if backwards:
        apply(network, 1, state[0][:, 0], scratch.ahead, digits, True)
    head = plan.shape[0] - 2
    if plan[head, OUTPUTS] > 0:
        apply(network, head, hidden, gates, digits, False)
        for row in range(rows):
            squash_evenly(gates[row][: plan[head, OUTPUTS]])
        hidden = gates
    apply(network, head + 1, hidden, products, digits, False)
    for row in range(rows):
        copy(logits[row], products[row])


def apply(network: Network, row: int, x: Rows, out: Rows, digits: Digits, backwards: bool) -> None:
    """out = x times the matrix in this row of the plan, plus its bias; x and out may be wider than it.

    backwards: of a single row, begin with the last outputs.
    """
    begin, column, inputs, _, padded, columns = network.plan[row]
    width = network.width
    weights = network.weights[begin : begin + padded * columns]
    panels = weights.reshape((columns // width, padded, width))
    scales, bias = network.scales[column : column + columns], network.biases[column : column + columns]
    count = columns // width
    stretch = count
    if backwards and x.shape[0] == 1:
        stretch = max(1, _STRETCH // (padded * width * weights.itemsize))
    last = count
    while last > 0:
        first = max(0, last - stretch)
        a, b = first * width, last * width
        multiply(out[:, a:b], Matrix(inputs, panels[first:last], scales[a:b], bias[a:b]), x, digits)
        last = first


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


def _scratch(network: Network, rows: int, vocabulary_size: int) -> Scratch:
    widest = network.table.shape[1]
    for matrix in range(network.plan.shape[0]):
        widest = max(widest, network.plan[matrix, PADDED_INPUTS], network.plan[matrix, PADDED_OUTPUTS])
    return Scratch(
        np.empty((rows, widest), np.float32),
        np.empty((rows, widest), np.float32),
        np.empty((rows, widest), np.float32),
        np.empty((rows, widest), np.float32),
        new_digits(rows, widest),
        Room(np.empty(vocabulary_size), np.empty(vocabulary_size), np.empty(vocabulary_size)),
    )
