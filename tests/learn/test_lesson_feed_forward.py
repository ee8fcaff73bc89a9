"""The lesson `feed-forward`: its network against finite differences, its task and its figures counted once more."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from textrnn.learn.lessons import feed_forward as lesson


def test_the_task() -> None:
    ids, answers = lesson.texts(20, seed=3)
    for row, expected in zip(ids, answers, strict=True):
        is_open = False
        for symbol, answer in zip(row, expected, strict=True):
            is_open ^= lesson.SYMBOLS[symbol] == '"'
            assert answer == is_open


def test_windows_hold_the_last_symbols() -> None:
    found = lesson.windows(np.array([[0, 2, 1]]), 2).reshape(3, 2, 3)
    assert found.tolist() == [[[0, 0, 0], [1, 0, 0]], [[1, 0, 0], [0, 0, 1]], [[0, 0, 1], [0, 1, 0]]]


def test_the_way_back_is_the_slope_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    net = lesson.FeedForward(4, 3, 2, seed=1)
    x, answers = rng.normal(size=(6, 4)), rng.integers(0, 2, 6)

    def loss() -> float:
        logits, _ = net.forward(x)
        return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(6), answers]))

    gradients = net.backward(x, answers)
    for name, array in net.parameters.items():
        for at in np.ndindex(array.shape):
            before = array[at]
            array[at] = before + 1e-6
            up = loss()
            array[at] = before - 1e-6
            slope = (up - loss()) / 2e-6
            array[at] = before
            assert gradients[name][at] == pytest.approx(slope, abs=1e-8)


def test_the_figures(told: Callable[[str], str]) -> None:
    text = told("feed-forward")
    ids, answers = lesson.texts(lesson.EXAMPLES, seed=0)
    new_ids, new_answers = lesson.texts(lesson.TESTED, seed=1)
    narrow, net = lesson.feed_forward(1, ids, answers), lesson.recurrent(ids, answers)
    right = total = 0
    for row, expected in zip(new_ids[:60], new_answers[:60], strict=True):
        right += int((net.predict(row).argmax(axis=1) == expected).sum())
        total += len(row)
    shares = {
        name: float(share) for name, share in re.findall(r"^    (last \d|recurrent)[a-z ]+([\d.]+) +#", text, re.M)
    }
    assert right / total > 0.98
    guess = max(np.mean(new_answers), 1 - np.mean(new_answers))
    assert f"right in {100 * guess:.1f} %" in text
    # without memory, little more than guessing; a longer window, a little more
    assert shares["last 1"] < guess + 0.05 < shares["last 4"] < shares["last 8"] < 0.8
    seen = lesson.probabilities(narrow.forward(np.eye(3))[0])
    assert f"says {seen[0]:.2f} at every a and {seen[2]:.2f} at every quotation mark" in text


def test_one_answer_for_one_symbol(told: Callable[[str], str]) -> None:
    rows = dict(re.findall(r"^    (truth|feed-forward|recurrent) +((?:\d ?){20})$", told("feed-forward"), re.MULTILINE))
    columns = {name: row.split() for name, row in rows.items()}
    assert columns["recurrent"] == columns["truth"] != columns["feed-forward"]
    assert len(set(zip(lesson.SHOWN, columns["feed-forward"], strict=True))) == len(set(lesson.SHOWN))


def test_the_sizes(told: Callable[[str], str]) -> None:
    # 3 symbols a step, 8 units, 2 answers; a GRU has three gates and two vectors of biases
    feed_forward = {window: 8 * 3 * window + 8 + 2 * 8 + 2 for window in lesson.WINDOWS}
    gru = 3 * 8 * (3 + 8) + 2 * 3 * 8 + 2 * 8 + 2
    found = dict(re.findall(r"^    (window of \d|recurrent) +(\d+)$", told("feed-forward"), re.MULTILINE))
    assert found == {**{f"window of {w}": str(n) for w, n in feed_forward.items()}, "recurrent": str(gru)}
