"""A classifier at work: what it answers, what it refuses, what it saves; a run whose content cannot be is refused."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from textrnn.data.labelled import rows_of
from textrnn.errors import UserError
from textrnn.inference.classifier.model import TASK, TextClassifier
from textrnn.inference.classifier.verdict import Verdict
from textrnn.inference.load import load
from textrnn.networks.ngrams import ngram_logits
from textrnn.runs.folder import open_run
from textrnn.runs.writer import RunWriter

Make = Callable[..., TextClassifier]
TEXTS = (
    "a lovely film", "", "dull", "Lovely acting, and no heart at all.", "   ", "I loved it", "فيلم جميل",
    "🎬 😀", "एक सुंदर फिल्म",
    "warm and witty " * 40, "\n", "İstanbul", "never seen words",
)  # fmt: skip


@pytest.mark.parametrize(
    "kind", [{}, {"ngrams": False}, {"subwords": 30}, {"tokenizer": "char"}, {"tokenizer": "byte"}]
)
@pytest.mark.parametrize("labels", [("neg", "pos"), ("bad", "fair", "good")])
def test_answers_are_the_parts_mixed(make_classifier: Make, kind: dict[str, Any], labels: tuple[str, ...]) -> None:
    """For a text with words, softmax of both logits by their weights; for one without, the prior."""
    model = make_classifier(labels=labels, **kind)
    found = model.predict_proba(TEXTS)
    assert found.shape == (len(TEXTS), len(labels)) and found.dtype == np.float64
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)
    for text, row in zip(TEXTS, found, strict=True):
        if not text.strip():
            np.testing.assert_allclose(row, model.prior, rtol=1e-12)
            continue
        logits = 0.75 * model.engine.logits([model.engine.lexicon.encode(text)])[0]
        if model.ngrams is not None:
            logits += 0.5 * ngram_logits(model.ngrams, *model.reader.read([text]), 1)[0]
        raised = np.exp(logits - logits.max())
        np.testing.assert_allclose(row, raised / raised.sum(), rtol=1e-12)
    assert model.predict(TEXTS) == [labels[id] for id in found.argmax(axis=1)]
    assert model.classes_ == labels


def test_a_text_is_answered_alike_in_any_company(make_classifier: Make) -> None:
    """To the bit: alone, among a thousand others, in another order, empty ones between."""
    model = make_classifier(num_layers=2, pooling="concat", subwords=40)
    rng = np.random.default_rng(0)
    words = " ".join(TEXTS).split()
    texts = [*TEXTS, *(" ".join(rng.choice(words, rng.integers(0, 30)).tolist()) for _ in range(1100))]
    together = model.log_probabilities(texts)
    order = rng.permutation(len(texts))
    assert np.array_equal(model.log_probabilities([texts[place] for place in order.tolist()]), together[order])
    for place in (*range(len(TEXTS)), 1050):
        assert np.array_equal(model.log_probabilities([texts[place]])[0], together[place])


def test_nothing_asked_is_nothing_answered(make_classifier: Make) -> None:
    model = make_classifier()
    assert model.predict([]) == []
    assert model.predict_proba([]).shape == (0, 2)
    assert list(model.verdicts([])) == []


def test_whatever_holds_texts_will_do(make_classifier: Make) -> None:
    model = make_classifier()
    expected = model.predict(list(TEXTS))
    assert model.predict(np.array(TEXTS)) == expected  # type: ignore[arg-type]
    assert model.predict(text for text in TEXTS) == expected  # type: ignore[arg-type]
    assert [verdict.text for verdict in model.verdicts(iter(TEXTS))] == list(TEXTS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        ("a lovely film", "one string in texts: give a list of them"),
        (["fine", 3], r"no string but int in texts\[1\]"),
        ([None], r"no string but NoneType in texts\[0\]"),
        (b"fine", r"no string but int in texts\[0\]"),
        (None, "no list but NoneType in texts"),
        (3, "no list but int in texts"),
        (np.array("fine"), "no list but ndarray in texts"),
        (["fine", "a\ud800"], r"half of a surrogate pair \(U\+D800\) at character 2 in texts\[1\]"),
    ],
)
def test_what_is_no_list_of_texts_is_refused_in_words(make_classifier: Make, texts: Any, line: str) -> None:
    model = make_classifier()
    for ask in (model.predict, model.predict_proba):
        with pytest.raises(UserError, match=line):
            ask(texts)


@pytest.mark.parametrize("tokenizer", ["word", "char", "byte", "bpe"])
def test_half_a_character_crashes_nothing(make_classifier: Make, tokenizer: str) -> None:
    model = make_classifier(tokenizer=tokenizer)
    try:
        assert np.isfinite(model.predict_proba(["\ud800 fine"])).all()
    except UserError as error:
        assert "U+D800" in str(error)


def test_verdicts_say_all_there_is(make_classifier: Make) -> None:
    model = make_classifier(labels=("bad", "fair", "good"))
    for verdict, row in zip(model.verdicts(TEXTS), model.predict_proba(TEXTS), strict=True):
        assert verdict.probabilities == tuple(row.tolist())
        assert verdict.score == row.max() and verdict.label == model.classes_[row.argmax()]
        assert [label for label, _ in verdict.ranked] == [model.classes_[id] for id in np.argsort(-row, kind="stable")]
        assert json.loads(json.dumps(verdict.to_json())) == {
            "label": verdict.label, "score": row.max(), "text": verdict.text,
            "probabilities": dict(zip(model.classes_, row.tolist(), strict=True)),
        }  # fmt: skip
    tied = Verdict(text="", labels=("a", "b", "c"), probabilities=(0.2, 0.4, 0.4))
    assert tied.label == "b" and tied.ranked[1][0] == "c"


def test_figures_are_those_of_scikit_learn(make_classifier: Make) -> None:
    labels = ("bad", "fair", "good")
    model = make_classifier(labels=labels)
    rng = np.random.default_rng(3)
    words = " ".join(TEXTS).split()
    texts = [" ".join(rng.choice(words, rng.integers(1, 9)).tolist()) for _ in range(200)]
    truth = rng.choice(labels, 200).tolist()
    measured = model.evaluate(rows_of(texts, truth))
    chances, given = model.predict_proba(texts), model.predict(texts)
    figures = measured.to_json()
    assert figures["accuracy"] == metrics.accuracy_score(truth, given)
    kinds = {"average": "macro", "labels": labels, "zero_division": 0}
    assert figures["macro_f1"] == pytest.approx(metrics.f1_score(truth, given, **kinds), rel=1e-12)
    assert figures["macro_precision"] == pytest.approx(metrics.precision_score(truth, given, **kinds), rel=1e-12)
    assert figures["macro_recall"] == pytest.approx(metrics.recall_score(truth, given, **kinds), rel=1e-12)
    assert figures["log_loss"] == pytest.approx(metrics.log_loss(truth, chances, labels=labels), rel=1e-9)
    assert figures["confusion"] == metrics.confusion_matrix(truth, given, labels=labels).tolist()
    for one, baseline in zip(figures["baselines"], model.baselines, strict=True):
        answers = [labels[id] for id in baseline.predict(texts).tolist()]
        assert one == {
            "name": baseline.name,
            "accuracy": metrics.accuracy_score(truth, answers),
            "macro_f1": pytest.approx(metrics.f1_score(truth, answers, **kinds), rel=1e-12),
        }


def test_evaluation_has_the_fields_of_the_interface(make_classifier: Make, tmp_path: Path) -> None:
    model = make_classifier()
    (tmp_path / "held.csv").write_text("text,label\nlovely,pos\ndull,neg\n,pos\nodd,new\n")
    figures = model.evaluate(tmp_path / "held.csv")
    assert list(figures.to_json()) == [
        "model", "task", "examples", "accuracy", "macro_precision", "macro_recall", "macro_f1", "log_loss", "ece",
        "ece_expected", "labels", "label_order", "confusion", "interval_95", "baselines", "signature",
    ]  # fmt: skip
    assert (figures.to_json()["model"], figures.to_json()["task"], figures.figures.examples) == (
        "tiny",
        "classifier",
        4,
    )
    assert [one["name"] for one in figures.baselines] == ["majority", "bag-of-words"]
    assert any("does not know the label 'new'" in note for note in figures.notes)
    assert any("1 empty text" in note for note in figures.notes)
    json.dumps(figures.to_json(), allow_nan=False)
    (tmp_path / "other.csv").write_text("review,stars\nlovely,pos\ndull,neg\n")
    named = model.evaluate(tmp_path / "other.csv", text_column="review", label_column="stars")
    assert named.figures.examples == 2


@pytest.mark.parametrize(
    "kind",
    [
        {}, {"ngrams": False, "cell": "gru"}, {"subwords": 30, "pooling": "concat", "head_size": 4},
        {"tokenizer": "char", "bidirectional": False, "num_layers": 2, "layer_norm": True}, {"tokenizer": "bpe"},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("labels", [("neg", "pos"), ("سيئ", "फिल्म", "😀")])
def test_a_saved_model_is_the_model(
    make_classifier: Make, tmp_path: Path, kind: dict[str, Any], labels: tuple[str, ...]
) -> None:
    model = make_classifier(labels=labels, **kind)
    model.save(tmp_path / "mine")
    loaded = load("mine", runs_dir=tmp_path)
    assert isinstance(loaded, TextClassifier)
    assert (loaded.name, loaded.classes_, loaded.settings) == ("mine", labels, model.settings)
    assert loaded.config == json.loads(json.dumps(model.config))
    assert np.array_equal(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS))
    rows = rows_of(TEXTS, [labels[0], labels[1]] * 6 + [labels[0]])
    assert loaded.evaluate(rows).to_json() == {**model.evaluate(rows).to_json(), "model": "mine"}
    loaded.save(tmp_path / "again")
    assert open_run(tmp_path / "again").model_sha256 == loaded.model_sha256
    with pytest.raises(UserError):
        loaded.save(tmp_path / "mine")
    loaded.save(tmp_path / "mine", overwrite=True)


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
import textrnn
model = textrnn.load(sys.argv[1])
model.save(sys.argv[1] + "-copy")
print(repr(model.predict_proba(["a lovely film", "dull"]).tolist()), model.evaluate(sys.argv[2]).accuracy)
assert not any(name == "torch" or name.startswith("torch.") for name, found in sys.modules.items() if found)
"""


