"""Stateful streams: every row goes on where it stopped, and batch k depends on (seed, k) alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from textrnn.data.streams import Streams

sizes = st.tuples(st.integers(1, 7), st.integers(1, 9), st.integers(0, 200), st.integers(0, 2**63 - 1))


def streams(batch_size: int, seq_length: int, more: int, seed: int) -> Streams:
    """Streams over 0, 1, 2, ..., so that an id says where it stands; one window at least."""
    return Streams(
        np.arange(batch_size * seq_length + 1 + more), batch_size=batch_size, seq_length=seq_length, seed=seed
    )


@how(deadline=None)
@given(sizes)
def test_targets_are_one_unit_ahead(size: tuple[int, int, int, int]) -> None:
    window = streams(*size)[3]
    assert window.inputs.shape == window.targets.shape == size[:2]
    assert window.inputs.dtype == window.targets.dtype == np.int64
    assert np.array_equal(window.targets, window.inputs + 1)


@how(deadline=None)
@given(sizes)
def test_a_row_goes_on_where_it_stopped_until_a_pass_ends(size: tuple[int, int, int, int]) -> None:
    made = streams(*size)
    for k in range(2 * made.windows + 1):
        window, following = made[k], made[k + 1]
        assert window.is_start == (k % made.windows == 0)
        if not following.is_start:
            assert np.array_equal(following.inputs[:, 0], window.targets[:, -1])


@how(deadline=None)
@given(sizes)
def test_a_pass_reads_one_stretch_of_the_text_once(size: tuple[int, int, int, int]) -> None:
    """All targets of a pass are different and neighbours, and what is left over is less than a batch and a row."""
    batch_size, seq_length, more, _ = size
    made = streams(*size)
    length = batch_size * seq_length + 1 + more
    for number in range(3):
        windows = [made[number * made.windows + place] for place in range(made.windows)]
        targets = np.sort(np.concatenate([window.targets.ravel() for window in windows]))
        assert np.array_equal(targets, targets[0] + np.arange(made.windows * batch_size * seq_length))
        assert targets[0] >= 1
        assert targets[-1] <= length - 1
        assert length - 1 - len(targets) < batch_size * seq_length + seq_length


@how(deadline=None)
@given(sizes)
def test_batch_k_is_a_function_of_the_seed_and_k(size: tuple[int, int, int, int]) -> None:
    forwards, backwards = streams(*size), streams(*size)
    found = {k: backwards[k] for k in reversed(range(7))}
    for k in range(7):
        assert np.array_equal(forwards[k].inputs, found[k].inputs)


def test_passes_are_cut_at_places_of_their_own_that_the_seed_decides() -> None:
    def offsets(seed: int) -> list[int]:
        made = streams(4, 8, 40, seed)
        return [int(made[number * made.windows].inputs[0, 0]) for number in range(50)]

    # 2 windows of 4 rows of 8 steps take 64 of 72 targets: any of 9 offsets
    assert set(offsets(0)) == set(range(9))
    assert offsets(0) == offsets(0)
    assert offsets(0) != offsets(1)


def test_over_many_passes_every_unit_is_a_target() -> None:
    made = streams(3, 5, 11, seed=0)
    targets = {int(target) for k in range(200 * made.windows) for target in made[k].targets.ravel()}
    assert targets == set(range(1, 3 * 5 + 1 + 11))


def test_ids_of_any_width_come_out_as_int64() -> None:
    ids = np.arange(200, dtype=np.uint8)
    window = Streams(ids, batch_size=2, seq_length=4, seed=0)[0]
    assert window.inputs.dtype == np.int64


def test_too_few_ids_are_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        Streams(np.arange(20), batch_size=4, seq_length=5, seed=0)
