"""The few functions the array API lacks, and the namespace of an array.

Given NumPy arrays they compute in NumPy, given torch tensors in torch. Arrays are typed `Any` at this border: no
common type exists.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
Namespace = Any


def namespace(array: Array) -> Namespace:
    """Return the array API namespace of `array`: NumPy 2 is one itself, others come through array-api-compat."""
    if isinstance(array, np.ndarray):
        return np
    # imported here: running a model on NumPy never needs it, and starting is faster without
    from array_api_compat import array_namespace

    return array_namespace(array)


def sigmoid(xp: Namespace, x: Array) -> Array:
    """1 / (1 + exp(-x)), by the tanh that neither overflows nor leaves the vector units."""
    return 0.5 * xp.tanh(0.5 * x) + 0.5


def lookup(xp: Namespace, table: Array, ids: Array) -> Array:
    """Rows of `table` (V, E) at `ids` (...) -> (..., E)."""
    return xp.reshape(xp.take(table, xp.reshape(ids, (-1,)), axis=0), (*ids.shape, table.shape[1]))


def log_softmax(xp: Namespace, logits: Array) -> Array:
    """log(softmax(logits)) over the last axis; finite wherever the logits are."""
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


def negative_log_likelihood(xp: Namespace, logits: Array, targets: Array) -> Array:
    """Nats of each target under its logits: (..., V), (...) -> (...)."""
    rows = xp.reshape(log_softmax(xp, logits), (-1,))
    vocabulary_size = logits.shape[-1]
    flat = xp.reshape(targets, (-1,))
    # a gather on the flattened table: the array API has no gather by row
    places = flat + vocabulary_size * xp.arange(flat.shape[0], dtype=flat.dtype, device=flat.device)
    return xp.reshape(-xp.take(rows, places, axis=0), targets.shape)
