"""Sparse matrices of torch, from NumPy's rows, columns and values."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Ids = npt.NDArray[np.integer]


def sparse_matrix(rows: Ids, columns: Ids, values: npt.NDArray[np.floating], shape: tuple[int, int]) -> Tensor:
    """Return the matrix of `shape` in float32. rows, ascending, columns and values: (N,)."""
    starts = torch.from_numpy(np.searchsorted(rows, np.arange(shape[0] + 1)).astype(np.int32))
    places, held = torch.from_numpy(columns.astype(np.int32)), torch.from_numpy(values.astype(np.float32))
    with warnings.catch_warnings():
        # torch calls its sparse matrices a beta at every first use
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(starts, places, held, shape, check_invariants=False)
