"""Sparse matrices of torch, from NumPy's rows, columns and values."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Ids = npt.NDArray[np.integer]


class Entries(NamedTuple):
    """What a sparse matrix of `shape` holds: rows, ascending, columns and values, (N,) each."""

    rows: Ids
    columns: Ids
    values: npt.NDArray[np.floating]
    shape: tuple[int, int]

    def turned(self) -> Entries:
        """Return the transposed matrix."""
        # few columns fit small integers, which NumPy sorts by counting
        keys = self.columns.astype(np.uint16) if self.shape[1] <= 2**16 else self.columns
        order = np.argsort(keys, kind="stable")
        return Entries(self.columns[order], self.rows[order], self.values[order], self.shape[::-1])


def sparse_matrix(entries: Entries) -> Tensor:
    """Return the matrix of `entries`, in float32."""
    starts = np.zeros(entries.shape[0] + 1, np.int32)
    np.cumsum(np.bincount(entries.rows, minlength=entries.shape[0]), out=starts[1:])
    places, values = (
        torch.from_numpy(entries.columns.astype(np.int32)),
        torch.from_numpy(entries.values.astype(np.float32)),
    )
    with warnings.catch_warnings():
        # torch calls its sparse matrices a beta at every first use
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(torch.from_numpy(starts), places, values, entries.shape, check_invariants=False)
