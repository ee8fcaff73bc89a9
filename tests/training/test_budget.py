"""Training against the clock: sizes planned, time kept, the schedule run down to its end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from textrnn.report.records import Evaluation, Plan, Progress
from textrnn.runs.folder import open_run
from textrnn.text.corpus import corpus_from_text
from textrnn.training import beginning, forms

BUDGET_S = 7.0


def test_a_budget_is_kept_and_the_schedule_run_down(make_training: Any, tmp_path: Path) -> None:
    """Within 5 seconds of the budget, from start to end, with a network that was planned for it."""
    text = "To be, or not to be, that is the question: whether 'tis nobler in the mind to suffer.\n" * 1000
    sizes = dict.fromkeys(("steps", "hidden_size", "embed_size", "seq_length", "batch_size"))
    began = time.monotonic()
    training = make_training(text, folder=tmp_path / "run", budget=BUDGET_S, **sizes)
    records = list(training.records())
    assert time.monotonic() - began == pytest.approx(BUDGET_S, abs=5)
    result = training.result()
    assert result["stopped_by"] == "budget"
    assert result["seconds"] == pytest.approx(BUDGET_S, abs=5)
    assert result["validation"]["units"] > 1000
    progress = [record for record in records if isinstance(record, Progress)]
    assert progress[-1].fraction > 0.9
    assert progress[-1].learning_rate < 0.1 * max(record.learning_rate for record in progress)
    assert all(record.budget_s == BUDGET_S for record in progress)
    # the same units every time, so that the figures compare
    assert len({record.units for record in records if isinstance(record, Evaluation)}) == 1
    (plan,) = [record for record in records if isinstance(record, Plan)]
    assert {"units_per_second", "epochs"} <= set(plan.facts)
    config = open_run(tmp_path / "run").json("config")
    assert config["plan"]["hidden_size"] == config["settings"]["hidden_size"] == plan.facts["hidden_size"]
    assert config["settings"]["optimizer"] == "muon"


def test_a_budget_that_is_over_already_still_leaves_a_model(make_training: Any) -> None:
    training = make_training("to be or not to be " * 80, budget=5, steps=None, started_at=time.monotonic() - 60)
    list(training.records())
    assert training.result()["stopped_by"] == "budget"
    assert training.result()["steps"] == 0
    assert training.result()["validation"]["units"] > 100


def test_sizes_that_were_given_are_planned_around_on_a_short_text(make_training: Any) -> None:
    """300 rows on 1,080 units: the planner's own windows would not fit, and its trial steps must not try them."""
    training = make_training(
        "abcdefghijkl" * 100, budget=5, steps=None, batch_size=300, seq_length=None, hidden_size=8,
        started_at=time.monotonic() - 60,
    )  # fmt: skip
    assert training.settings.batch_size == 300
    assert training.settings.batch_size * training.settings.seq_length <= len(training.data.train) - 1


def test_steps_end_before_a_budget_does(make_training: Any) -> None:
    training = make_training("to be or not to be " * 80, budget=60, steps=4)
    list(training.records())
    assert (training.result()["stopped_by"], training.result()["steps"]) == ("steps", 4)
    assert training.result()["seconds"] < 30


@pytest.mark.parametrize("has_instructions", [True, False])
def test_a_budget_rounds_products_where_the_processor_can(
    make_training: Any, monkeypatch: pytest.MonkeyPatch, has_instructions: bool
) -> None:
    monkeypatch.setattr(beginning, "has_rounded_products", lambda: has_instructions)
    text, late = "to be or not to be " * 80, time.monotonic() - 60
    chosen = {"steps": None, "started_at": late, "cell": "lstm"}
    assert make_training(text, budget=5, **chosen).settings.precision == ("bf16" if has_instructions else "fp32")
    assert make_training(text, budget=5, precision="fp32", **chosen).settings.precision == "fp32"
    # constants without a budget
    assert make_training(text, steps=3).settings.precision == "fp32"


def test_products_that_cannot_be_rounded_are_not_said_to_be(
    make_training: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "has_rounded_products", lambda: True)
    monkeypatch.setattr(forms, "loads_numba", lambda: False)
    text, late = "to be or not to be " * 80, time.monotonic() - 60
    assert make_training(text, budget=5, steps=None, started_at=late, cell="gru").settings.precision == "fp32"
    (told,) = (one for one in make_training(text, cell="gru", precision="bf16")._prepared.notes if "bf16" in one)
    assert "(gru) stay fp32" in told
    assert not any("bf16" in one for one in make_training(text, cell="lstm", precision="bf16")._prepared.notes)


def test_figures_on_the_way_are_those_of_exact_products(make_training: Any) -> None:
    training = make_training("to be or not to be " * 80, steps=3, cell="lstm", precision="bf16")
    list(training.records())
    model, held_out = training.model(), training.data.valid
    text = training.data.tokenizer.decode(held_out.tolist())
    assert training.result()["validation"]["nats_per_unit"] == pytest.approx(
        model.evaluate(corpus_from_text(text, "held out")).nats_per_unit, abs=1e-6
    )
