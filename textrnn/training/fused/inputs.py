"""Words spread over the texts that they stand in, forwards and back, as loops that numba compiles.

The inputs of a layer for a direction, in its order of reading; `networks.words.reading_inputs` is the definition. Knows
no torch.
Shapes: B texts, T time, W words, E embedding; time leads.

    table: (W, E)           embeddings of words
    ids: (B, T)             texts, as places in the table
    lengths: (B,)           of texts
    factors: (B, E)         of dropout
    is_turned:              whether the direction reads from each text's own last unit on
"""

from __future__ import annotations

from typing import Any

Buffer = Any


def spread_forward(
    table: Buffer, ids: Buffer, lengths: Buffer, factors: Buffer, inputs: Buffer, is_turned: bool, first: int, last: int
) -> None:
    """inputs[t, b] = table[id] * factors[b], 0 behind the text. inputs: (T, B, E). first, last: the texts meant."""
    for t in range(ids.shape[1]):
        for b in range(first, last):
            into, factor = inputs[t, b], factors[b]
            if t < lengths[b]:
                row = table[ids[b, lengths[b] - 1 - t if is_turned else t]]
                for j in range(into.size):
                    into[j] = row[j] * factor[j]
            else:
                into[:] = 0


def spread_backward(
    d_table: Buffer, ids: Buffer, lengths: Buffer, factors: Buffer, d_inputs: Buffer, is_turned: bool, first: int,
    last: int,
) -> None:  # fmt: skip
    """Add to the rows of `d_table` what `d_inputs`, the gradient by the inputs, says of them.

    d_inputs: (T, B or more, E or more). first, last: the columns that are meant: a word may stand in many texts.
    """
    for t in range(ids.shape[1]):
        for b in range(ids.shape[0]):
            if t < lengths[b]:
                given, factor = d_inputs[t, b, first:last], factors[b, first:last]
                row = d_table[ids[b, lengths[b] - 1 - t if is_turned else t], first:last]
                for j in range(given.size):
                    row[j] += given[j] * factor[j]
