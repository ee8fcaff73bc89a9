"""Whether the words said to matter do matter: a text without its heaviest words, against one without words at random.

In go explained texts and the functions that answer for texts, out come shares and means to be read side by side (the
deletion test of DeYoung et al. 2020, with chance beside it). What found the reasons is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.explain.words import Explanation, Words

# texts, and the label that each is valued for -> (N,) by how much each speaks for its label
Values = Callable[[Sequence[str], Sequence[str]], npt.NDArray[np.floating]]
Verdicts = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Faithfulness:
    """What leaving out `words` words did to `texts` texts; `too_short` more had no more words than that.

    changed: the share of verdicts that became another. fall: by how much the value fell in the mean. Of the words that
    spoke most for the verdict (top), and of as many words drawn at random (random).
    """

    words: int
    texts: int
    too_short: int
    changed_top: float | None
    changed_random: float | None
    fall_top: float | None
    fall_random: float | None

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def faithfulness(
    explained: Sequence[tuple[str, Explanation]],
    values: Values,
    verdicts: Verdicts,
    *,
    words: int,
    seed: int,
    draws: int = 10,
) -> Faithfulness:
    """Leave out of each text the `words` words of the largest weights, and `draws` times as many others at random."""
    rng = np.random.default_rng(seed)
    long_enough = [(text, reasons) for text, reasons in explained if len(reasons.reasons) > words]
    shortened, labels = [], []
    for text, explanation in long_enough:
        parts = Words(text, [(reason.start, reason.end) for reason in explanation.reasons])
        weights = np.array([reason.weight for reason in explanation.reasons])
        left_out = [np.argsort(-weights, kind="stable")[:words]]
        left_out += [rng.choice(len(weights), words, replace=False) for _ in range(draws)]
        for places in left_out:
            kept = np.ones(len(weights), bool)
            kept[places] = False
            shortened.append(parts.keep(kept))
        labels += [explanation.label] * len(left_out)
    if not shortened:
        nothing = dict.fromkeys(("changed_top", "changed_random", "fall_top", "fall_random"))
        return Faithfulness(words=words, texts=0, too_short=len(explained), **nothing)
    whole = np.repeat([explanation.value for _, explanation in long_enough], 1 + draws)
    falls = (whole - np.asarray(values(shortened, labels), np.float64)).reshape(-1, 1 + draws)
    changed = np.array([given != label for given, label in zip(verdicts(shortened), labels, strict=True)])
    changed = changed.reshape(-1, 1 + draws)
    return Faithfulness(
        words=words,
        texts=len(long_enough),
        too_short=len(explained) - len(long_enough),
        changed_top=float(changed[:, 0].mean()),
        changed_random=float(changed[:, 1:].mean()),
        fall_top=float(falls[:, 0].mean()),
        fall_random=float(falls[:, 1:].mean()),
    )