def test_running_needs_no_torch(make_classifier: Make, tmp_path: Path) -> None:
    model = make_classifier(num_layers=2)
    model.save(tmp_path / "run")
    (tmp_path / "held.csv").write_text("text,label\nlovely,pos\ndull,neg\n")
    script = [sys.executable, "-c", WITHOUT_TORCH, str(tmp_path / "run"), str(tmp_path / "held.csv")]
    done = subprocess.run(script, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    expected = model.predict_proba(["a lovely film", "dull"]).tolist()
    assert done.stdout.strip() == f"{expected!r} {model.evaluate(tmp_path / 'held.csv').accuracy}"


def resealed(folder: Path, to: Path, **changes: Any) -> Path:
    """Write the run in `folder` to `to`, whole and sealed, with other content in its roles."""
    run = open_run(folder)
    roles = {role: run.json(role) for role in ("config", "tokenizer")}
    arrays = {role: run.arrays(role) for role in ("model", "ngrams", "baseline") if run.has(role)}
    for role, change in changes.items():
        for kind in (roles, arrays):
            if role in kind:
                kind[role] = change(kind[role])
    with RunWriter(to) as writer:
        filled = {role: value for role, value in arrays.items() if value}
        writer.commit(task=run.task, step=run.step, json=roles, arrays=filled, finished=True)
    return to


def within(*path: str, value: Any) -> Callable[[Any], Any]:
    """Return what puts `value` at `path` of a JSON object."""

    def change(found: Any) -> Any:
        here = found
        for name in path[:-1]:
            here = here[name]
        here[path[-1]] = value
        return found

    return change


def without(name: str) -> Callable[[Any], Any]:
    return lambda found: {key: value for key, value in found.items() if key != name}


def array(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Any], Any]:
    return lambda found: {**found, name: change(found[name])}


