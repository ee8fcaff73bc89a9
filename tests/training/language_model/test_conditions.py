"""Training under conditions: what it learns, that it goes on exactly, and what another run gives it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import textrnn
from textrnn.data.conditioned import read_texts
from textrnn.inference.language_model.model import LanguageModel
from textrnn.networks.parameters import named_arrays
from textrnn.text.corpus import Corpus
from textrnn.training.language_model.training import LanguageModelTraining
from textrnn.training.start import Start

SETTINGS: dict[str, Any] = {
    "condition_column": "land", "hidden_size": 16, "embed_size": 8, "seed": 0, "batch_size": 8, "seq_length": 8,
}  # fmt: skip


@pytest.fixture
def names(tmp_path: Path) -> Path:
    """A table in which the condition tells the text: north writes a and b in turn, south c and d."""
    rng = np.random.default_rng(0)
    letters = {"north": "ab", "south": "cd"}
    rows = [(letters[land] * int(rng.integers(1, 8)), land) for land in letters for _ in range(90)]
    path = tmp_path / "names.tsv"
    path.write_text("text\tland\n" + "".join(f"{text}\t{land}\n" for text, land in rows))
    return path


@pytest.fixture
def corpus(names: Path) -> Corpus:
    return read_texts([names], condition_column="land")


def test_it_learns_what_a_condition_says(names: Path, corpus: Corpus) -> None:
    model = textrnn.train_lm(names, steps=120, lr=0.02, **SETTINGS)
    for land, letters in (("north", "ab"), ("south", "cd")):
        texts = [model.generate(length=50, seed=seed, condition=land) for seed in range(8)]
        assert all(set(text) <= set(letters) for text in texts) and any(texts)
    # the first letter is known, the next follow, only the end is not: about 1 of 8 units
    assert model.evaluate(corpus).nats_per_unit < 0.4
    assert model.config["data"]["conditions"] == {"north": 81, "south": 81}
    # a model that is not told has to guess the first letter
    plain = textrnn.train_lm(corpus_without(corpus), steps=120, lr=0.02, **{**SETTINGS, "condition_column": None})
    assert plain.evaluate(corpus).nats_per_unit > model.evaluate(corpus).nats_per_unit


def corpus_without(corpus: Corpus) -> Corpus:
    from textrnn.text.corpus import corpus_from_text

    part = corpus.chosen(np.random.default_rng(0).permutation(len(corpus.documents)).tolist())
    return corpus_from_text(["".join(pieces) for pieces in part.documents()])


@pytest.mark.parametrize("given", [{}, {"scheduled_sampling": "linear"}, {"dropout": 0.3, "cell": "gru"}])
def test_a_training_that_was_stopped_goes_on_to_the_same_weights(
    corpus: Corpus, tmp_path: Path, given: dict[str, Any]
) -> None:
    settings = {**SETTINGS, **given, "steps": 9}
    whole = textrnn.train_lm(corpus, out=tmp_path / "whole", **settings)
    for stop_at in (1, 4):
        folder = tmp_path / f"stopped {stop_at}"
        training = begun(corpus, settings, folder)
        for _ in stopping_at(training, stop_at):
            pass
        again = textrnn.train_lm(corpus, out=folder, resume=True)
        for name, array in named_arrays(whole.engine.parameters).items():
            np.testing.assert_array_equal(named_arrays(again.engine.parameters)[name], array)


def begun(corpus: Corpus, settings: dict[str, Any], folder: Path) -> LanguageModelTraining:
    from textrnn.config.language_model import TrainLanguageModelSettings

    return LanguageModelTraining(corpus, TrainLanguageModelSettings.check(settings), Start(folder=folder))


def stopping_at(training: LanguageModelTraining, step: int) -> Any:
    loss = training._prepared.task.loss

    def counted(*args: Any) -> Any:
        if args[1] == step - 1:
            training.stop("signal")
        return loss(*args)

    training._prepared.task.loss = counted  # type: ignore[method-assign]
    return training.records()


def test_scheduled_sampling_draws_units_and_keeps_their_condition(corpus: Corpus) -> None:
    from textrnn.config.language_model import TrainLanguageModelSettings
    from textrnn.data.text_data import prepare_text
    from textrnn.training.language_model.preparation import fresh_state
    from textrnn.training.language_model.task import LanguageTask

    settings = TrainLanguageModelSettings.check({**SETTINGS, "scheduled_sampling": "linear"})
    data = prepare_text(corpus, settings, seed=0)
    task = LanguageTask(data, settings, 0, torch.device("cpu"))
    state = fresh_state(data, settings, 0, torch.device("cpu"))
    read: list[Any] = []
    size = len(data.tokenizer.symbols)

    def forward(p: Any, batch: Any, state: Any, loop: Any) -> Any:
        read.append(batch.ids)
        return true_forward(p, batch, state, loop)

    import textrnn.training.language_model.task as module

    true_forward = module.forward
    module.forward = forward  # type: ignore[assignment]
    try:
        task.loss(state.parameters, 0, 1.0, None)
    finally:
        module.forward = true_forward
    inputs = torch.cat(read, dim=1)
    window = task._windows[0]
    assert (inputs // size).tolist() == (window.inputs // size).tolist()
    assert (inputs % size).tolist() != (window.inputs % size).tolist()


def test_another_run_gives_the_rows_of_the_conditions_that_both_have(corpus: Corpus, tmp_path: Path) -> None:
    donor = textrnn.train_lm(corpus, out=tmp_path / "donor", steps=3, **SETTINGS)
    table = tmp_path / "other.tsv"
    texts = "".join(f"abab{'ab' * (number % 5)}\t{land}\n" for number in range(90) for land in ("east", "north"))
    table.write_text("text\tland\n" + texts)
    from_donor = textrnn.train_lm(table, init_from=tmp_path / "donor", steps=0, **SETTINGS)
    assert from_donor.conditions.names == ("east", "north") and donor.conditions.names == ("north", "south")
    rows, old = (named_arrays(one.engine.parameters)["conditions"] for one in (from_donor, donor))
    np.testing.assert_array_equal(rows[1], old[0])
    assert abs(rows[0] - old[1]).max() > 0.1
    # a model without conditions begins from one with, and the other way round
    plain = {**SETTINGS, "condition_column": None}
    again = textrnn.train_lm(corpus_without(corpus), init_from=tmp_path / "donor", out=tmp_path / "p", steps=0, **plain)
    assert not again.conditions
    assert textrnn.train_lm(corpus, init_from=tmp_path / "p", steps=0, **SETTINGS).conditions.names == (
        "north",
        "south",
    )


def test_the_card_says_how_to_ask(corpus: Corpus, tmp_path: Path) -> None:
    model: LanguageModel = textrnn.train_lm(corpus, out=tmp_path / "run", steps=2, **SETTINGS)
    assert model.card is not None
    assert "2 conditions: 'north', 'south'" in model.card
    assert "textrnn generate --model run --condition north" in model.card
