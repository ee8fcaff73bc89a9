from __future__ import annotations

import dataclasses
import json
import math

import pytest

from textrnn.report.records import Commit, Done, Evaluation, Note, Plan, Progress, to_json


def test_the_kinds() -> None:
    assert [kind.kind for kind in (Plan, Progress, Evaluation, Note, Commit, Done)] == [
        "plan", "progress", "evaluation", "note", "commit", "done",
    ]  # fmt: skip


def test_a_record_as_json_has_its_kind_and_its_fields_and_no_nan() -> None:
    record = Evaluation(
        step=3, elapsed_s=1.5, valid_nats=math.inf, figures={"bits_per_unit": math.nan}, units=9, sample="é",
        is_best=False,
    )  # fmt: skip
    value = to_json(record)
    assert list(value) == [
        "kind", "step", "elapsed_s", "valid_nats", "figures", "units", "sample", "is_best",
    ]  # fmt: skip
    assert (value["kind"], value["valid_nats"], value["figures"]) == ("evaluation", None, {"bits_per_unit": None})
    json.dumps(value, allow_nan=False)
    assert to_json(Plan(facts={"a": {"b": math.nan}})) == {"kind": "plan", "facts": {"a": {"b": None}}}


def test_records_are_values() -> None:
    assert Commit(step=1) == Commit(step=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Commit(step=1).step = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        Note("positional")  # type: ignore[misc]
