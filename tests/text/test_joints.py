"""What stands between words: as the texts have it, for pairs that were met and for pairs that were not."""

from __future__ import annotations

import json

import pytest

from textrnn.text.joints import Joints, fit_joints, joints_from_json
from textrnn.text.tokenizers.word import units_of

FRENCH = (
    "C'est l'ami d'Anna.", "J'ai faim\u202f!", "Qu'est-ce que c'est\u202f?", "Il est là, n'est-ce pas\u202f?",
    "Elle a dit : « oui ».", "Nous avons faim.", "Il fait froid.",
)  # fmt: skip


@pytest.fixture
def joints() -> Joints:
    return fit_joints(FRENCH, lowercase=False)


def test_texts_come_back_as_they_stood(joints: Joints) -> None:
    assert [joints.join(units_of(text)) for text in FRENCH] == [*FRENCH]


def test_words_that_never_met_are_joined_by_what_each_has_beside_it(joints: Joints) -> None:
    assert joints.join(["L", "'", "est", "pas", "!"]) == "L'est pas\u202f!"
    assert joints.join(["Unseen", "words", ",", "only", "."]) == "Unseen words, only."
    assert joints.join([]) == "" and joints.join(["un"]) == "un"


def test_two_words_are_never_run_together() -> None:
    # that stood before an apostrophe alone
    joints = fit_joints(["that's it", "it's 3:30", "a-b"], lowercase=False)
    assert joints.join(["that", "odd"]) == "that odd"
    assert units_of(joints.join(["s", "-", "'", "that", "x"])) == ["s", "-", "'", "that", "x"]


def test_small_letters_are_counted_as_they_are_written() -> None:
    joints = fit_joints(["C'EST"], lowercase=True)
    assert joints.join(["c", "'", "est"]) == "c'est"


def test_it_is_kept_as_json(joints: Joints) -> None:
    again = joints_from_json(json.loads(json.dumps(joints.to_json())))
    assert [again.join(units_of(text)) for text in FRENCH] == [*FRENCH]
    assert fit_joints(["a", "b"], lowercase=False).join(["a", "b"]) == "a b"


@pytest.mark.parametrize(
    "change", [{"kinds": []}, {"kinds": [1]}, {"total": [1]}, {"behind": {"a": [1]}}, {"before": {"a": [-1, 0, 0]}}]
)
def test_what_it_cannot_have_said_is_refused(joints: Joints, change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="joints"):
        joints_from_json({**joints.to_json(), **change})
