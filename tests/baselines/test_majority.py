from __future__ import annotations

import numpy as np
import pytest

from textrnn.baselines.majority import Majority
from textrnn.errors import UserError


def test_the_most_frequent_label_whatever_the_text() -> None:
    model = Majority.fit(["a", "b", "c", "d"], [2, 0, 2, 1], 4)
    assert model.predict(["anything", "", "b"]).tolist() == [2, 2, 2]
    assert model.rows.tolist() == [1, 1, 2, 0]
    assert model.predict([]).shape == (0,)


def test_of_equals_the_first() -> None:
    assert Majority.fit(["a", "b", "c", "d"], np.array([2, 1, 1, 2]), 3).label_id == 1


def test_arrays_and_back_among_others() -> None:
    model = Majority.fit(["a", "b", "c"], [1, 1, 0], 5)
    again = Majority.from_arrays({**model.to_arrays(), "bag_of_words.rows": np.zeros(2)})
    assert again.rows.tolist() == model.rows.tolist()
    assert all(array.dtype.kind in "iu" for array in model.to_arrays().values())


@pytest.mark.parametrize("rows", [None, np.array([0.5, 1]), np.zeros((2, 2), int), np.zeros(0, int), np.array([3, -1])])
def test_damaged_arrays_are_refused(rows: np.ndarray | None) -> None:
    with pytest.raises(UserError, match=r"damaged baseline in majority\.rows"):
        Majority.from_arrays({} if rows is None else {"majority.rows": rows})
