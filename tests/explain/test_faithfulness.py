from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from textrnn.explain.faithfulness import faithfulness
from textrnn.explain.shapley import shapley
from textrnn.explain.words import Explanation, Reason, word_spans

GOOD = {"fine": 2.0, "lovely": 3.0, "dull": -1.0}


def value(text: str) -> float:
    return sum(GOOD.get(word, 0.0) for word in text.split()) - 0.5


def values(texts: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    return np.array([value(text) * (1 if label == "pos" else -1) for text, label in zip(texts, labels, strict=True)])


def verdicts(texts: Sequence[str]) -> list[str]:
    return ["pos" if value(text) > 0 else "neg" for text in texts]


def explained(text: str) -> tuple[str, Explanation]:
    (label,) = verdicts([text])
    attribution = shapley(text, word_spans(text), lambda texts: values(texts, [label] * len(texts)), seed=0)
    return text, attribution.explanation(label)


def test_the_heaviest_words_change_more_than_words_at_random() -> None:
    texts = ["a lovely film to see today", "what a fine day it was", "so very dull a film", "short"]
    found = faithfulness([*map(explained, texts)], values, verdicts, words=1, seed=0, draws=2000)
    assert (found.texts, found.too_short) == (3, 1)
    # without its heaviest word each of the first two is "neg", and the third is so either way
    assert (found.changed_top, found.fall_top) == (pytest.approx(2 / 3), pytest.approx((3 + 2 + 1) / 3))
    assert found.changed_random == pytest.approx((1 / 6 + 1 / 6 + 0) / 3, abs=0.02)
    assert found.fall_random == pytest.approx((3 / 6 + 2 / 6 + 1 / 5) / 3, abs=0.05)
    json.dumps(found.to_json(), allow_nan=False)


def test_reasons_that_are_wrong_are_seen() -> None:
    text, good = explained("a lovely film to see")
    weights = [-reason.weight for reason in good.reasons]
    reasons = tuple(Reason(r.text, r.start, r.end, w) for r, w in zip(good.reasons, weights, strict=True))
    bad = Explanation(
        label=good.label, reasons=reasons, method="", completeness_error=0.0, base=good.base, value=good.value
    )
    found = faithfulness([(text, bad)], values, verdicts, words=2, seed=0)
    assert (found.changed_top, found.fall_top) == (0.0, 0.0)


def test_the_seed_decides() -> None:
    cases = [explained("a lovely film to see today")]
    one, again, other = (faithfulness(cases, values, verdicts, words=2, seed=seed, draws=7) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_texts_that_are_too_short_leave_nothing_to_say() -> None:
    found = faithfulness([explained("fine film")], values, verdicts, words=2, seed=0)
    assert (found.texts, found.too_short, found.changed_top, found.fall_random) == (0, 1, None, None)
