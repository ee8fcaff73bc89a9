"""Shades with digits: how strong, on which side, and which columns stand in which block."""

from __future__ import annotations

from textrnn.report.shades import shade, shaded, tenths


def test_shades_tell_the_side_and_the_strength() -> None:
    assert shade(0.0) == shade(-0.0)
    assert shade(1.0) == shade(7.0) != shade(-1.0)
    assert len({shade(k / 10) for k in range(-10, 11)}) == 21


def test_digits_are_tenths_rounded_half_up() -> None:
    shares = {0.0: "0", 0.049: "0", 0.05: "1", 0.15: "2", 0.949: "9", 1.0: "9", 3.0: "9", -0.04: "0", -0.7: "-7"}
    assert {share: tenths(share) for share in shares} == shares


def test_columns_go_into_blocks_by_their_own_widths() -> None:
    rows = [("x", [0.1, 0.2, 0.3, 0.4]), ("yy", [0.5, 0.6, 0.7, 0.8])]
    blocks = list(shaded(["a", "long", "b", "c"], rows, 12, each=[2, 5, 2, 2], digit=tenths))
    assert [part for part, _ in blocks] == [slice(0, 2), slice(2, 4)]
    assert [["".join(text for text, _ in line) for line in lines] for _, lines in blocks] == [
        ["     a long", "x    1    2", "yy   5    6"], ["     b c", "x    3 4", "yy   7 8"],
    ]  # fmt: skip
    narrow = list(shaded(["a", "long"], [("x", [0.1, 0.2])], 1, each=[2, 5], digit=tenths))
    assert [part for part, _ in narrow] == [slice(0, 1), slice(1, 2)], "a column at least in each"
    assert list(shaded([], [("x", [])], 40, each=[], digit=tenths)) == []
