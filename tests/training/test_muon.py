"""Muon against the singular value decomposition and a step written out in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from textrnn.training.muon import COEFFICIENTS, ROUNDS, Muon, orthogonalised

# the quintic iteration lifts singular values into this band, whatever they were (Jordan et al. 2024)
BAND = (0.68, 1.21)


def matrix(rows: int, columns: int, seed: int = 0, spread: float = 1.0) -> torch.Tensor:
    """A matrix whose singular values lie between 1 and 1 / 20 of `spread`."""
    rng = np.random.default_rng(seed)
    small = min(rows, columns)
    u, _ = np.linalg.qr(rng.normal(size=(rows, small)))
    v, _ = np.linalg.qr(rng.normal(size=(columns, small)))
    return torch.from_numpy(u @ np.diag(spread * rng.uniform(0.05, 1, small)) @ v.T)


@pytest.mark.parametrize("shape", [(16, 16), (8, 24), (24, 8), (1, 5), (5, 1), (64, 64)])
@pytest.mark.parametrize("spread", [1e-4, 1.0, 1e6])
def test_singular_values_become_one_and_singular_vectors_stay(shape: tuple[int, int], spread: float) -> None:
    given = matrix(*shape, spread=spread)
    found = orthogonalised(given)
    assert found.shape == given.shape
    values = torch.linalg.svdvals(found)
    assert float(values.min()) > BAND[0]
    assert float(values.max()) < BAND[1]
    u, _, vh = torch.linalg.svd(given, full_matrices=False)
    inner = u.T @ found @ vh.T
    torch.testing.assert_close(inner, torch.diag(inner.diagonal()), rtol=0, atol=1e-9)
    assert float(inner.diagonal().min()) > BAND[0]


def test_the_iteration_is_its_authors() -> None:
    """The same polynomial on the singular values alone."""
    assert (COEFFICIENTS, ROUNDS) == ((3.4445, -4.7750, 2.0315), 5)
    given = matrix(6, 6)
    values = torch.linalg.svdvals(given)
    values = values / torch.linalg.vector_norm(values)
    a, b, c = COEFFICIENTS
    for _ in range(ROUNDS):
        values = a * values + b * values**3 + c * values**5
    found = torch.linalg.svdvals(orthogonalised(given))
    torch.testing.assert_close(found.sort().values, values.sort().values, rtol=1e-5, atol=0)


def test_each_of_a_stack_is_orthogonalised_for_itself() -> None:
    stack = torch.stack([matrix(6, 4, seed, 10.0**seed) for seed in range(4)])
    for found, given in zip(orthogonalised(stack), stack, strict=True):
        torch.testing.assert_close(found, orthogonalised(given), rtol=1e-12, atol=1e-12)


def test_nothing_stays_nothing() -> None:
    assert not orthogonalised(torch.zeros(4, 4)).any()


def stepped(p: torch.Tensor, gradients: list[torch.Tensor], blocks: int = 1, **options: Any) -> torch.Tensor:
    p = p.clone().requires_grad_(True)
    optimizer = Muon([{"params": [p], "blocks": blocks}], **{"lr": 0.1, **options})
    for gradient in gradients:
        p.grad = gradient.clone()
        optimizer.step()
    return p.detach()


def test_steps_are_those_written_out() -> None:
    p, gradients = matrix(6, 6), [matrix(6, 6, seed) for seed in (1, 2, 3)]
    expected, velocity = p.clone(), torch.zeros_like(p)
    for gradient in gradients:
        velocity = 0.9 * velocity + 0.1 * gradient
        ahead = 0.1 * gradient + 0.9 * velocity
        expected = expected * (1 - 0.1 * 0.01) - 0.1 * orthogonalised(ahead)
    found = stepped(p, gradients, momentum=0.9, weight_decay=0.01)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_gates_are_independent_blocks() -> None:
    """Each block moves as if it were a matrix of its own, however large the gradient of another."""
    p = torch.cat([matrix(5, 7, seed) for seed in range(4)])
    gradients = [torch.cat([matrix(5, 7, 10 + seed, 100.0**seed) for seed in range(4)])]
    together = stepped(p, gradients, blocks=4)
    for gate in range(4):
        rows = slice(5 * gate, 5 * gate + 5)
        alone = stepped(p[rows], [gradient[rows] for gradient in gradients])
        torch.testing.assert_close(together[rows], alone, rtol=1e-10, atol=1e-12)
    assert not torch.allclose(together, stepped(p, gradients, blocks=1))


def test_tall_blocks_move_further() -> None:
    tall = stepped(torch.zeros(32, 8, dtype=torch.float64), [matrix(32, 8)])
    values = torch.linalg.svdvals(tall) / 0.1
    assert BAND[0] * 2 < float(values.min())
    assert float(values.max()) < BAND[1] * 2
    wide = stepped(torch.zeros(8, 32, dtype=torch.float64), [matrix(8, 32)])
    assert float(torch.linalg.svdvals(wide).max()) < BAND[1] * 0.1


def test_what_has_no_gradient_does_not_move() -> None:
    p = matrix(4, 4).requires_grad_(True)
    before = p.detach().clone()
    Muon([{"params": [p], "blocks": 1}], lr=0.1, weight_decay=0.5).step()
    assert torch.equal(p.detach(), before)


def test_products_of_bfloat16_numbers_turn_as_far_to_eight_bits() -> None:
    """Weights and velocity stay what they were; where singular values are not tiny, the directions are the same."""
    p, gradients = matrix(32, 32).float(), [matrix(32, 32, seed).float() for seed in (1, 2, 3)]
    options = {"lr": 0.1, "weight_decay": 0.01}
    exact, found = stepped(p, gradients, **options), stepped(p, gradients, products=torch.bfloat16, **options)
    assert found.dtype == torch.float32 and not torch.equal(found, exact)
    assert torch.linalg.vector_norm(found - exact) < 0.03 * torch.linalg.vector_norm(exact - p)
