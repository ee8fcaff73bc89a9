"""Vectors of texts in the form that trains: values and gradients are the definition's, in threads or not."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.cells.cell import Cell
from textrnn.cells.plain import plain
from textrnn.cells.table import CELLS
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.networks.build import cell_of
from textrnn.networks.classifier import Batch, ClassifierParameters, Masks, initial_classifier
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.training.classifier import texts as module
from textrnn.training.classifier.texts import fused, native, text_vectors
from textrnn.training.forms import fastest
from textrnn.training.fused.layer import fused as layer
from textrnn.training.fused.pooling import pool_backward, pool_forward

WORDS, ROWS, STEPS = 9, 6, 7
LENGTHS = np.array([7, 1, 3, 7, 2, 5])

pytest.importorskip("numba")


class Case:
    """A network in float64, its batch, and a weight for each number of the vectors."""

    def __init__(self, **given: Any) -> None:
        settings = TrainClassifierSettings.check({"hidden_size": 4, "embed_size": 3, "subwords": 5, **given})
        rng = np.random.default_rng(1)

        def leaf(array: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(rng.normal(0, 0.5, array.shape)).requires_grad_()

        self.cell: Cell = cell_of(settings)
        self.ways = settings.ways
        self.p: ClassifierParameters = map_arrays(
            lambda _, array: leaf(array), initial_classifier(settings, WORDS, 2, rng)
        )
        self.table = leaf(np.zeros((WORDS, 3)))
        mask = torch.from_numpy(rng.integers(0, 2, (ROWS, 1, 3)) / 0.5)
        ids = torch.from_numpy(rng.integers(0, WORDS, (ROWS, STEPS)))
        self.batch = Batch(ids, torch.from_numpy(LENGTHS), self.table, Masks(mask))
        width = settings.hidden_size * (2 if settings.bidirectional else 1) * len(self.ways)
        self.weights = torch.from_numpy(rng.normal(size=(ROWS, width)))

    def by(self, form: Any, **changed: Any) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the vectors that a form gives, and the gradients of their weighted sum."""
        layers = fastest(self.cell, torch.device("cpu"))
        found = form(self.cell, self.ways, self.p, self.batch._replace(**changed), layers)
        leaves = {"table": self.table, **named_arrays(self.p.layers)}
        (found * self.weights).sum().backward()
        gradients = {name: leaf.grad.clone() for name, leaf in leaves.items() if leaf.grad is not None}
        for leaf in leaves.values():
            leaf.grad = None
        return found.detach(), gradients


def close(found: tuple[Any, dict[str, Any]], expected: tuple[Any, dict[str, Any]]) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert len(found[1]) > 4


WAYS = ["+".join(ways) for count in (1, 2, 3) for ways in combinations(("last", "mean", "max"), count)]


@pytest.mark.parametrize("pooling", WAYS)
@pytest.mark.parametrize("bidirectional", [True, False])
def test_the_fast_form_is_the_definition(pooling: str, bidirectional: bool) -> None:
    case = Case(pooling=pooling, bidirectional=bidirectional)
    close(case.by(fused), case.by(native))
    no_mask = Masks()
    close(case.by(fused, masks=no_mask), case.by(native, masks=no_mask))


@pytest.mark.parametrize("cell", sorted({kind[0] for kind in CELLS}))
def test_it_is_so_for_every_cell(cell: str) -> None:
    case = Case(cell=cell)
    close(case.by(fused), case.by(native))


def test_padding_is_inert() -> None:
    case = Case()
    expected = case.by(fused)
    ids = torch.cat([case.batch.ids, torch.full((ROWS, 4), WORDS - 1)], dim=1)
    behind = torch.arange(ids.shape[1]) >= case.batch.lengths[:, None]
    found = case.by(fused, ids=torch.where(behind, WORDS - 1, ids))
    close(found, expected)


@pytest.mark.parametrize("name", ["ids", "lengths", "mask", "weight"])
def test_what_is_changed_before_the_way_back_is_noticed(name: str) -> None:
    """As torch notices it: the gradients would be those of other inputs."""
    case = Case()
    found = fused(case.cell, case.ways, case.p, case.batch, layer)
    own = {"ids": case.batch.ids, "lengths": case.batch.lengths, "mask": case.batch.masks.embedded}
    with torch.no_grad():
        (case.p.layers[0].cell.weight_hh if name == "weight" else own[name]).mul_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        found.sum().backward()


def test_there_is_one_way_back() -> None:
    case = Case()
    found = fused(case.cell, case.ways, case.p, case.batch, layer).sum()
    found.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="goes back once"):
        found.backward()


def test_a_mask_for_all_texts_or_units_serves_each() -> None:
    case = Case()
    for mask in (torch.full((ROWS, 1, 1), 0.5), torch.rand(1, 1, 3)):
        changed = {"masks": Masks(mask.double())}
        close(case.by(fused, **changed), case.by(native, **changed))


@pytest.mark.parametrize(
    "given", [{"num_layers": 2}, {"layer_norm": True}, {"pooling": "mean+attention"}, {"pooling": "max"}], ids=str
)
def test_the_form_is_chosen_by_what_it_can_do(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(**given)
    chosen = []
    for name in ("fused", "native"):
        monkeypatch.setattr(module, name, lambda *_, name=name: chosen.append(name))
    for form in (layer, plain):
        text_vectors(case.cell, case.ways, case.p, case.batch, form)
    assert chosen == ["fused" if given == {"pooling": "max"} else "native", "native"]


def pooled(values: list[float], length: int) -> tuple[float, list[float]]:
    """Return the largest of a text's values, and the gradient by them."""
    y, lengths, shares = np.array(values, np.float32).reshape(-1, 1, 1), np.array([length]), np.ones(1, np.float32)
    final, mean, largest, where = *np.zeros((3, 1, 1), np.float32), np.zeros((1, 1), np.int32)
    pool_forward(y, lengths, shares, final, mean, largest, where, 0, 1)
    dy, none = np.empty_like(y), np.zeros((1, 1), np.float32)
    pool_backward(dy, lengths, shares, none, none, none + 1, where, 0, 1)
    return float(largest.item()), dy.ravel().tolist()


def test_of_equal_values_the_first_is_the_largest() -> None:
    """The definition shares the gradient among them: both are subgradients."""
    assert pooled([1.0, 3.0, 3.0, 9.0], 3) == (3.0, [0.0, 1.0, 0.0, 0.0])


def test_what_is_not_finite_is_not_lost() -> None:
    assert np.isnan(pooled([1.0, np.nan, 3.0], 3)[0])
    assert pooled([1.0, np.nan, 3.0], 1)[0] == 1.0
