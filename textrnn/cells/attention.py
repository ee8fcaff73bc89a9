"""Attention: where a decoder looks in what an encoder made of its text, for all steps at once; and the way back.

In: queries, one for every step that is written; keys and values, one for every unit that was read; which of those are
real. Out: a context for every step, the values' mean under weights that add up to 1. Knows no network.
Shapes: B texts, T steps, S units read, H units of a query, A of a key, M of a value.
"""

from __future__ import annotations

from typing import NamedTuple

from textrnn.cells.bptt import product
from textrnn.cells.functions import Array, Namespace, namespace


class AttentionParameters(NamedTuple):
    """key: (A, M). query: (A, H), vector: (A,); None where queries meet keys by dot product."""

    key: Array
    query: Array | None = None
    vector: Array | None = None


class Memory(NamedTuple):
    """What was read of texts: keys (B, S, A), values (B, S, M), which of them are real (B, S).

    What is not real holds finite numbers, and has a weight of exactly 0.
    """

    keys: Array
    values: Array
    is_real: Array


def remember(p: AttentionParameters, values: Array, is_real: Array) -> Memory:
    """Return the memory of values (B, S, M), in which anything may stand where nothing is real: k = W_k v."""
    xp = namespace(values)
    values = xp.where(is_real[..., None], values, xp.zeros_like(values))
    return Memory(xp.matmul(values, p.key.T), values, is_real)


def attend(p: AttentionParameters, queries: Array, memory: Memory) -> tuple[Array, Array]:
    """Return contexts (B, T, M) and weights (B, T, S) for queries (B, T, H):

        a_ts = softmax over s of score(q_t, k_s)        c_t = sum over s of a_ts v_s
        score(q, k) = v . tanh(W_q q + k)               additive (Bahdanau, Cho & Bengio 2015)
        score(q, k) = q . k                             dot (Luong, Pham & Manning 2015, "general", with k = W_k v)

    As in Luong et al. the query is what the decoder made of its step, so that all steps are asked for together;
    Bahdanau et al. ask with the state before the step, and feed the context to it.
    """  # fmt: skip
    xp = namespace(queries)
    weights = _softmax(xp, _scores(xp, p, queries, memory.keys), memory.is_real)
    return xp.matmul(weights, memory.values), weights


def _scores(xp: Namespace, p: AttentionParameters, queries: Array, keys: Array) -> Array:
    """Return the scores (B, T, S)."""
    if p.vector is None:
        return xp.matmul(queries, xp.permute_dims(keys, (0, 2, 1)))
    return xp.matmul(_turned(xp, p, queries, keys), p.vector)


def _turned(xp: Namespace, p: AttentionParameters, queries: Array, keys: Array) -> Array:
    """Return tanh(W_q q + k) of every pair, (B, T, S, A)."""
    assert p.query is not None
    return xp.tanh(xp.matmul(queries, p.query.T)[:, :, None, :] + keys[:, None, :, :])


def _softmax(xp: Namespace, scores: Array, is_real: Array) -> Array:
    """Return weights that add up to 1 over what is real, and are 0 elsewhere; something is real in every row."""
    scores = xp.where(is_real[:, None, :], scores, xp.zeros_like(scores) - float("inf"))
    raised = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return raised / xp.sum(raised, axis=-1, keepdims=True)


def backward(
    p: AttentionParameters, queries: Array, memory: Memory, weights: Array, d_context: Array
) -> tuple[AttentionParameters, Array, Array]:
    """The way back through `remember` and `attend`: gradients by the parameters, the queries and the values.

    weights: those of the way forwards. d_context: the gradient by the contexts, (B, T, M).

        da_ts = dc_t . v_s        ds_ts = a_ts (da_ts - sum over r of a_tr da_tr)
        additive, with u = tanh(W_q q + k):   du = ds v (1 - u^2),   dk_s = sum over t of du,   dq_t = W_q^T sum over s
        dot:                                  dk_s = sum over t of ds_ts q_t,   dq_t = sum over s of ds_ts k_s
        dv_s = sum over t of a_ts dc_t + W_k^T dk_s
    """  # fmt: skip
    xp = namespace(queries)
    d_weights = xp.matmul(d_context, xp.permute_dims(memory.values, (0, 2, 1)))
    d_scores = weights * (d_weights - xp.sum(weights * d_weights, axis=-1, keepdims=True))
    if p.vector is None:
        d_queries = xp.matmul(d_scores, memory.keys)
        d_keys = xp.matmul(xp.permute_dims(d_scores, (0, 2, 1)), queries)
        d_query = d_vector = None
    else:
        assert p.query is not None
        turned = _turned(xp, p, queries, memory.keys)
        d_vector = product(xp, d_scores[..., None], turned)[0]
        d_turned = d_scores[..., None] * p.vector * (1 - turned * turned)  # (B, T, S, A)
        d_keys, d_products = xp.sum(d_turned, axis=1), xp.sum(d_turned, axis=2)
        d_query, d_queries = product(xp, d_products, queries), d_products @ p.query
    d_values = xp.matmul(xp.permute_dims(weights, (0, 2, 1)), d_context) + d_keys @ p.key
    # what is not real was put there by `remember`
    d_values = xp.where(memory.is_real[..., None], d_values, xp.zeros_like(d_values))
    return AttentionParameters(product(xp, d_keys, memory.values), d_query, d_vector), d_queries, d_values