WRONG: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "config is a list": ("config", lambda _: [1, 2]),
    "settings of another kind": ("config", within("settings", value={"hidden_size": 6, "tied": True})),
    "a setting of another type": ("config", within("settings", "pooling", value="sum")),
    "wider than its weights": ("config", within("settings", "hidden_size", value=7)),
    "more layers than weights": ("config", within("settings", "num_layers", value=60)),
    "another way of pooling": ("config", within("settings", "pooling", value="attention")),
    "one direction of two": ("config", within("settings", "bidirectional", value=False)),
    "subwords that are not there": ("config", within("settings", "subwords", value=10)),
    "no prior": ("config", without("prior")),
    "a prior of three": ("config", within("prior", value=[0.2, 0.3, 0.5])),
    "a prior of text": ("config", within("prior", value=["0.5", "0.5"])),
    "a prior of nothing": ("config", within("prior", value=[0, 1])),
    "a prior below nothing": ("config", within("prior", value=[-0.5, 1.5])),
    "a prior that is no share": ("config", within("prior", value=[0.5, 0.75])),
    "a prior that is true": ("config", within("prior", value=[True, 0.5])),
    "no mixing": ("config", without("mixing")),
    "half a mixing": ("config", within("mixing", value={"network": 1.0})),
    "a mixing of three": ("config", within("mixing", value={"network": 1.0, "ngrams": 1.0, "luck": 1.0})),
    "a mixing of text": ("config", within("mixing", "network", value="1.0")),
    "a mixing below nothing": ("config", within("mixing", "ngrams", value=-1.0)),
    "a mixing beyond bounds": ("config", within("mixing", "ngrams", value=1e300)),
    "no ngrams": ("config", without("ngrams")),
    "ngrams of one kind": ("config", within("ngrams", value={"words": [1, 2]})),
    "no words": ("config", within("ngrams", "words", value=None)),
    "words of nothing": ("config", within("ngrams", "words", value=[0, 2])),
    "words turned round": ("config", within("ngrams", "words", value=[3, 2])),
    "words of three ends": ("config", within("ngrams", "words", value=[1, 2, 3])),
    "characters in halves": ("config", within("ngrams", "characters", value=[1.5, 2])),
    "characters without end": ("config", within("ngrams", "characters", value=[1, 10**9])),
    "tokenizer is a list": ("tokenizer", lambda _: []),
    "an unknown tokenizer": ("tokenizer", within("kind", value="emoji")),
    "a word too few": ("config", within("settings", "embed_size", value=4)),
    "no labels": ("tokenizer", without("labels")),
    "one label": ("tokenizer", within("labels", value=["pos"])),
    "labels are text": ("tokenizer", within("labels", value="pos")),
    "labels are numbers": ("tokenizer", within("labels", value=[0, 1])),
    "a label twice": ("tokenizer", within("labels", value=["pos", "pos"])),
    "labels in another order": ("tokenizer", within("labels", value=["pos", "neg"])),
    "no weights of the output": ("model", without("output.weight")),
    "a weight too many": ("model", lambda found: {**found, "more": np.zeros(3, np.float32)}),
    "a weight of another shape": ("model", array("output.bias", lambda bias: bias[:1])),
    "no keys": ("ngrams", without("keys")),
    "keys in another order": ("ngrams", array("keys", lambda keys: keys[::-1].copy())),
    "a key twice": ("ngrams", array("keys", lambda keys: np.sort(np.r_[keys[1:], keys[1]]))),
    "keys of another type": ("ngrams", array("keys", lambda keys: keys.astype(np.int64))),
    "keys in a square": ("ngrams", array("keys", lambda keys: keys[:, None])),
    "n-grams of three labels": ("ngrams", array("weights", lambda weights: np.repeat(weights, 3, axis=1))),
    "weights in whole numbers": ("ngrams", array("weights", lambda weights: weights.astype(np.int64))),
    "a weight of n-grams too few": ("ngrams", array("weights", lambda weights: weights[1:])),
    "no bias": ("ngrams", without("bias")),
    "a baseline of three labels": ("baseline", array("majority.rows", lambda rows: np.r_[rows, 1])),
    "no majority": ("baseline", without("majority.rows")),
    "counts too few": ("baseline", array("bag_of_words.counts", lambda counts: counts[1:])),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_sealed_run_with_content_that_cannot_be_is_refused_by_its_file(
    make_classifier: Make, tmp_path: Path, case: str
) -> None:
    role, change = WRONG[case]
    make_classifier().save(tmp_path / "run")
    same = load(resealed(tmp_path / "run", tmp_path / "same"))
    assert isinstance(same, TextClassifier) and len(same.baselines) == 2
    with pytest.raises(UserError, match=r"wrong/\w+-0\.(json|safetensors)\b") as caught:
        load(resealed(tmp_path / "run", tmp_path / "wrong", **{role: change}))
    assert caught.value.exit_code == 2


