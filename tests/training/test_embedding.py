"""The embeddings of words in both forms: their values and gradients are those of the definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from textrnn.cells.functions import namespace
from textrnn.cells.jit import has_numba
from textrnn.networks.build import DenseParameters
from textrnn.networks.classifier import ClassifierParameters
from textrnn.networks.words import Words, embed
from textrnn.training import embedding as module
from textrnn.training.embedding import embedded, fused, native

FORMS = [native, fused] if has_numba() else [native]


def case(dtype: torch.dtype) -> tuple[ClassifierParameters, Words]:
    """Words that share subwords, one twice in a word, and one that has none."""
    rng = np.random.default_rng(3)
    own, parts = (torch.from_numpy(rng.standard_normal((rows, 5))).to(dtype).requires_grad_() for rows in (6, 9))
    p = ClassifierParameters(own, parts, (), None, None, None, DenseParameters(None, torch.zeros(0)))
    subwords = torch.tensor([[3, 3, 8], [1, 0, 0], [8, 2, 1], [7, 7, 7]])
    return p, Words(torch.tensor([4, 1, 4, 0]), subwords, torch.tensor([3, 1, 2, 0]))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("dtype", "exact"), [(torch.float64, 1e-12), (torch.float32, 1e-5)], ids=str)
def test_a_form_is_the_definition(form: Any, dtype: torch.dtype, exact: float) -> None:
    p, words = case(dtype)
    weights = torch.linspace(-1, 2, 20, dtype=dtype).reshape(4, 5)
    expected = _defined(p, words)
    found = form(p, words)
    assert found.dtype == dtype
    torch.testing.assert_close(found, expected, rtol=exact, atol=exact)
    leaves = (p.embedding, p.subwords)
    by_form, by_definition = (torch.autograd.grad((one * weights).sum(), leaves) for one in (found, expected))
    for one, other in zip(by_form, by_definition, strict=True):
        torch.testing.assert_close(one.to_dense(), other, rtol=exact, atol=exact)
        # the rows that words use, each once
        rows = sorted(one._indices()[0].tolist())
        assert rows == sorted(set(rows)) == other.any(dim=1).nonzero()[:, 0].tolist()


def _defined(p: ClassifierParameters, words: Words) -> torch.Tensor:
    result: torch.Tensor = embed(namespace(p.embedding), p, words)
    return result


def test_without_subwords_and_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    p, words = case(torch.float64)
    alone = embedded(p._replace(subwords=None), words)
    assert torch.equal(alone, p.embedding[words.ids])
    (gradient,) = torch.autograd.grad(alone.sum(), [p.embedding])
    assert gradient.is_sparse and gradient.to_dense()[:, 0].tolist() == [1, 1, 0, 0, 2, 0]
    monkeypatch.setattr(module, "loads_numba", lambda: False)
    monkeypatch.setattr(module, "fused", None)
    torch.testing.assert_close(embedded(p, words), _defined(p, words))
