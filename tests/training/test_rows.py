"""Adam by rows: it is Adam without momentum over the whole table, and costs its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.cells.jit import has_numba
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.training import rows as module
from textrnn.training.loop import gradient_norm
from textrnn.training.optimizer import BETAS, Optimizers
from textrnn.training.rows import RowAdam, fused, native

FORMS = [native, fused] if has_numba() else [native]
SHAPE = (11, 3)


def table(seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=SHAPE)).requires_grad_()


def of_rows(used: np.ndarray, values: torch.Tensor) -> torch.Tensor:
    return torch.sparse_coo_tensor(torch.from_numpy(used)[None], values, SHAPE, check_invariants=True)


def gradients(steps: int, *, dtype: torch.dtype = torch.float64, first: int = 0) -> Iterator[torch.Tensor]:
    """A few rows a step; one of them stays away for long, some for ever."""
    for step in range(first, first + steps):
        rng = np.random.default_rng([5, step])
        used = np.sort(rng.choice(7, rng.integers(1, 5), replace=False))
        used = used if step % 20 == 3 else used[used != 2]
        values = torch.from_numpy(rng.normal(size=(len(used), 3))).to(dtype)
        yield of_rows(used, values)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("dtype", "exact"), [(torch.float64, 1e-12), (torch.float32, 1e-5)], ids=str)
def test_it_is_adam_without_momentum(
    form: Any, dtype: torch.dtype, exact: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "loads_numba", lambda: form is fused)
    ours, theirs = (table().detach().to(dtype).requires_grad_() for _ in "ab")
    before = ours.detach().clone()
    by_rows = RowAdam([ours], lr=0.03, beta2=0.9)
    dense = torch.optim.AdamW([theirs], lr=0.03, betas=(0.0, 0.9), weight_decay=0.0)
    for step, gradient in enumerate(gradients(60, dtype=dtype)):
        for optimizer, p, given in ((by_rows, ours, gradient), (dense, theirs, gradient.to_dense())):
            optimizer.param_groups[0]["lr"] = 0.03 / (1 + step)
            p.grad = given
            optimizer.step()
        torch.testing.assert_close(ours, theirs, rtol=exact, atol=exact)
    assert torch.equal(ours[7:], before[7:])
    assert not torch.isclose(ours[:7], before[:7]).any()


def test_a_gradient_of_the_whole_table_is_one_of_its_rows() -> None:
    sparse, dense = table(), table()
    optimizers = [RowAdam([p], lr=0.1, beta2=0.9) for p in (sparse, dense)]
    for gradient in gradients(5):
        sparse.grad, dense.grad = gradient, gradient.to_dense()
        for optimizer in optimizers:
            optimizer.step()
    assert torch.equal(sparse, dense) and not torch.equal(sparse, table())


def test_a_row_that_was_away_for_very_long_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    for is_compiled in (False, has_numba()):
        monkeypatch.setattr(module, "loads_numba", lambda found=is_compiled: found)
        p = table()
        optimizer = RowAdam([p], lr=0.1, beta2=0.99)
        one = of_rows(np.array([4]), torch.ones(1, 3, dtype=torch.float64))
        p.grad = 1e3 * one
        optimizer.step()
        optimizer.state[p]["step"] += 100_000
        before = p.detach().clone()
        p.grad = one
        optimizer.step()
        # nothing is left of the thousand: the second moment is the share of the new alone
        torch.testing.assert_close(before[4] - p[4], torch.full((3,), 0.1 / 0.01**0.5, dtype=torch.float64))


def settings(optimizer: str) -> TrainClassifierSettings:
    return TrainClassifierSettings.check({"optimizer": optimizer, "weight_decay": 0.0})


def take(optimizers: Optimizers, named: dict[str, torch.Tensor], first: int) -> None:
    for gradient in gradients(5, first=first):
        named["subwords"].grad, named["output.bias"].grad = gradient, torch.ones(2, dtype=torch.float64)
        optimizers.step(0.5)


def parameters(seed: int = 0) -> dict[str, torch.Tensor]:
    return {"subwords": table(seed), "output.bias": torch.zeros(2, dtype=torch.float64, requires_grad=True)}


@pytest.mark.parametrize("name", ["adamw", "adam", "muon", "sgd", "rmsprop"])
def test_saved_and_restored_it_goes_on_to_the_bit(name: str) -> None:
    named = parameters()
    optimizers = Optimizers(named, settings(name), gates=4, tables=("subwords",))
    take(optimizers, named, 0)
    arrays = {key: array.copy() for key, array in optimizers.arrays().items()}
    other = {key: p.detach().clone().requires_grad_() for key, p in named.items()}
    restored = Optimizers(other, settings(name), gates=4, tables=("subwords",))
    restored.restore(arrays)
    take(optimizers, named, 5)
    take(restored, other, 5)
    assert all(torch.equal(other[key], p) for key, p in named.items())
    assert ("subwords/seen" in arrays) is (name in ("adamw", "adam", "muon"))


def test_optimizers_without_rows_take_the_gradient_whole() -> None:
    named, whole = parameters(), parameters()
    by_rows, dense = (Optimizers(one, settings("sgd"), gates=4, tables=("subwords",)) for one in (named, whole))
    for gradient in gradients(6):
        named["subwords"].grad, whole["subwords"].grad = gradient, gradient.to_dense()
        by_rows.step(1.0)
        dense.step(1.0)
    assert torch.equal(named["subwords"], whole["subwords"])
    assert not torch.equal(named["subwords"], table())


def test_what_is_adams_elsewhere_is_the_same_beside_a_table() -> None:
    named = parameters()
    optimizers = Optimizers(named, settings("adamw"), gates=4, tables=("subwords",))
    take(optimizers, named, 0)
    alone = {"output.bias": parameters()["output.bias"]}
    other = Optimizers(alone, settings("adamw"), gates=4)
    for _ in range(5):
        alone["output.bias"].grad = torch.ones(2, dtype=torch.float64)
        other.step(0.5)
    assert torch.equal(named["output.bias"], alone["output.bias"])
    assert BETAS[0] > 0


def test_the_norm_and_its_limit_see_rows_as_they_see_a_table() -> None:
    (gradient,) = gradients(1)
    sparse, dense = table(), table()
    sparse.grad, dense.grad = gradient.clone(), gradient.to_dense()
    norms = [gradient_norm([p], 0.5) for p in (sparse, dense)]
    assert norms[0] == pytest.approx(norms[1], rel=1e-12) and norms[0] > 0.5
    assert sparse.grad is not None
    torch.testing.assert_close(sparse.grad.to_dense(), dense.grad)
    assert float(torch.linalg.vector_norm(dense.grad)) == pytest.approx(0.5)
