"""What held-out data knows from training: counted, and said."""

from __future__ import annotations

from textrnn.data.overlap import overlap, pair_overlap
from textrnn.data.pairs import pairs_of


def test_overlap_counts_held_out_texts_seen_in_training() -> None:
    train = ["A fine film.", "A fine film.", "bad", "na\u00efve \u201cplot\u201d", "?!", "", "\u0938\u0941\u0916"]
    valid = [
        "A fine film.",
        "a FINE film",
        "Bad!",
        "nai\u0308ve plot",
        "...",
        "",
        " ",
        "\u0938\u093f\u0916",
        "new",
        "bad",
    ]
    found = overlap(train, valid)
    assert (found.exact, found.normalised) == (2, 5)
    assert found.examples == ("A fine film.", "a FINE film", "Bad!")
    assert found.notes(10) == (
        "5 of 10 held-out texts (50 %) are among those trained on, 2 word for word: the figures flatter; such as "
        "'A fine film.', 'a FINE film', 'Bad!'",
    )
    assert overlap(train, ["new", "", "?"]).notes(3) == ()


def test_marks_that_tell_texts_apart_stay() -> None:
    assert overlap(["🙂"], ["🙃"]).normalised == 0
    assert overlap(["C"], ["C+"]).normalised == 0
    assert overlap(["?!"], ["?!"]).exact == 1


def test_held_out_pairs_are_compared_by_source_and_as_a_whole() -> None:
    train = pairs_of(["Run!", "Go.", "Stop"], ["Cours !", "Va !", "Halte"])
    valid = pairs_of(["Run!", "Go.", "go", "Wait"], ["Courez !", "Va !", "Vas-y", "Attends"])
    sources, pairs = pair_overlap(train, valid)
    assert sources.startswith("3 of 4 held-out sources (75 %) are among those trained on, 2 word for word")
    assert pairs == "1 held-out pair with source and target as trained on"
    assert pair_overlap(train, pairs_of(["Wait"], ["Halte"])) == ()
