"""Work divided among threads: all of it is done, once, and no number says how many threads there were."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from textrnn.cells.cell import CellParameters
from textrnn.cells.jit import has_numba
from textrnn.cells.lstm import LSTM
from textrnn.networks.build import DenseParameters
from textrnn.networks.classifier import ClassifierParameters
from textrnn.networks.words import Words
from textrnn.training import division
from textrnn.training.division import by_rows, by_rows_of_each, kept_numbers
from textrnn.training.forms import has_rounded_products
from textrnn.training.fused.layer import Fused, fused, fused_rounded
from textrnn.training.fused.pooling import WAYS
from textrnn.training.fused.texts import Words as WordsOfTexts
from textrnn.training.fused.texts import pooled_texts

TEXTS, STEPS, WORDS, SIZE = 70, 9, 300, 96


@pytest.mark.parametrize("threads", [1, 2, 3, 64])
@pytest.mark.parametrize(("rows", "together"), [(0, 8), (1, 8), (37, 8), (64, 16), (65, 16), (5, 1)])
def test_every_row_is_done_once_in_whole_portions(rows: int, together: int, threads: int) -> None:
    division.set_num_threads(threads)
    done: list[tuple[int, int]] = []
    by_rows(lambda first, last: done.append((first, last)), rows, together)
    assert sorted(row for first, last in done for row in range(first, last)) == list(range(rows))
    assert all(first % together == 0 for first, _ in done)
    assert len(done) <= max(1, min(threads, -(-rows // together)))


@pytest.mark.parametrize("threads", [1, 2, 3, 64])
@pytest.mark.parametrize(("rows", "together"), [(0, 8), (1, 8), (37, 8), (64, 16), (65, 16)])
def test_several_works_are_done_on_as_many_rows_each(rows: int, together: int, threads: int) -> None:
    division.set_num_threads(threads)
    done: list[tuple[str, int, int]] = []
    works = [lambda first, last, name=name: done.append((name, first, last)) for name in "ab"]
    by_rows_of_each(works, rows, together)
    for name in "ab":
        own = [(first, last) for who, first, last in done if who == name]
        assert sorted(row for first, last in own for row in range(first, last)) == list(range(rows))
        assert all(first % together == 0 for first, _ in own)


@pytest.mark.parametrize("place", [0, 40])
def test_what_goes_wrong_in_a_thread_is_heard(place: int) -> None:
    division.set_num_threads(2)

    def work(first: int, last: int) -> None:
        if first <= place < last:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        by_rows(work, 64, 8)


def test_nobody_goes_on_while_a_thread_is_at_work() -> None:
    division.set_num_threads(2)
    done = []

    def work(first: int, last: int) -> None:
        if first == 0:
            raise KeyboardInterrupt
        time.sleep(0.05)
        done.append(first)

    with pytest.raises(KeyboardInterrupt):
        by_rows(work, 64, 8)
    assert done == [32]


@pytest.mark.parametrize("place", [0, 16])
def test_nor_while_one_is_at_work_after_another_failed(place: int) -> None:
    division.set_num_threads(4)
    done = []

    def work(first: int, last: int) -> None:
        if first == place:
            raise ValueError("no")
        time.sleep(0.1 if first == 48 else 0)
        done.append(first)

    with pytest.raises(ValueError, match="no"):
        by_rows(work, 64, 8)
    assert 48 in done


def test_numbers_of_threads_are_put_back() -> None:
    division.set_num_threads(3)
    with pytest.raises(ValueError, match="no"), kept_numbers():
        division.set_num_threads(1)
        torch.set_num_threads(2)
        raise ValueError("no")
    parts: list[int] = []
    by_rows(lambda first, last: parts.append(first), 64, 8)
    assert len(parts) == 3 and torch.get_num_threads() == 1


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_works_side_by_side_are_all_done_and_heard(threads: int) -> None:
    division.set_num_threads(threads)
    done: list[str] = []
    division.side_by_side(*(partial(done.append, name) for name in "abc"))
    assert sorted(done) == ["a", "b", "c"]

    def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        division.side_by_side(partial(done.append, "d"), fails)
    assert "d" in done


def test_a_number_of_threads_is_torchs_too_unless_rows_have_their_own() -> None:
    with kept_numbers():
        division.set_num_threads(None)
        division.use_threads(3)
        assert torch.get_num_threads() == division.num_threads() == 3
        division.set_num_threads(2)
        division.use_threads(1)
        assert torch.get_num_threads() == 3 and division.num_threads() == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_child_has_threads_of_its_own() -> None:
    """A process that is forked has its parent's pool, and none of the threads."""
    code = (
        "import os\nfrom textrnn.training import division\ndivision.set_num_threads(2)\n"
        "division.by_rows(lambda first, last: None, 64, 8)\npid = os.fork()\n"
        "division.by_rows(lambda first, last: None, 64, 8)\n"
        "if pid:\n    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\nelse:\n    os._exit(7)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout == "7\n"


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape))).requires_grad_(True)


def places(below: int, *shape: int) -> Tensor:
    return torch.randint(0, below, shape, generator=torch.Generator().manual_seed(below))


def embeddings() -> list[Tensor]:
    from textrnn.training.embedding import fused as embedded

    own, parts = drawn(500, SIZE), drawn(700, SIZE)
    p = ClassifierParameters(own, parts, (), None, None, None, DenseParameters(None, torch.zeros(0)))
    found = embedded(p, Words(places(500, WORDS), places(700, WORDS, 6), places(7, WORDS)))
    return [found, *(one.to_dense() for one in torch.autograd.grad((found * found).sum(), [own, parts]))]


def texts(form: Fused) -> list[Tensor]:
    """What whole texts become, and the gradients by table and weights."""
    table, mask = drawn(WORDS, SIZE), drawn(TEXTS, 1, SIZE).detach()
    words = WordsOfTexts(table, places(WORDS, TEXTS, STEPS), places(STEPS, TEXTS) + 1, mask)
    directions = [CellParameters(drawn(4 * 20, SIZE), drawn(4 * 20, 20), drawn(4 * 20), drawn(80)) for _ in range(2)]
    found = pooled_texts(form, LSTM, WAYS, directions, words)
    leaves = [table, *(weight for one in directions for weight in one)]
    return [found, *torch.autograd.grad((found * found).sum(), leaves)]


def rows() -> list[Tensor]:
    from textrnn.training.rows import RowAdam

    table, used = drawn(2000, 5).detach().requires_grad_(True), torch.arange(0, 2000, 2)
    optimizer = RowAdam([table], lr=0.1, beta2=0.9)
    for _ in range(3):
        table.grad = torch.sparse_coo_tensor(used[None], drawn(1000, 5).detach(), table.shape, check_invariants=True)
        optimizer.step()
    return [table.detach()]


@pytest.mark.skipif(not has_numba(), reason="the forms need numba")
@pytest.mark.parametrize(
    "made",
    [
        embeddings,
        rows,
        partial(texts, fused),
        pytest.param(
            partial(texts, fused_rounded), marks=pytest.mark.skipif(not has_rounded_products(), reason="needs bfloat16")
        ),
    ],
)
def test_no_bit_depends_on_the_number_of_threads(made: Callable[[], list[Tensor]]) -> None:
    found = []
    for threads in (1, 3):
        division.set_num_threads(threads)
        found.append(made())
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))
    assert all(one.abs().sum() > 0 for one in found[0])
