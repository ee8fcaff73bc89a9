"""Batches of documents: every unit is predicted once a pass, after all that stands before it in its document."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from textrnn.data.documents import Documents, boundaries
from textrnn.data.ids import Ids
from textrnn.text.vocabulary import END, UNKNOWN

VOCABULARY = 50


def documents_of(lengths: list[int], *, seed: int = 0) -> tuple[Ids, Ids]:
    """Return ids of documents of `lengths` units, each behind END, and inputs that say the number of the document."""
    rng = np.random.default_rng(seed)
    pieces = [np.concatenate([[END], rng.integers(2, VOCABULARY, length)]) for length in lengths]
    inputs = [piece + number * VOCABULARY for number, piece in enumerate(pieces)]
    return np.concatenate([*pieces, [END]]), np.concatenate([*inputs, [END]])


@pytest.mark.parametrize("lengths", [[3], [1, 1, 1], [5, 40, 7, 7, 7, 90, 2, 31, 8], [*range(1, 60)]])
@pytest.mark.parametrize("seq_length", [1, 8, 64])
@pytest.mark.parametrize("number", [0, 1])
def test_a_pass_reads_every_document_from_its_beginning_to_its_end(
    lengths: list[int], seq_length: int, number: int
) -> None:
    ids, inputs = documents_of(lengths)
    found = Documents(ids, inputs, batch_size=4, seq_length=seq_length, seed=3)
    read: dict[int, list[int]] = defaultdict(list)
    written: dict[int, list[int]] = defaultdict(list)
    carried: list[int] = []
    for k in range(number * found.windows, (number + 1) * found.windows):
        window = found[k]
        assert len(window.inputs) == found.rows_at(k) and window.inputs.shape[1] <= seq_length
        rows = (window.inputs[:, 0] // VOCABULARY).tolist()
        # the state that is carried is that of the same documents
        assert window.is_start or rows == carried
        carried = rows
        assert window.units == (window.targets != UNKNOWN).sum()
        for row, own, targets in zip(rows, window.inputs, window.targets, strict=True):
            real = targets != UNKNOWN
            assert not real[real.argmin() :].any() or real.all()
            read[row] += own[real].tolist()
            written[row] += targets[real].tolist()
    edges = boundaries(ids)
    for row in range(len(lengths)):
        begin, end = edges[row : row + 2]
        assert read[row] == inputs[begin:end].tolist()
        assert written[row] == ids[begin + 1 : end + 1].tolist()
        assert written[row][-1] == END


def test_a_window_depends_on_seed_and_number_alone() -> None:
    ids, inputs = documents_of([*range(1, 200)])

    def windows(seed: int) -> Documents:
        return Documents(ids, inputs, batch_size=8, seq_length=16, seed=seed)

    last = 3 * windows(0).windows - 1
    forwards, backwards = windows(0), windows(0)
    seen = {k: forwards[k] for k in range(last + 1)}
    for k in range(last, -1, -7):
        np.testing.assert_array_equal(backwards[k].inputs, seen[k].inputs)
        np.testing.assert_array_equal(backwards[k].targets, seen[k].targets)
    assert any(windows(1)[k].inputs.shape != seen[k].inputs.shape for k in range(20))
    first, second = (seen[k].inputs for k in (0, windows(0).windows))
    assert first.shape != second.shape or (first != second).any()


def test_short_documents_are_many_side_by_side_and_little_is_padding() -> None:
    rng = np.random.default_rng(0)
    ids, inputs = documents_of(rng.integers(4, 12, 4000).tolist())
    found = Documents(ids, inputs, batch_size=32, seq_length=64, seed=0)
    windows = [found[k] for k in range(found.windows)]
    places = sum(window.inputs.size for window in windows)
    units = sum(window.units for window in windows)
    assert units == len(ids) - 1 and units / places > 0.9
    # about as many units a step as 32 rows of 64 are
    assert 0.8 * 2048 < found.units_per_step < 1.2 * 2048


def test_a_text_that_is_cut_off_ends_with_what_it_has() -> None:
    ids, _ = documents_of([4, 6])
    assert boundaries(ids).tolist() == [0, 5, 12]
    assert boundaries(ids[:9]).tolist() == [0, 5, 8]
