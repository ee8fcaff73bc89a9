"""Pooling: what a recurrent stack made of each unit of a text, as one vector a text.

In: outputs (B, T, D), lengths (B,). Out: (B, number of ways * D). Padding is seen here alone, and by `where`: whatever
it holds, nothing of it comes out. Shapes: B texts, T time, D outputs of the stack, A attention units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textrnn.cells.functions import Array, Namespace, namespace
from textrnn.networks.recurrent import taken


class AttentionParameters(NamedTuple):
    """weight: (A, D). bias: (A,). query: (A,)."""

    weight: Array
    bias: Array
    query: Array


class Outputs(NamedTuple):
    """y: (B, T, D), 0 behind a text. lengths: (B,), each at least 1. is_real: (B, T, 1). directions: 1 or 2."""

    y: Array
    lengths: Array
    is_real: Array
    directions: int


def pool(
    ways: Sequence[str], y: Array, lengths: Array, directions: int, attention: AttentionParameters | None
) -> Array:
    """Return the results of all `ways` side by side, in their order."""
    xp = namespace(y)
    outputs = masked(xp, y, lengths, directions)
    pooled = [WAYS[way](xp, outputs, attention) for way in ways]
    return pooled[0] if len(pooled) == 1 else xp.concat(pooled, axis=-1)


def masked(xp: Namespace, y: Array, lengths: Array, directions: int) -> Outputs:
    """Return what there is to pool of `y`, in which anything may stand behind a text's end, also what is not finite."""
    steps = xp.arange(y.shape[1], dtype=lengths.dtype, device=lengths.device)
    is_real = (steps[None, :] < lengths[:, None])[..., None]
    return Outputs(xp.where(is_real, y, xp.zeros_like(y)), lengths, is_real, directions)


def last(xp: Namespace, outputs: Outputs, _: object) -> Array:
    """What each direction had made of the text in the end: forwards at its last unit, backwards at its first."""
    y, lengths, _is_real, directions = outputs
    first_of_row = y.shape[1] * xp.arange(y.shape[0], dtype=lengths.dtype, device=lengths.device)
    forwards = taken(xp, y, first_of_row + lengths - 1)
    if directions == 1:
        return forwards
    half = y.shape[2] // 2
    return xp.concat([forwards[:, :half], y[:, 0, half:]], axis=-1)


def mean(xp: Namespace, outputs: Outputs, _: object) -> Array:
    """The mean over the text's own units."""
    return _sum(xp, outputs.y) / xp.astype(outputs.lengths, outputs.y.dtype)[:, None]


def maximum(xp: Namespace, outputs: Outputs, _: object) -> Array:
    """The largest value of each output over the text's own units."""
    return xp.max(outputs.y + _floor(xp, outputs), axis=1)


def attend(xp: Namespace, outputs: Outputs, p: AttentionParameters | None) -> Array:
    """The mean weighted by attention (Bahdanau et al. 2015; as pooling: Yang et al. 2016)."""
    assert p is not None
    return _sum(xp, attention_weights(xp, outputs, p) * outputs.y)


def attention_weights(xp: Namespace, outputs: Outputs, p: AttentionParameters) -> Array:
    """Return the weights (B, T, 1), which add up to 1 over each text, 0 behind it:

        a = softmax(query . tanh(W y + b))
    """  # fmt: skip
    # time leads: products of (B, D), which are rounded alike however much padding there is
    turned = xp.tanh(xp.permute_dims(outputs.y, (1, 0, 2)) @ p.weight.T + p.bias)
    scores = xp.permute_dims(xp.sum(turned * p.query, axis=-1), (1, 0))[..., None] + _floor(xp, outputs)
    raised = xp.exp(scores - xp.max(scores, axis=1, keepdims=True))
    return raised / _sum(xp, raised)[:, None, :]


def _floor(xp: Namespace, outputs: Outputs) -> Array:
    """Return (B, T, 1): 0 where there is text, -inf behind it. Added to finite numbers it is a `where`, and cheaper."""
    nothing = xp.zeros_like(outputs.y[..., :1])
    return xp.where(outputs.is_real, nothing, nothing - float("inf"))


def _sum(xp: Namespace, x: Array) -> Array:
    """Return the sums over time, (B, T, X) -> (B, X), added up from first to last, so that zeros at the end are inert.

    NumPy adds columns so; where there is one alone, and its numbers lie side by side, it adds in halves.
    """
    return xp.sum(x, axis=1) if x.shape[2] > 1 else xp.cumulative_sum(x, axis=1)[:, -1]


WAYS: dict[str, Callable[[Namespace, Outputs, AttentionParameters | None], Array]] = {
    "last": last,
    "mean": mean,
    "max": maximum,
    "attention": attend,
}