def test_n_grams_that_are_missing_are_refused(make_classifier: Make, tmp_path: Path) -> None:
    make_classifier().save(tmp_path / "run")
    with pytest.raises(UserError, match=r"wrong.*ngrams|ngrams.*wrong"):
        load(resealed(tmp_path / "run", tmp_path / "wrong", ngrams=lambda _: {}))
    make_classifier(ngrams=False).save(tmp_path / "bare")
    assert not open_run(tmp_path / "bare").has("ngrams")
    assert isinstance(load(tmp_path / "bare"), TextClassifier)


def test_a_run_without_baselines_is_measured_alone(make_classifier: Make, tmp_path: Path) -> None:
    make_classifier().save(tmp_path / "run")
    model = load(resealed(tmp_path / "run", tmp_path / "bare", baseline=lambda _: {}))
    assert isinstance(model, TextClassifier)
    assert model.evaluate(rows_of(["lovely", "dull"], ["pos", "neg"])).to_json()["baselines"] == []


def test_a_run_of_another_kind_is_no_classifier(make_classifier: Make, make_model: Any, tmp_path: Path) -> None:
    make_classifier().save(tmp_path / "films")
    make_model().save(tmp_path / "verse")
    with pytest.raises(UserError):
        open_run(tmp_path / "verse", task=TASK)
    assert open_run(tmp_path / "films", task=TASK).task == TASK == "classifier"


def test_an_empty_text_is_never_nothing(make_classifier: Make) -> None:
    """A note of measuring stays finite where a text has no words at all."""
    measured = make_classifier().evaluate(rows_of(["", " "], ["pos", "neg"]))
    assert measured.figures.log_loss == pytest.approx(-(math.log(0.25) + math.log(0.75)) / 2)
