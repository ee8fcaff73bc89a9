"""The lesson `memory`: its read-out against scikit-learn's, its claims by other ways to the same number."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from textrnn.learn.lessons import memory
from textrnn.learn.trainer import SimpleRNN


@pytest.fixture
def net(trained_memory: SimpleRNN) -> SimpleRNN:
    return trained_memory


def test_the_read_out_is_ridge_regression() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    answers = rng.integers(0, 3, 400)
    states = rng.normal(size=(400, 10)) + 1.5 * np.eye(10)[answers]
    x = np.concatenate([states, np.ones((400, 1))], axis=1)
    ridge = linear_model.Ridge(alpha=memory.RIDGE, fit_intercept=False).fit(x[:200], np.eye(3)[answers[:200]])
    expected = (ridge.predict(x[200:]).argmax(axis=1) == answers[200:]).mean()
    assert memory.read_out(states, answers) == pytest.approx(expected)
    assert 0.5 < expected < 1


def test_what_is_there_is_read_and_what_is_not_is_guessed() -> None:
    rng = np.random.default_rng(1)
    answers = rng.integers(0, 4, 2000)
    assert memory.read_out(np.eye(4)[answers], answers) == 1
    assert memory.read_out(rng.normal(size=(2000, 8)), answers) == pytest.approx(0.25, abs=0.06)
    assert memory.commonest(np.array([1, 1, 0, 2, 1, 0, 0, 1])) == 0.5


def test_the_network_names_the_first_letter(net: SimpleRNN, told: Callable[[str], str]) -> None:
    ids = memory.strings(memory.TESTED, seed=1)
    right = np.mean([int(np.argmax(net.predict(row))) == row[0] for row in ids])
    assert right > 0.95
    assert f"names the first letter of {100 * right:.1f} %" in told("memory")


def test_it_keeps_the_first_letter_and_lets_the_others_go(net: SimpleRNN, told: Callable[[str], str]) -> None:
    shares = [float(share) for share in re.findall(r"^    letter \d  ([\d.]+)", told("memory"), re.MULTILINE)]
    assert len(shares) == memory.STEPS
    assert shares[0] > 0.98 and max(shares[1:]) < 0.7 and min(shares[2:7]) < 0.35
    states = memory.last_states(net, ids := memory.strings(memory.TESTED, seed=1))
    assert memory.read_out(states, ids[:, 4]) == pytest.approx(shares[4], abs=5e-4)


def test_distances_are_those_of_the_states(net: SimpleRNN, told: Callable[[str], str]) -> None:
    one, other = (np.array([memory.LETTERS.index(letter) for letter in text]) for text in ("abcdbcda", "dbcdbcda"))
    _, state_one = net.run(one[:3])
    _, state_other = net.run(other[:3])
    distance = np.sqrt(np.sum((state_one[0][0] - state_other[0][0]) ** 2))
    found = memory.state_distances(net, one, other)
    assert found[2] == pytest.approx(distance, rel=1e-9)
    (row,) = re.findall(r"^    other first letter  ([\d. ]+)$", told("memory"), re.MULTILINE)[:1]
    assert row.split()[2] == f"{distance:.3f}"
    # the third letter makes no difference before it is read, and hardly any long after
    late = memory.state_distances(net, one, np.array([0, 1, 3, 3, 1, 2, 3, 0]))
    assert late[:2] == [0, 0] and late[-1] < 0.1 * found[-1]
