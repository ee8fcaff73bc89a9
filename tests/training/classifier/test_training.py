"""Training a classifier from rows to a run, at a size that takes seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from textrnn.cells.jit import has_numba
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.data.labelled import LabelledRows, rows_of
from textrnn.errors import UserError, WorldError
from textrnn.inference.classifier.model import TextClassifier
from textrnn.inference.load import load
from textrnn.report.records import Done, Evaluation, Note, Plan, to_json
from textrnn.runs.folder import Run, open_run
from textrnn.runs.writer import RunWriter
from textrnn.training import division
from textrnn.training.classifier import preparation as classifier_preparation
from textrnn.training.classifier.mixing import cross_fitted, fit_mixing
from textrnn.training.classifier.training import ClassifierTraining
from textrnn.training.start import Start

Make = Callable[..., ClassifierTraining]
TINY: dict[str, Any] = {
    "hidden_size": 6, "embed_size": 5, "batch_size": 8, "subwords": 50, "seed": 1, "steps": 12, "val_frac": 0.25,
}  # fmt: skip
OPTIMIZERS = ("adamw", "adam", "sgd", "rmsprop", "muon")
WORDS = ["a", "film", "with", "acting", "and", "the", "plot", "is", "heart", "music"]
HINTS = {"neg": ["dull", "cold", "awful"], "pos": ["lovely", "warm", "great"], "mixed": ["odd", "long", "uneven"]}


def films(count: int = 80, labels: tuple[str, ...] = ("neg", "pos"), seed: int = 0) -> LabelledRows:
    """Texts whose label one word of theirs tells."""
    rng = np.random.default_rng(seed)
    own = [labels[number % len(labels)] for number in range(count)]
    texts = []
    for label in own:
        text = rng.choice(WORDS, rng.integers(2, 9)).tolist()
        text.insert(int(rng.integers(0, len(text))), str(rng.choice(HINTS[label])))
        texts.append(" ".join(text))
    return rows_of(texts, own, name="films")


@pytest.fixture
def make() -> Make:
    """Make a training at tiny size; settings given as None are left to their default."""

    def made(rows: LabelledRows | None = None, **given: Any) -> ClassifierTraining:
        start = Start(**{one.name: given.pop(one.name) for one in fields(Start) if one.name in given})
        options = {name: given.pop(name) for name in ("valid", "unlabelled") if name in given}
        checked = {name: value for name, value in {**TINY, **given}.items() if value is not None}
        return ClassifierTraining(rows or films(), TrainClassifierSettings.check(checked), start, **options)

    return made


@pytest.fixture
def trained(make: Make) -> Make:
    def train(*args: Any, **options: Any) -> ClassifierTraining:
        training = make(*args, **options)
        for _ in training.records():
            pass
        return training

    return train


def stop_after(training: ClassifierTraining, step: int) -> ClassifierTraining:
    """Run `training` until `step` steps are done, as a signal in the midst of the last of them would."""
    task = training._prepared.task
    loss = task.loss

    def watched(parameters: Any, at: int, fraction: float, carried: Any) -> Any:
        if at + 1 == step:
            training.stop()
        return loss(parameters, at, fraction, carried)

    task.loss = watched  # type: ignore[method-assign]
    for _ in training.records():
        pass
    assert training.result()["stopped_by"] == "signal" and training.state.step == step
    return training


def same(first: Run, second: Run) -> None:
    """Both runs hold the same to the bit, apart from how long things took."""
    for role in ("model", "ngrams", "baseline", "resume"):
        assert first.has(role) == second.has(role)
        if first.has(role):
            ours, theirs = first.arrays(role), second.arrays(role)
            assert ours.keys() == theirs.keys()
            for name, array in ours.items():
                assert array.dtype == theirs[name].dtype and np.array_equal(array, theirs[name]), f"{role}: {name}"
    assert first.json("config") == second.json("config")
    assert first.json("tokenizer") == second.json("tokenizer")
    states = [run.json("resume-state") for run in (first, second)]
    for state in states:
        assert state.pop("trained_s") > 0 and state.pop("elapsed_s") > 0
    assert states[0] == states[1]


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("ngrams", [True, False])
def test_it_learns_a_small_set_by_heart(trained: Make, cell: str, ngrams: bool) -> None:
    """Labels that only the order of words tells: the network alone must learn them too."""
    texts = ["not good but bad", "not bad but good", "good not bad", "bad not good"] * 12
    rows = rows_of(texts, ["neg", "pos", "pos", "neg"] * 12)
    training = trained(
        rows, cell=cell, ngrams=ngrams, steps=150, hidden_size=16, embed_size=16, dropout=0, word_dropout=0, lr=0.02
    )
    assert training.model().predict(texts[:4]) == ["neg", "pos", "pos", "neg"]
    assert training.result()["validation"]["accuracy"] == 1.0
    if not ngrams:
        assert training.result()["validation"]["log_loss"] < 0.1


def test_three_labels_in_any_script(trained: Make, tmp_path: Path) -> None:
    texts = ["فيلم جميل", "एक सुंदर फिल्म", "🎬😀 😀🎉", "فيلم رائع جدا", "सुंदर कहानी", "😀 👍"] * 8
    labels = ["عربي", "हिन्दी", "🎬"] * 16
    for tokenizer in ("word", "char", "byte"):
        training = trained(
            rows_of(texts, labels), tokenizer=tokenizer, subwords=None, steps=60, folder=tmp_path / tokenizer, lr=0.02
        )
        model = load(tmp_path / tokenizer)
        assert isinstance(model, TextClassifier)
        assert model.classes_ == tuple(sorted({*labels}))
        assert model.predict(texts[:6]) == labels[:6]
        asked = [*texts[:6], "", "new слова", "\u202eright to left", "a" * 3000]
        assert np.array_equal(model.predict_proba(asked), training.model().predict_proba(asked))


def test_records_come_in_order_and_are_kept(make: Make, tmp_path: Path) -> None:
    training = make(folder=tmp_path / "run", seed=None)
    records = list(training.records())
    kinds = [type(record) for record in records]
    assert kinds.index(Plan) < kinds.index(Evaluation) and kinds[0] is Note and isinstance(records[-1], Done)
    evaluations = [record for record in records if isinstance(record, Evaluation)]
    assert [record.step for record in evaluations] == [2, 4, 6, 8, 10, 12]
    for record in evaluations:
        assert set(record.figures) == {"accuracy", "macro_f1"} and record.units == 20
        assert len(record.sample.split("\n")) == 4 and "%" in record.sample
    run = open_run(tmp_path / "run")
    assert run.finished and run.metrics() == [json.loads(json.dumps(to_json(record))) for record in evaluations]
    assert any(isinstance(record, Note) and record.text.startswith("seed ") for record in records)


def test_the_result_has_the_fields_of_the_interface(trained: Make, tmp_path: Path) -> None:
    training = trained(folder=tmp_path / "mine", cell="gru")
    result = training.result()
    assert {*result} >= {
        "run", "task", "cell", "parameters", "steps", "examples_seen", "seconds", "stopped_by", "validation",
        "signature",
    }  # fmt: skip
    assert (result["run"], result["task"], result["cell"]) == (str(tmp_path / "mine"), "classifier", "gru")
    seen = sum(len(training._task._batches[step]) for step in range(12))
    assert (result["steps"], result["examples_seen"], result["stopped_by"]) == (12, seen, "steps")
    run = open_run(tmp_path / "mine")
    numbers = sum(array.size for array in run.arrays("model").values())
    ngrams = run.arrays("ngrams")
    assert result["parameters"] == numbers + ngrams["weights"].size + ngrams["bias"].size
    evaluated = training.model().evaluate(films()).to_json()
    assert list(result["validation"]) == [name for name in evaluated if name not in ("model", "task", "signature")]
    json.dumps(result, allow_nan=False)


def test_the_held_out_figures_are_those_of_scikit_learn(trained: Make) -> None:
    """Of answers whose weights come from the other half of the held-out texts."""
    training = trained(films(160, ("mixed", "neg", "pos")), steps=20)
    task, data, validation = training._task, training.data, training.result()["validation"]
    parts = task.parts(training._prepared.state.averaged(), len(data.valid))
    answers = cross_fitted(parts)
    chances, given = np.exp(answers), answers.argmax(axis=1)
    truth, ids = data.valid.labels, list(range(3))
    assert validation["accuracy"] == metrics.accuracy_score(truth, given)
    assert validation["macro_f1"] == pytest.approx(metrics.f1_score(truth, given, average="macro"), rel=1e-12)
    assert validation["log_loss"] == pytest.approx(metrics.log_loss(truth, chances, labels=ids), rel=1e-9)
    assert validation["confusion"] == metrics.confusion_matrix(truth, given, labels=ids).tolist()
    assert [one["name"] for one in validation["baselines"]] == ["majority", "bag-of-words"]
    config = training.model().config
    assert config["mixing"] == fit_mixing(parts)
    assert config["calibration"]["ece_after"] == validation["ece"]
    low, high = validation["interval_95"]["accuracy"]
    assert low <= validation["accuracy"] <= high


def test_a_saved_run_is_the_model_in_memory(trained: Make, tmp_path: Path) -> None:
    training = trained(films(80, ("mixed", "neg", "pos")), folder=tmp_path / "run", pooling="concat", num_layers=2)
    model, loaded = training.model(), load(tmp_path / "run")
    assert isinstance(loaded, TextClassifier)
    asked = [*films(40, seed=5).texts, "", "   ", "words unheard of"]
    assert np.array_equal(model.predict_proba(asked), loaded.predict_proba(asked))
    assert (loaded.prior == model.prior).all() and loaded.mixing == model.mixing
    assert loaded.config == json.loads(json.dumps(model.config))
    rows = films(30, seed=9)
    assert loaded.evaluate(rows).to_json() == model.evaluate(rows).to_json()
    counts = training.data.counts
    np.testing.assert_allclose(loaded.prior, counts / counts.sum())


def test_the_same_seed_gives_the_same_bytes(trained: Make, tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        trained(folder=tmp_path / name, seed=seed)
    one, two, three = (open_run(tmp_path / name) for name in ("one", "two", "three"))
    same(one, two)
    assert one.model_sha256 != three.model_sha256


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_stopped_and_gone_on_with_it_is_the_uninterrupted_run(
    trained: Make, make: Make, tmp_path: Path, optimizer: str
) -> None:
    trained(folder=tmp_path / "whole", optimizer=optimizer)
    for number, step in enumerate((1, 5, 9)):
        training = stop_after(make(folder=tmp_path / "parts", resume=number > 0, optimizer=optimizer), step)
        run = open_run(tmp_path / "parts")
        assert not run.finished
        measured = training.result()["validation"]
        assert measured == run.json("config")["validation"]
        assert (measured is None) == (step == 1)
        if measured is not None:
            # the fields of `evaluate` but for what only the end measures, marked as such
            assert measured["on_the_way"] and measured["examples"] == 20 and "confusion" in measured
            assert "baselines" not in measured and "interval_95" not in measured
    trained(folder=tmp_path / "parts", resume=True, optimizer=optimizer)
    same(open_run(tmp_path / "whole"), open_run(tmp_path / "parts"))
    whole, parts = open_run(tmp_path / "whole").metrics(), open_run(tmp_path / "parts").metrics()
    for record in (*whole, *parts):
        assert record.pop("elapsed_s") > 0
    assert whole == parts


@pytest.mark.parametrize(
    "more",
    [
        {"cell": "gru", "num_layers": 2, "layer_norm": True, "head_size": 4, "pooling": "concat"},
        {"ngrams": False, "bidirectional": False, "class_weights": "balanced", "clip": 0},
        {"tokenizer": "char", "subwords": None, "seq_length": 7}, {"pretrain": "vectors", "subwords": 0},
        {"patience": 2, "steps": None, "epochs": 2.5, "optimizer": "muon"},
    ],
    ids=str,
)  # fmt: skip
def test_whatever_is_trained_goes_on_exactly(trained: Make, make: Make, tmp_path: Path, more: dict[str, Any]) -> None:
    trained(folder=tmp_path / "whole", **more)
    stop_after(make(folder=tmp_path / "parts", **more), 7)
    trained(folder=tmp_path / "parts", resume=True, **more)
    same(open_run(tmp_path / "whole"), open_run(tmp_path / "parts"))


def test_a_reading_in_passages_goes_on_exactly(trained: Make, make: Make, tmp_path: Path) -> None:
    flat = films()
    rows = rows_of([text.replace(" ", ". ") for text in flat.texts], flat.labels, name="films")
    more: dict[str, Any] = {"hierarchy": "sentences", "dropout": 0.3, "seq_length": 5}
    whole = trained(rows, folder=tmp_path / "whole", **more)
    assert max(map(len, whole.data.train.sizes)) > 3
    stop_after(make(rows, folder=tmp_path / "parts", **more), 7)
    trained(rows, folder=tmp_path / "parts", resume=True, **more)
    same(open_run(tmp_path / "whole"), open_run(tmp_path / "parts"))


def test_a_run_that_was_stopped_keeps_what_it_knows_of_its_parts(make: Make, tmp_path: Path) -> None:
    """The weights of network and n-grams are those of the best evaluation, also after a stop before the next one."""
    training = stop_after(make(films(160), folder=tmp_path / "run", steps=40), 30)
    mixing = training.model().mixing
    assert mixing != classifier_preparation.UNMIXED[True]
    stopped = load(tmp_path / "run")
    assert isinstance(stopped, TextClassifier) and stopped.mixing == mixing
    again = make(films(160), folder=tmp_path / "run", resume=True, steps=40)
    assert again.model().mixing == mixing
    assert again.validation() == open_run(tmp_path / "run").json("config")["validation"]
    stop_after(again, 31)
    after = load(tmp_path / "run")
    assert isinstance(after, TextClassifier) and after.mixing == mixing


@pytest.mark.skipif(not has_numba(), reason="without, the number of threads is torch's")
def test_a_run_that_goes_on_chooses_its_number_of_threads_again(make: Make, tmp_path: Path) -> None:
    division.set_num_threads(2)
    first = stop_after(make(folder=tmp_path / "run"), 2)
    division.set_num_threads(2)
    again = make(folder=tmp_path / "run", resume=True)
    assert first._prepared.threads == again._prepared.threads == (2, 1)
    assert make(folder=tmp_path / "run", resume=True, threads=1)._prepared.threads == ()


def test_other_rows_are_not_gone_on_with(make: Make, tmp_path: Path) -> None:
    stop_after(make(folder=tmp_path / "run"), 3)
    with pytest.raises(UserError, match="the data is another than run was trained on"):
        make(films(seed=7), folder=tmp_path / "run", resume=True)
    with pytest.raises(UserError, match="held-out"):
        make(folder=tmp_path / "run", resume=True, valid=films(8, seed=7))
    with pytest.raises(UserError, match=r"--pooling mean\+max -> max"):
        make(folder=tmp_path / "run", resume=True, pooling="max")


def test_epochs_are_passes_over_the_texts(trained: Make) -> None:
    training = trained(steps=None, epochs=2)
    assert training.result()["steps"] == 2 * -(-60 // 8)
    assert training.result()["examples_seen"] == 120
    assert training.result()["stopped_by"] == "epochs"


def test_a_budget_plans_epochs(make: Make) -> None:
    training = make(steps=None, budget="60s")
    assert training.settings.epochs == training._prepared.plan["epochs"] == classifier_preparation.MOST_EPOCHS
    assert make(steps=None, budget="60s", epochs=3).settings.epochs == 3
    assert make(steps=5, budget="60s").settings.epochs is None


def test_who_trains_on_stretches_of_long_texts_is_told_of_how_many(make: Make) -> None:
    rows = rows_of(["one two three"] * 7 + ["one two"] * 5, ["a", "b"] * 6)

    def told(longest: int) -> list[str]:
        return [note for note in make(rows, valid=films(8), seq_length=longest)._prepared.notes if "stretch" in note]

    assert told(2)[0].startswith("7 of 12 texts have more than 2 words: ") and len(told(2)) == 1
    assert not told(3)


def test_patience_ends_what_no_longer_gains(trained: Make, tmp_path: Path) -> None:
    training = trained(folder=tmp_path / "run", steps=3000, lr=0.3, patience=2)
    assert training.result()["stopped_by"] == "patience" and training.state.step < 3000
    records = open_run(tmp_path / "run").metrics()
    assert [record["is_best"] for record in records[-2:]] == [False, False]


def test_no_steps_save_what_counting_says(trained: Make, tmp_path: Path) -> None:
    training = trained(folder=tmp_path / "run", steps=0)
    assert training.result()["steps"] == 0 and open_run(tmp_path / "run").finished
    assert training.result()["validation"]["accuracy"] > 0.6
    model = load(tmp_path / "run")
    assert isinstance(model, TextClassifier) and model.predict(["lovely", "dull"]) == ["pos", "neg"]
    bare = trained(steps=0, ngrams=False).model()
    np.testing.assert_allclose(bare.predict_proba(["lovely"]), 0.5, atol=1e-6)


def test_empty_texts_and_unknown_labels_are_measured(trained: Make, tmp_path: Path) -> None:
    rows = films(60)
    with_empty = rows_of([*rows.texts, "", " "], [*rows.labels, "neg", "pos"])
    valid = rows_of([*films(20, seed=3).texts, "", "odd"], [*films(20, seed=3).labels, "neg", "strange"])
    training = trained(with_empty, valid=valid, folder=tmp_path / "run")
    validation = training.result()["validation"]
    assert validation["examples"] == 22
    assert sum(map(sum, validation["confusion"])) == 21
    assert any("'strange'" in note for note in training.data.notes)
    model = load(tmp_path / "run")
    assert isinstance(model, TextClassifier)
    np.testing.assert_allclose(model.predict_proba([""])[0], training.data.prior)


def test_hardly_any_rows(trained: Make) -> None:
    """Two texts of each label: one to train on, one held out."""
    training = trained(rows_of(["good", "fine", "bad", "poor"], ["pos", "pos", "neg", "neg"]), steps=3, val_frac=0.5)
    assert training.result()["validation"]["examples"] == 2
    one = trained(rows_of(["good", "bad"], ["pos", "neg"]), valid=rows_of(["good"], ["pos"]), steps=3, val_frac=None)
    validation = one.result()["validation"]
    assert validation["examples"] == 1 and validation["interval_95"] == {"accuracy": None, "macro_f1": None}


def test_further_texts_teach_words(trained: Make, make: Make) -> None:
    further = ("wonderful lovely film", "wonderful warm acting") * 30
    training = trained(unlabelled=further, min_count=2)
    assert "wonderful" in training.data.tokenizer.symbols
    fresh, taught = (make(unlabelled=further, min_count=2, pretrain=one).state.average for one in ("none", "vectors"))
    assert not np.array_equal(fresh["embedding"], taught["embedding"])
    for name in fresh:
        assert name == "embedding" or np.array_equal(fresh[name], taught[name])


def test_vectors_of_words_that_the_vocabulary_lacks(trained: Make) -> None:
    training = trained(pretrain="vectors", subwords=40, min_count=20)
    assert training.data.lexicon.vocabulary_size < len(training.data.lexicon)
    assert training.result()["steps"] == 12


def test_class_weights_help_a_rare_label(trained: Make) -> None:
    """In the n-grams as in the network; what is known of a text without words stays as it was."""
    rows = rows_of([*films(100, ("neg",)).texts, *films(8, ("pos",)).texts], ["neg"] * 100 + ["pos"] * 8)
    plain, balanced = (trained(rows, steps=30, class_weights=one, lr=0.02) for one in ("none", "balanced"))
    asked = ["a film with music", "the plot is the heart"]
    for part in ("ngrams", "network"):
        odds = []
        for training in (plain, balanced):
            model = training.model()
            model.mixing = {"ngrams": 0.0, "network": 0.0, part: 1.0}
            found = model.log_probabilities(asked)
            odds.append(found[:, 1] - found[:, 0])
        assert (odds[1] > odds[0]).all(), part
    assert np.array_equal(plain.model().prior, balanced.model().prior)


def test_a_rate_far_too_large_leaves_no_broken_run(make: Make, tmp_path: Path) -> None:
    training = make(folder=tmp_path / "run", lr=1e6, clip=0, steps=60, cell="rnn", activation="relu", num_layers=2)
    try:
        list(training.records())
    except WorldError as error:
        assert "training diverged" in str(error) and "lower --lr" in str(error)
    if (tmp_path / "run" / "manifest.json").exists():
        assert all(np.isfinite(array).all() for array in open_run(tmp_path / "run").arrays("model").values())
        model = load(tmp_path / "run")
        assert isinstance(model, TextClassifier)


def test_a_run_holds_neither_path_nor_text(trained: Make, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    trained(folder=tmp_path / "secret" / "run", command="textrnn train-classifier films.csv")
    run = open_run(tmp_path / "secret" / "run")
    assert run.json("config")["command"] == "textrnn train-classifier films.csv --seed 1"
    for file in (tmp_path / "secret" / "run").iterdir():
        if file.name != "metrics.jsonl":
            content = file.read_bytes()
            assert str(tmp_path).encode() not in content, file.name
            assert not any(text.encode() in content for text in films().texts if len(text) > 25), file.name


def test_the_card_says_what_was_measured(trained: Make, tmp_path: Path) -> None:
    training = trained(folder=tmp_path / "two words")
    card = (tmp_path / "two words" / "README.md").read_text()
    validation = training.result()["validation"]
    for part in (
        f"{validation['accuracy']:.4f}", f"{validation['macro_f1']:.4f}", "majority", "bag-of-words",
        "textrnn classify --model 'two words'", "60 texts to train on, 20 held out", "calibration",
    ):  # fmt: skip
        assert part in card, part


WRONG_RESUME: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "no step": ("resume-state", lambda facts: {name: facts[name] for name in facts if name != "step"}),
    "no mixing": ("config", lambda config: {name: config[name] for name in config if name != "mixing"}),
    "no prior": ("config", lambda config: {name: config[name] for name in config if name != "prior"}),
    "no n-grams to read": ("config", lambda config: {**config, "ngrams": None}),
    "keys without order": ("ngrams", lambda arrays: {**arrays, "keys": arrays["keys"][::-1].copy()}),
    "a bias too many": ("ngrams", lambda arrays: {**arrays, "more": arrays["bias"]}),
    "a parameter is missing": ("resume", lambda arrays: {n: arrays[n] for n in arrays if n != "parameter/embedding"}),
    "labels of another": ("tokenizer", lambda value: {**value, "labels": ["other", "pos"]}),
    "another vocabulary": ("tokenizer", lambda value: {**value, "symbols": value["symbols"][1:]}),
}


@pytest.mark.parametrize("case", WRONG_RESUME)
def test_a_sealed_run_that_cannot_go_on_is_refused_by_its_file(make: Make, tmp_path: Path, case: str) -> None:
    role, change = WRONG_RESUME[case]
    stop_after(make(folder=tmp_path / "run"), 5)
    run = open_run(tmp_path / "run")
    values = {name: run.json(name) for name in ("config", "tokenizer", "resume-state")}
    arrays = {name: run.arrays(name) for name in ("model", "ngrams", "resume")}
    kind: dict[str, Any] = values if role in values else arrays
    kind[role] = change(kind[role])
    with RunWriter(tmp_path / "wrong") as writer:
        writer.commit(task=run.task, step=run.step, json=values, arrays=arrays, finished=False)
    with pytest.raises(UserError, match=r"wrong/[\w-]+-5\.(json|safetensors)\b"):
        make(folder=tmp_path / "wrong", resume=True)
