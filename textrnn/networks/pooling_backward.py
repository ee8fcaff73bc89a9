"""The way back through pooling by hand: from the gradient by a text's vector to those by its outputs and by attention.

In: what `pool` was given, and the gradient (B, number of ways * D). Out: gradients (B, T, D), 0 behind a text's end,
and by attention's parameters. Shapes as in `networks.pooling`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textrnn.cells.bptt import product, total
from textrnn.cells.functions import Array, Namespace, namespace
from textrnn.networks.pooling import AttentionParameters, Outputs, attention_weights, masked

# (namespace, outputs, gradient by the vectors (B, D)) -> gradient by the outputs (B, T, D)
Back = Callable[[Namespace, Outputs, Array], Array]


def pool_backward(
    ways: Sequence[str],
    y: Array,
    lengths: Array,
    directions: int,
    attention: AttentionParameters | None,
    d: Array,
) -> tuple[Array, AttentionParameters | None]:
    """Return the gradients by `y` and, where attention is among the ways, by its parameters."""
    xp = namespace(y)
    outputs = masked(xp, y, lengths, directions)
    width = y.shape[2]
    dy, by_attention = xp.zeros_like(y), None
    for place, way in enumerate(ways):
        own = d[:, place * width : (place + 1) * width]
        if way == "attention":
            assert attention is not None
            back, by_attention = attend_backward(xp, outputs, attention, own)
        else:
            back = BACK[way](xp, outputs, own)
        dy = dy + back
    return dy, by_attention


def last_backward(xp: Namespace, outputs: Outputs, d: Array) -> Array:
    """All of it goes to the steps that were taken: a text's last forwards, its first backwards."""
    y, lengths, _is_real, directions = outputs
    steps = xp.arange(y.shape[1], dtype=lengths.dtype, device=lengths.device)[None, :]
    is_last, is_first = ((steps == place)[..., None] for place in (lengths[:, None] - 1, 0 * lengths[:, None]))
    spread = xp.zeros_like(y) + d[:, None, :]
    nothing = xp.zeros_like(y)
    if directions == 1:
        return xp.where(is_last, spread, nothing)
    half = y.shape[2] // 2
    halves = [spread[..., :half], spread[..., half:]]
    parts = [xp.where(at, part, xp.zeros_like(part)) for at, part in zip((is_last, is_first), halves, strict=True)]
    return xp.concat(parts, axis=-1)


def mean_backward(xp: Namespace, outputs: Outputs, d: Array) -> Array:
    """Every unit has its equal share."""
    share = d / xp.astype(outputs.lengths, d.dtype)[:, None]
    return xp.where(outputs.is_real, xp.zeros_like(outputs.y) + share[:, None, :], xp.zeros_like(outputs.y))


def maximum_backward(xp: Namespace, outputs: Outputs, d: Array) -> Array:
    """The largest has all of it; where several are, they share, as torch's amax has it."""
    lowest = xp.full_like(outputs.y, -float("inf"))
    inside = xp.where(outputs.is_real, outputs.y, lowest)
    is_largest = xp.astype(inside == xp.max(inside, axis=1, keepdims=True), d.dtype)
    return is_largest * (d / xp.sum(is_largest, axis=1))[:, None, :]


def attend_backward(
    xp: Namespace, outputs: Outputs, p: AttentionParameters, d: Array
) -> tuple[Array, AttentionParameters]:
    """The way back through attention: u = tanh(W y + b), s = query . u, a = softmax(s), and the mean sum_t a_t y_t.

        da_t = d . y_t                    ds_t = a_t * (da_t - sum_k a_k da_k)
        dv_t = ds_t query * (1 - u_t^2)   dy_t = a_t d + W^T dv_t          v for W y + b
    """  # fmt: skip
    y = outputs.y
    weights = attention_weights(xp, outputs, p)  # (B, T, 1)
    u = xp.tanh(y @ p.weight.T + p.bias)  # (B, T, A)
    d_weights = xp.sum(y * d[:, None, :], axis=-1, keepdims=True)
    d_scores = weights * (d_weights - xp.sum(weights * d_weights, axis=1, keepdims=True))
    d_v = d_scores * p.query * (1 - u * u)
    by_query = total(xp, d_scores * u)
    return weights * d[:, None, :] + d_v @ p.weight, AttentionParameters(product(xp, d_v, y), total(xp, d_v), by_query)


BACK: dict[str, Back] = {"last": last_backward, "mean": mean_backward, "max": maximum_backward}
