"""Weights of a gated recurrent unit from one convention to another: which way z reads, and where the reset comes.

In and out: `CellParameters` in the order r, z, n, with input weights; the computed function stays the same, exactly in
real numbers. Both of these are called the GRU in the field, and weights that are run by the other give nonsense.
"""

from __future__ import annotations

from textrnn.cells.cell import CellParameters
from textrnn.cells.functions import Array, namespace
from textrnn.errors import UserError


def with_other_update_gate(p: CellParameters) -> CellParameters:
    """Return weights for the other reading of z: from z that keeps the old state to z that lets in the new, and back.

    Cho et al. (2014), torch and Keras write h' = z * h + (1 - z) * n; Chung et al. (2014) and Bahdanau et al. (2015)
    write h' = (1 - z) * h + z * n. As 1 - sigmoid(a) = sigmoid(-a), the rows of z change their sign, for any weights.
    """
    xp = namespace(p.weight_hh)

    def turned(array: Array | None) -> Array | None:
        if array is None:
            return None
        size = array.shape[0] // 3
        return xp.concat([array[:size], -array[size : 2 * size], array[2 * size :]], axis=0)

    return CellParameters(*map(turned, p))


def to_reset_before(p: CellParameters) -> CellParameters:
    """Return weights with which the reset before the product computes what `p` does with the reset after it.

    r_i * sum_j W_ij h_j, reset after, is sum_j W_ij (r'_j * h_j), reset before, if all units i that read unit j have
    one reset gate: r'_j. So it is where W_hn has one number a row and column, or all units share their reset gate, and
    b_hn, which r scales, is 0. For other weights there is no exact counterpart (but for gates that never change): r_i
    scales what unit i reads, whoever wrote it, r'_j what unit j wrote, whoever reads it. They are refused.
    """
    size = p.weight_hh.shape[-1]
    if bool(namespace(p.weight_hh).any(p.bias_hh[2 * size :] != 0)):
        raise _no_counterpart("b_hn is not 0")
    return _with_gates_of(p, p.weight_hh[2 * size :] != 0)


def to_reset_after(p: CellParameters) -> CellParameters:
    """Return weights with which the reset after the product computes what `p` does with the reset before it.

    As `to_reset_before`, the other way round: all units j that unit i reads have one reset gate, r'_i. b_hn moves to
    the inputs' bias, where no reset reaches it, so that it may be anything.
    """
    xp = namespace(p.weight_hh)
    size = p.weight_hh.shape[-1]
    assert p.bias_ih is not None
    b_hn = p.bias_hh[2 * size :]
    gated = _with_gates_of(p, p.weight_hh[2 * size :].T != 0)
    assert gated.bias_ih is not None
    return gated._replace(
        bias_ih=xp.concat([gated.bias_ih[: 2 * size], gated.bias_ih[2 * size :] + b_hn], axis=0),
        bias_hh=xp.concat([gated.bias_hh[: 2 * size], xp.zeros_like(b_hn)], axis=0),
    )


def _with_gates_of(p: CellParameters, takes: Array) -> CellParameters:
    """Return `p` in which unit b has the reset gate of those units a for which takes[a, b]; they must have one."""
    xp = namespace(p.weight_hh)
    size = takes.shape[0]
    assert p.weight_ih is not None and p.bias_ih is not None
    gates = [array[:size] for array in (p.weight_ih, p.weight_hh, p.bias_ih[:, None], p.bias_hh[:, None])]
    rows = xp.concat(gates, axis=1)
    chosen = []
    for unit in range(size):
        givers = [giver for giver in range(size) if bool(takes[giver, unit])] or [unit]
        if any(bool(xp.any(rows[giver] != rows[givers[0]])) for giver in givers):
            raise _no_counterpart("units that W_hn joins have different reset gates")
        chosen.append(givers[0])

    def moved(array: Array) -> Array:
        return xp.concat([xp.stack([array[unit] for unit in chosen], axis=0), array[size:]], axis=0)

    return CellParameters(*map(moved, p))


def _no_counterpart(reason: str) -> UserError:
    return UserError(
        f"reset before the product and reset after it compute different functions, as {reason}",
        which="these GRU weights",
        mend="run them with the cell they were trained with, or train anew",
    )
