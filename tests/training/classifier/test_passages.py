"""The passages of a batch: every one in a block, each found again at its place; a stretch keeps their edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.training.classifier import passages
from textrnn.training.classifier.passages import laid_out, stretch

SIZES = st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=9), min_size=1, max_size=12)


def texts_of(sizes: list[list[int]]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Texts whose units are all different."""
    ends = np.cumsum([sum(own) for own in sizes])
    return [np.arange(end - sum(own), end) for own, end in zip(sizes, ends, strict=True)], list(map(np.array, sizes))


@given(SIZES)
def test_every_passage_is_found_at_its_place(sizes: list[list[int]]) -> None:
    units, own = texts_of(sizes)
    laid = laid_out(units, own)
    read = [row[:length] for block in laid.blocks for row, length in zip(block.ids, block.lengths, strict=True)]
    of_text = np.concatenate([block.texts for block in laid.blocks])
    for number, (ids, rows, count) in enumerate(zip(units, laid.rows, laid.counts, strict=True)):
        assert np.array_equal(np.concatenate([read[row] for row in rows[:count]]), ids)
        assert [len(read[row]) for row in rows[:count]] == sizes[number]
        assert (of_text[rows[:count]] == number).all()
    assert len(read) == sum(map(len, sizes)) and (laid.rows >= 0).all() and (laid.rows < len(read)).all()


def test_texts_of_one_passage_are_one_block_in_their_order() -> None:
    units, sizes = texts_of([[7], [1], [4]])
    (block,) = laid_out(units, sizes).blocks
    assert block.lengths.tolist() == [7, 1, 4] and block.texts.tolist() == [0, 1, 2]


def test_passages_of_about_one_length_stand_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passages, "_AT_ONCE", 4)
    units, sizes = texts_of([[30, 1, 2], [1, 29, 30], [2, 31]])
    laid = laid_out(units, sizes)
    assert [sorted(block.lengths.tolist()) for block in laid.blocks] == [[1, 1, 2, 2], [29, 30, 30, 31]]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(1, 40), st.floats(0, 1, exclude_max=True))
def test_a_stretch_has_the_passages_that_lie_in_it(sizes: list[int], longest: int, start: float) -> None:
    ids = np.arange(sum(sizes))
    found, own = stretch(longest, ids, np.array(sizes), start)
    assert len(found) == min(longest, len(ids)) == own.sum() and (own > 0).all()
    assert np.array_equal(found, np.arange(found[0], found[0] + len(found)))
    ends = set(np.cumsum(sizes).tolist())
    inner = (found[0] + np.cumsum(own))[:-1].tolist()
    # every end of a passage inside is one, and nothing else is
    assert set(inner) == {end for end in ends if found[0] < end <= found[-1]}
