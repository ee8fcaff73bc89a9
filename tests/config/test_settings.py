"""Settings: values as they are typed, every bad one reported at once by its flag."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from textrnn.config.generation import GenerationSettings
from textrnn.config.language_model import EvaluateSettings, TrainLanguageModelSettings
from textrnn.config.settings import Settings, choices, facts, flag
from textrnn.config.text import SMALLEST_VOCABULARY
from textrnn.errors import UserError
from textrnn.text.tokenizers.bpe import SMALLEST_SIZE
from textrnn.text.vocabulary import SPECIAL_SYMBOLS

KINDS: list[type[Settings]] = [TrainLanguageModelSettings, GenerationSettings, EvaluateSettings]
Train = TrainLanguageModelSettings.check
Generate = GenerationSettings.check
Evaluate = EvaluateSettings.check


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("hidden_size", "128", 128), ("hidden_size", 128, 128), ("steps", "0", 0), ("steps", " 7 ", 7),
        ("lr", "4e-3", 0.004), ("lr", ".5", 0.5), ("lr", 1, 1.0), ("epochs", "0.5", 0.5),
        ("budget", "90s", 90.0), ("budget", "3m", 180.0), ("budget", "1h", 3600.0), ("budget", "7", 7.0),
        ("budget", "1.5m", 90.0), ("budget", 12, 12.0), ("save_every", "30s", 30.0),
        ("clip", "0", None), ("clip", 0, None), ("clip", 0.0, None), ("clip", "0.25", 0.25),
        ("layer_norm", "true", True), ("layer_norm", False, False), ("cell", "gru", "gru"),
        ("device", "cuda:1", "cuda:1"), ("seed", "0", 0), ("seed", str(2**63 - 1), 2**63 - 1),
    ],
)  # fmt: skip
def test_good_training_values(name: str, typed: object, value: object) -> None:
    found = getattr(Train({name: typed}), name)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        *[("hidden_size", bad) for bad in (0, -1, "8.0", 8.0, True, "", None, "١٢", "1_0", "0x8", "1e2", 65537)],
        *[("lr", bad) for bad in (0, -1, "nan", "inf", math.nan, math.inf, "1e999", 10**400, True, "1e7")],
        *[("dropout", bad) for bad in (1, 1.0, -0.1, "nan", "1e-99999")],
        *[("clip", bad) for bad in (-1, "nan", "inf", False)],
        *[("seed", bad) for bad in (-1, 2**63, 1.5, "a", "9" * 5000)],
        *[("steps", bad) for bad in (-1, "1e3", 1e3)],
        *[("budget", bad) for bad in ("4s", 0, "1h30m", "-3m", "3 m", "1e3", "inf", math.inf, "m", "0." + "1" * 50)],
        *[("val_frac", bad) for bad in (0, 1, 1.5, "nan")],
        *[("batch_size", bad) for bad in (0, -3)],
        *[("seq_length", bad) for bad in (0, "0")],
        *[("num_layers", bad) for bad in (0, 65)],
        *[("device", bad) for bad in ("gpu", "cuda:", "cuda:100", "CPU", 0)],
        *[("threads", bad) for bad in (0, "0", -1)],
        *[("cell", bad) for bad in ("LSTM", "", 1)],
        *[("layer_norm", bad) for bad in ("maybe", 2)],
        *[("save_every", bad) for bad in (0, "0s", "0.5s")],
        *[("weight_decay", bad) for bad in (-1, "nan")],
        *[("patience", bad) for bad in (0, -1)],
        *[("vocabulary_size", bad) for bad in (1, -1)],
    ],
)  # fmt: skip
def test_bad_training_values(name: str, typed: object) -> None:
    with pytest.raises(UserError) as caught:
        Train({name: typed})
    line = str(caught.value)
    assert f" in {flag(name)}: expected {facts(TrainLanguageModelSettings.model_fields[name])['expected']}" in line
    assert len(line) < 200
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("top_k", "0", None), ("top_k", 0, None), ("top_k", "5", 5), ("top_p", "1", None), ("top_p", 1.0, None),
        ("top_p", 0, 0.0), ("min_p", "0", None), ("min_p", 0.05, 0.05), ("typical", 1, None), ("typical", 0.9, 0.9),
        ("repetition_penalty", "1", None), ("repetition_penalty", 1.3, 1.3), ("no_repeat_ngram", "0", None),
        ("beam", 0, None), ("temperature", "0", 0.0), ("temperature", 0, 0.0), ("length", "0", 0),
        ("stop", ["a", "b"], ("a", "b")), ("stop", "\n\n", ("\n\n",)), ("stop", (), ()),
    ],
)  # fmt: skip
def test_good_generation_values(name: str, typed: object, value: object) -> None:
    assert getattr(Generate({name: typed}), name) == value


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        *[("temperature", bad) for bad in (-0.1, "nan", "inf", math.nan, math.inf, True)],
        *[("top_k", bad) for bad in (-1, 1.5, "1.5", "1e3", "١٢", "1_0", True)],
        *[("top_p", bad) for bad in (-0.1, 1.1, "nan", True)],
        *[("min_p", bad) for bad in (-0.1, 1.1, "nan")],
        *[("typical", bad) for bad in (0, -1, 1.1)],
        *[("repetition_penalty", bad) for bad in (0, -1, "nan", "inf")],
        *[("no_repeat_ngram", bad) for bad in (-1, 0.5)],
        *[("beam", bad) for bad in (-1, 1001)],
        *[("length", bad) for bad in (-1, 1.5, "9" * 5000)],
        *[("samples", bad) for bad in (0, -1)],
        *[("seed", bad) for bad in (-1, 2**64, 1.5)],
        *[("stop", bad) for bad in ([""], "", ["a", ""], [1])],
        *[("unknown", bad) for bad in ("ignore", "")],
    ],
)  # fmt: skip
def test_bad_generation_values(name: str, typed: object) -> None:
    with pytest.raises(UserError, match=f" in {flag(name)}: expected "):
        Generate({name: typed})


def test_more_samples_than_the_beam_can_give() -> None:
    with pytest.raises(UserError, match="raise --beam"):
        Generate({"beam": 2, "samples": 3})
    assert Generate({"beam": 3, "samples": 3}).beam == 3


@pytest.mark.parametrize(
    ("typed", "value"), [("stateful", "stateful:64"), ("stateful:1", "stateful:1"), ("window:064", "window:64")]
)
def test_good_protocols(typed: str, value: str) -> None:
    assert Evaluate({"protocol": typed}).protocol == value


@pytest.mark.parametrize("typed", ["", "window", "window:0", "stateful:", "stateful:-1", "window:1.5", "x:3", 64, None])
def test_bad_protocols(typed: object) -> None:
    with pytest.raises(UserError, match="expected stateful:S or window:N"):
        Evaluate({"protocol": typed})


def test_continuations() -> None:
    assert Evaluate({"continuation": "50:100"}).continuation == (50, 100)
    assert Evaluate({"continuation": (50, 100)}).continuation == (50, 100)
    for bad in ("50", "0:5", "5:0", "a:b", "1:2:3", (0, 5), (5, -1), (5,), (1.5, 2)):
        with pytest.raises(UserError, match="expected P:C"):
            Evaluate({"continuation": bad})


def test_all_bad_values_are_reported_at_once() -> None:
    with pytest.raises(UserError) as caught:
        Train({"hidden_size": 0, "lr": "nan", "hiden_size": 3, "cell": "gru"})
    for part in ("--hidden-size", "--lr", "did you mean 'hidden_size'?"):
        assert part in str(caught.value)


def test_the_source_of_a_bad_value_is_named() -> None:
    with pytest.raises(UserError, match="0 in TEXTRNN_STEPS: expected"):
        TrainLanguageModelSettings.check({"steps": "0", "hidden_size": 0}, where={"hidden_size": "TEXTRNN_STEPS"})


def test_settings_cannot_be_changed_only_replaced() -> None:
    settings = Train({"steps": 5})
    with pytest.raises(ValidationError):
        settings.steps = 6  # type: ignore[misc]
    other = settings.replace(cell="gru")
    assert (other.steps, other.cell, settings.cell) == (5, "gru", "lstm")
    assert other.given() == {"cell": "gru", "steps": 5}


@pytest.mark.parametrize("kind", KINDS)
def test_settings_go_through_json_unchanged(kind: type[Settings]) -> None:
    typed: dict[type[Settings], dict[str, Any]] = {
        TrainLanguageModelSettings: {"clip": 0, "budget": "3m", "seed": 2**62, "cell": "rnn", "val_frac": 0.07},
        GenerationSettings: {"top_k": "0", "top_p": 0.9, "stop": ["a", "\n"], "seed": 3},
        EvaluateSettings: {"protocol": "window:256"},
    }
    settings = kind.check(typed[kind])
    assert kind.check(json.loads(json.dumps(settings.model_dump(mode="json")))) == settings
    assert settings.replace() == settings


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_says_what_it_is_and_what_it_expects(kind: type[Settings]) -> None:
    for name, field in kind.model_fields.items():
        assert field.description, name
        assert facts(field)["expected"], name
        # the default is a good value
        kind.check({name: field.default}) if field.default is not None else None


def test_choices_are_known() -> None:
    assert choices(TrainLanguageModelSettings.model_fields["cell"]) == ("rnn", "lstm", "gru")
    assert choices(TrainLanguageModelSettings.model_fields["steps"]) == ()


def test_tied_weights_decide_the_embedding() -> None:
    assert Train({"tied": True, "hidden_size": 96}).settled().embed_size == 96
    assert Train({"tied": True, "hidden_size": 96, "head_size": 40}).settled().embed_size == 40
    assert Train({"hidden_size": 96}).settled().embed_size == 64
    assert Train({"tied": True, "hidden_size": 96, "embed_size": 96}).embed_size == 96
    with pytest.raises(UserError, match="--embed-size is 100, give 96 or leave it out"):
        Train({"tied": True, "hidden_size": 96, "embed_size": 100})


def test_what_may_change_when_a_run_goes_on() -> None:
    """The lengths, the rate and the machine; never what the weights mean or which batch comes next."""
    fields = TrainLanguageModelSettings.model_fields
    assert {name for name, field in fields.items() if facts(field)["resumable"]} == {
        "budget", "epochs", "steps", "lr", "weight_decay", "clip", "patience", "save_every", "device", "threads",
    }  # fmt: skip


def test_the_smallest_vocabularies_are_those_of_the_tokenizers() -> None:
    assert {"char": 1 + len(SPECIAL_SYMBOLS), "word": 1 + len(SPECIAL_SYMBOLS), "bpe": SMALLEST_SIZE} == (
        SMALLEST_VOCABULARY
    )


def test_numbers_of_numpy_are_numbers() -> None:
    given = {"steps": np.int64(3), "hidden_size": np.uint8(8), "lr": np.float32(0.5), "dropout": np.float64(0.1)}
    settings = TrainLanguageModelSettings.check(given)
    assert settings.model_dump(include=set(given)) == {"steps": 3, "hidden_size": 8, "lr": 0.5, "dropout": 0.1}
    assert [type(getattr(settings, name)) for name in given] == [int, int, float, float]
    assert GenerationSettings.check({"top_k": np.int64(0), "top_p": np.float64(1.0)}).top_k is None
    for bad in (np.bool_(True), np.float64("nan"), np.array([1.0])):
        with pytest.raises(UserError, match=r"--lr"):
            TrainLanguageModelSettings.check({"lr": bad})


def test_the_guide_to_generating_has_every_setting_and_its_default() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "generating.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]+) \|", guide, flags=re.MULTILINE))
    assert list(rows) == list(GenerationSettings.model_fields)
    for name, field in GenerationSettings.model_fields.items():
        shown = {None: "off", (): "none"}.get(field.default, str(field.default))
        assert rows[name].strip("`") == ("drawn and told" if name == "seed" else shown)
