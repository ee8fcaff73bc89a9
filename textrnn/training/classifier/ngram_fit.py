"""Fitting the linear model of n-grams: logistic regression on naive-Bayes features (Wang & Manning 2012).

In: the training texts and the ids of their labels. Out: `NgramParameters`. An n-gram's feature is its log-count ratio
of each class, so that regression begins where counting ends:

    r_c = log(p_c / |p_c|) - log(q_c / |q_c|)        logits_c = b_c + sum over n-grams of v_c r_c

with p_c = a + the texts of class c that hold the n-gram, q_c likewise of all other classes.
Shapes: B texts, N n-grams of all texts, F n-grams kept, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from textrnn.networks.ngrams import NgramParameters, known, of_classes, shares
from textrnn.text.ngrams import Keys, NgramReader, families
from textrnn.training.sparse import Entries, sparse_matrix

# n-grams that are fitted, those in most texts first; and how many of them are kept, those that tell most first
MOST_FITTED, MOST_KEPT = 400_000, 100_000
# weights of n-grams for all classes together: with many classes fewer n-grams
MOST_WEIGHTS = 4_000_000
# a in the counts
SMOOTHING = 1.0
# how much a text weighs against the sum of squares of all v
INVERSE_PENALTY = 15.0
ITERATIONS = 60
# texts whose n-grams are read at a time
_BLOCK = 1024

Rows = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]


def fit_ngrams(
    reader: NgramReader, texts: Sequence[str], label_ids: Rows, num_classes: int, *, weights: Floats
) -> NgramParameters:
    """Fit the model. weights: (C,) how much a text of each class counts."""
    rows, asked = _read(reader, texts)
    keys = _frequent(asked, min(MOST_FITTED, MOST_WEIGHTS // num_classes))
    rows, places = known(keys, rows, asked)
    ratios = log_count_ratios(rows, places, len(keys), label_ids, num_classes)
    if num_classes == 2:
        ratios = ratios[:, 1:]
    factors = shares(rows, families(keys[places]), len(texts))
    features = Features.of(rows, places, factors, len(texts), len(keys))
    v, bias = _regress(features, ratios, label_ids, weights)
    fitted = v * ratios
    kept = _most_telling(fitted, np.bincount(places, minlength=len(keys)))
    return NgramParameters(keys[kept], fitted[kept].astype(np.float32), bias.astype(np.float32))


def _most_telling(fitted: Floats, texts: Rows) -> Rows:
    """Return the places of the n-grams that move most texts furthest, ascending. texts: (F,) that hold each."""
    weight = np.abs(fitted).max(axis=1) * np.sqrt(texts)
    return np.sort(np.argsort(-weight, kind="stable")[:MOST_KEPT])


def _read(reader: NgramReader, texts: Sequence[str]) -> tuple[Rows, Keys]:
    rows, keys = [], []
    for start in range(0, len(texts), _BLOCK):
        own, found = reader.read(texts[start : start + _BLOCK])
        rows.append((own + start).astype(np.int32))
        keys.append(found)
    return np.concatenate(rows), np.concatenate(keys)


def _frequent(asked: Keys, most: int) -> Keys:
    """Return the n-grams that stand in most texts, ascending; of equally many all or none."""
    ordered = np.sort(asked)
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else ordered[:0]
    texts = np.diff(np.concatenate((starts, [len(ordered)])))
    at_least = 1
    while np.count_nonzero(texts >= at_least) > most:
        at_least += 1
    return ordered[starts[texts >= at_least]]


def log_count_ratios(rows: Rows, places: Rows, num_kept: int, label_ids: Rows, num_classes: int) -> Floats:
    """Return r, (F, C)."""
    counts = np.bincount(places * num_classes + label_ids[rows], minlength=num_kept * num_classes)
    inside = counts.reshape(num_kept, num_classes) + SMOOTHING
    outside = inside.sum(axis=1, keepdims=True) - inside - (num_classes - 2) * SMOOTHING
    ratios: Floats = np.log(inside / inside.sum(axis=0)) - np.log(outside / outside.sum(axis=0))
    return ratios.astype(np.float32)


@dataclass(frozen=True)
class Features:
    """The n-grams of all texts as a sparse matrix (B, F), and its transpose."""

    matrix: Tensor
    transpose: Tensor

    @classmethod
    def of(cls, rows: Rows, places: Rows, values: Floats, num_texts: int, num_kept: int) -> Features:
        """rows, ascending, places and values: (N,)."""
        entries = Entries(rows, places, values, (num_texts, num_kept))
        return cls(sparse_matrix(entries), sparse_matrix(entries.turned()))


def _regress(features: Features, ratios: Floats, label_ids: Rows, weights: Floats) -> tuple[Floats, Floats]:
    """Return v (F, K) and the bias (K,) that minimise the loss of all texts plus |v|^2 / 2 over the inverse penalty."""
    scale, of_text = torch.from_numpy(ratios), torch.from_numpy(INVERSE_PENALTY * weights[label_ids]).float()
    v, bias = torch.zeros_like(scale), torch.zeros(ratios.shape[1])
    truth = torch.nn.functional.one_hot(torch.from_numpy(np.asarray(label_ids, np.int64)), len(weights))
    optimizer = torch.optim.LBFGS([v, bias], max_iter=ITERATIONS, history_size=10, line_search_fn="strong_wolfe")

    def loss() -> float:
        scores = features.matrix @ (v * scale) + bias
        log_p = torch.log_softmax(of_classes(torch.cat, scores), dim=1)
        errors = (log_p.exp() - truth) * of_text[:, None]
        errors = errors[:, -scores.shape[1] :]
        v.grad = features.transpose @ errors * scale + v
        bias.grad = errors.sum(dim=0)
        return float(-(log_p * truth).sum(dim=1) @ of_text + 0.5 * v.square().sum())

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return v.numpy(), bias.numpy()
