"""The lesson `shapes`: its tasks are what they are said to be, and what it says of the answers is counted once more."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from textrnn.cli.app import COMMANDS
from textrnn.learn.lessons import shapes

TRUTH: dict[str, Callable[[str], str]] = {
    "one_to_one": lambda x: "V" if x in "aeiou" else "C",
    "one_to_many": lambda x: {"r": "red...", "g": "green.", "b": "blue..", "y": "yellow", "o": "orange"}[x[0]],
    "many_to_one": lambda x: "P" if sum(1 if sign == "+" else -1 for sign in x) > 0 else "N",
    "in_step": lambda x: "".join("=" if a == b else "." for a, b in zip(x, " " + x, strict=False)),
    "encoder_decoder": lambda x: "..." + "".join(reversed(x[:3])),
}


@pytest.mark.parametrize("make", shapes.TASKS, ids=lambda make: make.__name__)
def test_each_task_is_what_it_says(make: Callable[[], shapes.Task]) -> None:
    task, truth = make(), TRUTH[make.__name__]
    for x, y in [*task.examples, *task.asked]:
        assert truth(x) == y
    assert len(dict(task.examples)) == len(task.examples)
    seen = {x for x, _ in task.examples}
    assert task.asked is task.examples or not seen & {x for x, _ in task.asked}
    assert (task.asked is task.examples) == (make.__name__ in ("one_to_one", "one_to_many"))


@pytest.mark.parametrize("make", shapes.TASKS, ids=lambda make: make.__name__)
def test_each_is_learned(make: Callable[[], shapes.Task], told: Callable[[str], str]) -> None:
    task = make()
    (share,) = re.findall(rf"^    {re.escape(task.shape)} +([\d.]+) +#", told("shapes"), re.MULTILINE)
    assert float(share) >= (0.8 if make.__name__ == "encoder_decoder" else 0.95)


def test_what_is_right_is_counted() -> None:
    task = shapes.encoder_decoder()._replace(epochs=12)
    result = shapes.run(task)
    right = [TRUTH["encoder_decoder"](x) == answer for (x, _), answer in zip(task.asked, result.answers, strict=True)]
    assert 0 < sum(right) < len(right)
    assert result.right == pytest.approx(sum(right) / len(right))


def test_a_wrong_answer_is_shown(told: Callable[[str], str]) -> None:
    rows = re.findall(r"^    (\S{6})  (\S{6})  wrong, it is (\S{6})$", told("shapes"), re.MULTILINE)
    assert rows and all(TRUTH["encoder_decoder"](x) == wanted != answer for x, answer, wanted in rows)


def test_the_commands_that_it_names_are_there(told: Callable[[str], str]) -> None:
    named = set(re.findall(r"textrnn ((?:train-)?[a-z0-9]+)(?![a-z-])", " ".join(told("shapes").split())))
    assert named == {
        "generate", "train-classifier", "train-forecaster", "train-tagger", "train-lm", "train-seq2seq", "translate",
    }  # fmt: skip
    assert named < {*COMMANDS}
