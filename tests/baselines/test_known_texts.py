"""Which texts a model knows: none is forgotten, few are taken for known, and damage is refused."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.baselines.known_texts import KnownTexts
from textrnn.errors import UserError

TEXTS = [f"the {number}th film of {number * number} is fine" for number in range(3000)]
OTHERS = [f"a {number}th book, the worst of {number + 1}" for number in range(3000)]


@pytest.fixture(scope="module")
def known() -> KnownTexts:
    return KnownTexts.fit(TEXTS)


def test_no_text_is_forgotten_but_for_case_spaces_and_marks(known: KnownTexts) -> None:
    assert known.are_known(TEXTS).all()
    assert known.are_known([text.upper() + " ...\r\n" for text in TEXTS]).all()


def test_one_in_a_hundred_others_is_taken_for_known(known: KnownTexts) -> None:
    # 0.8 % of 3,000 by the filter's theory; four deviations
    assert 5 <= known.are_known(OTHERS).sum() <= 45
    assert known.bits.nbytes == 3000 * 10 // 8


@pytest.mark.parametrize(
    ("number", "is_told"), [(3000, True), (1500, True), (95, True), (0, False)], ids=lambda value: str(value)
)
def test_a_note_counts_them_where_they_are_more_than_chance(known: KnownTexts, number: int, is_told: bool) -> None:
    notes = known.notes([*TEXTS[:number], *OTHERS[number:]])
    assert bool(notes) == is_told
    if number == 3000:
        assert notes[0].startswith("3,000 of 3,000 texts are among those")


def test_nothing_and_empty_texts_are_nobodys() -> None:
    known = KnownTexts.fit(["", " ...", "one"])
    assert known.are_known(["", " ", "!", "one", "two"]).tolist() == [False, False, False, True, False]
    assert known.notes([]) == () and known.notes([""]) == ()
    assert not KnownTexts.fit([]).are_known(["one"]).any()


def test_arrays_and_back_among_others(known: KnownTexts) -> None:
    again = KnownTexts.from_arrays({**known.to_arrays(), "majority.rows": np.zeros(2)})
    assert again is not None and (again.bits == known.bits).all()
    assert KnownTexts.from_arrays({"majority.rows": np.zeros(2)}) is None


@pytest.mark.parametrize(
    "bits", [np.zeros(3), np.zeros((2, 2), np.uint8), np.zeros(0, np.uint8)], ids=lambda bits: str(bits.shape)
)
def test_a_damaged_filter_is_refused(bits: np.ndarray) -> None:
    with pytest.raises(UserError, match=r"damaged filter of texts in known\.bits"):
        KnownTexts.from_arrays({"known.bits": bits})
