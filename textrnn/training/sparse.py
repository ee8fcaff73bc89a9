"""Sparse matrices of torch, from NumPy's rows, columns and values, and their products with a dense table."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

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


def sparse_matrix(entries: Entries, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return the matrix of `entries`."""
    starts = np.zeros(entries.shape[0] + 1, np.int32)
    np.cumsum(np.bincount(entries.rows, minlength=entries.shape[0]), out=starts[1:])
    places, values = torch.from_numpy(entries.columns.astype(np.int32)), torch.from_numpy(entries.values).to(dtype)
    with warnings.catch_warnings():
        # torch calls its sparse matrices a beta at every first use
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(torch.from_numpy(starts), places, values, entries.shape, check_invariants=False)


def product(entries: Entries, table: Tensor) -> Tensor:
    """Return the matrix of `entries` times `table`, differentiable by the table: (N, M), (M, E) -> (N, E)."""
    result: Tensor = _Product.apply(entries, table)  # type: ignore[no-untyped-call]
    return result


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, entries: Entries, table: Tensor) -> Tensor:
        ctx.entries = entries
        return sparse_matrix(entries, table.dtype).to(table.device) @ table

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_result: Tensor) -> tuple[None, Tensor]:
        # a product too: torch's own way back from a bag of embeddings takes as long as all else of a small step
        return None, sparse_matrix(ctx.entries.turned(), d_result.dtype).to(d_result.device) @ d_result.contiguous()
