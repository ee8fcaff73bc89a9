"""Sparse matrices against dense ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from textrnn.training.sparse import Entries, sparse_matrix


def test_it_is_the_dense_matrix() -> None:
    rng = np.random.default_rng(0)
    dense = rng.standard_normal((7, 5)) * (rng.random((7, 5)) < 0.4)
    dense[3] = 0
    rows, columns = np.nonzero(dense)
    found = sparse_matrix(Entries(rows, columns, dense[rows, columns], (7, 5)))
    np.testing.assert_array_equal(found.to_dense().numpy(), dense.astype(np.float32))
    other = torch.from_numpy(rng.standard_normal((5, 2)).astype(np.float32))
    np.testing.assert_allclose((found @ other).numpy(), dense.astype(np.float32) @ other.numpy(), rtol=1e-5, atol=1e-6)


def test_nothing_is_a_matrix_too() -> None:
    empty = np.zeros(0, np.int64)
    assert not sparse_matrix(Entries(empty, empty, np.zeros(0), (3, 2))).to_dense().any()


@pytest.mark.parametrize("columns", [5, 70_000])
def test_turned_it_is_the_transpose(columns: int) -> None:
    rng = np.random.default_rng(1)
    entries = Entries(
        np.sort(rng.integers(0, 7, 20)), rng.integers(0, columns, 20), rng.standard_normal(20), (7, columns)
    )
    table = torch.from_numpy(rng.standard_normal((columns, 3)).astype(np.float32))
    weights = torch.from_numpy(rng.standard_normal((7, 3)).astype(np.float32))
    there, back = sparse_matrix(entries) @ table, sparse_matrix(entries.turned()) @ weights
    assert float((there * weights).sum()) == pytest.approx(float((back * table).sum()), rel=1e-5, abs=1e-4)
    assert (np.diff(entries.turned().rows) >= 0).all()
