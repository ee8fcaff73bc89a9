"""A tagger at work: the network's answers, to the bit whatever stands beside a sentence; saved, loaded, measured."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import textrnn
from textrnn.cells.plain import plain
from textrnn.data.tagged import read_tagged, sentences_of
from textrnn.errors import UserError
from textrnn.inference import word_engine
from textrnn.inference.tagger.evaluation import TagFigures
from textrnn.inference.tagger.model import Tagger
from textrnn.metrics.spans import SpanCounts
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import map_arrays
from textrnn.networks.tagger import Batch, embed, forward
from textrnn.networks.words import Words
from textrnn.runs.folder import open_run
from textrnn.runs.writer import RunWriter

Make = Callable[..., Tagger]
Lines = Callable[[Sequence[str]], Any]
SENTENCES = (
    ("Anna", "flew", "to", "Oslo", "."), ("Again",), ("NEW", "York", "was", "late", "in", "Split", "!"),
    ("Unseen", "words", "only"), ("anna", "ANNA", "Anna"), ("x",) * 70,
)  # fmt: skip
KINDS: list[dict[str, Any]] = [
    {"cell": "lstm"}, {"cell": "gru", "num_layers": 2, "layer_norm": True, "head_size": 3},
    {"cell": "rnn", "bidirectional": False, "shapes": False}, {"cell": "lstm", "subwords": None},
    {"cell": "gru", "subwords": None, "shapes": False, "lowercase": False}, {"lowercase": False},
]  # fmt: skip


@pytest.fixture(params=KINDS, ids=lambda kind: " ".join(map(str, kind.values())))
def kind(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


def by_definition(model: Tagger, words: Sequence[str]) -> np.ndarray:
    """The logits of one sentence by the network's forward pass in float64, each word looked up by itself."""
    p = map_arrays(lambda _, array: array.astype(np.float64), model._parameters)
    lexicon, cell = model.twin().engine.lexicon, cell_of(model.settings)
    ids = lexicon.encode_words(words)
    shapes = lexicon.shapes(ids) if model.settings.shapes else None
    table = embed(np, p, Words(*lexicon.parts(ids)), shapes)
    batch = Batch(np.arange(len(words))[None], np.array([len(words)]), table)
    return forward(cell, p, batch, partial(plain, cell))[0]  # type: ignore[no-any-return]


def test_logits_are_those_of_the_forward_pass(make_tagger: Make, kind: dict[str, Any]) -> None:
    model = make_tagger(**kind)
    ids = [model.engine.lexicon.encode_words(words) for words in SENTENCES]
    for words, found in zip(SENTENCES, model.engine.logits(ids), strict=True):
        assert found.shape == (len(words), len(model.tags))
        np.testing.assert_allclose(found, by_definition(model, words), rtol=1e-4, atol=1e-5)


def test_tags_are_the_likeliest_with_their_probability(make_tagger: Make) -> None:
    model = make_tagger()
    for words, one in zip(SENTENCES, model.tag_words(SENTENCES), strict=True):
        logits = by_definition(model, words)
        chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        assert one.words == words and one.tags == tuple(model.tags[id] for id in chances.argmax(axis=1))
        np.testing.assert_allclose(one.scores, chances.max(axis=1), rtol=1e-4)


def test_neighbours_never_change_a_bit(make_tagger: Make, kind: dict[str, Any]) -> None:
    model, rng = make_tagger(**kind), np.random.default_rng(0)
    alone = [model.tag_words([words])[0] for words in SENTENCES]
    for _ in range(3):
        order = rng.integers(0, len(SENTENCES), 300).tolist()
        assert model.twin().tag_words([SENTENCES[row] for row in order]) == [alone[row] for row in order]


def test_capitals_are_seen_where_there_are_shapes_and_only_there(make_tagger: Make) -> None:
    small, large = ("anna", "flew"), ("ANNA", "flew")
    seen = make_tagger()
    assert seen.tag_words([small])[0].scores != seen.tag_words([large])[0].scores
    blind = make_tagger(shapes=False)
    assert blind.tag_words([small])[0].scores == blind.tag_words([large])[0].scores


def test_words_are_forgotten_and_learned_again(make_tagger: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_engine, "MOST_NEW_WORDS", 20)
    model = make_tagger()
    first = model.tag_words(SENTENCES)
    for start in range(0, 200, 10):
        model.tag_words([[f"Word{number}" for number in range(start, start + 10)]])
    lexicon = model.engine.lexicon
    assert len(lexicon) <= lexicon.vocabulary_size + 30
    assert model.tag_words(SENTENCES) == first


def test_plain_sentences_are_cut_and_lists_taken_as_they_are(make_tagger: Make) -> None:
    model = make_tagger()
    plain_one, cut, empty = model.tag(["Anna flew to Oslo.", ["Anna", "flew", "to", "Oslo."], ""])
    assert plain_one == model.tag_words([SENTENCES[0]])[0]
    assert cut.words == ("Anna", "flew", "to", "Oslo.")
    assert (empty.words, empty.tags, empty.scores) == ((), (), ()) and empty.to_conll() == "\n"
    assert plain_one.to_conll() == "".join(
        f"{word}\t{tag}\n" for word, tag in zip(SENTENCES[0], plain_one.tags, strict=True)) + "\n"  # fmt: skip
    assert model.tag([]) == []
    assert model.predict(["Anna flew to Oslo.", []]) == [list(plain_one.tags), []]
    for given in ("Anna", [1], [["a\tb"]], [["a", None]], ["\ud800"], None, 5):
        for said in (model.tag, model.predict):
            with pytest.raises(UserError):
                said(given)  # type: ignore[arg-type]
    for source in (None, [["Anna"]]):
        with pytest.raises(UserError, match=r"^no file but (NoneType|list) in tagged words: give the names of files$"):
            model.evaluate(source)  # type: ignore[arg-type]


def test_figures_count_every_word_and_every_span(make_tagger: Make, tagged: Lines) -> None:
    model = make_tagger()
    sentences = sentences_of(*tagged(["Anna/B-person flew to Oslo/B-place", "Nobody came to Split/B-river"]))
    found = model.evaluate(sentences)
    given = model.predict(sentences.words)
    right = [own == other for row, true in zip(given, sentences.tags, strict=True) for own, other in
             zip(row, true, strict=True)]  # fmt: skip
    counts = SpanCounts.of(given, sentences.tags)
    assert found.to_json() == {
        "model": "tiny", "task": "tagger", "sentences": 2, "token_accuracy": np.mean(right),
        "span_precision": counts.precision, "span_recall": counts.recall, "span_f1": counts.f1,
        "baselines": [
            # it has met Anna, flew, to, Oslo and Split, which is then a place
            {"name": "most frequent tag per word", "token_accuracy": 7 / 8, "span_precision": 2 / 3,
             "span_recall": 2 / 3, "span_f1": 2 / 3},
        ],
        "signature": f"data:{sentences.sha256[:6]}|spans:conlleval|textrnn:{textrnn.__version__}",
    }  # fmt: skip
    assert any("does not know the tag 'B-river'" in note for note in found.notes)


def test_without_spans_their_figures_are_undefined() -> None:
    found = TagFigures.of([["NN", "VB"]], [["NN", "NN"]])
    assert found.to_json() == {
        "token_accuracy": 0.5, "span_precision": None, "span_recall": None, "span_f1": None,
    }  # fmt: skip


def test_sentences_of_training_are_said(make_tagger: Make, tagged: Lines) -> None:
    model = make_tagger()
    same = sentences_of(*tagged(("Anna/B-person",)))
    model.config["data"]["sha256"] = same.sha256
    assert any("trained on these very sentences" in note for note in model.evaluate(same).notes)


def test_saved_and_loaded_it_is_the_same(make_tagger: Make, kind: dict[str, Any], tmp_path: Path) -> None:
    model = make_tagger(**kind)
    model.save(tmp_path / "mine")
    loaded = textrnn.load(tmp_path / "mine")
    assert isinstance(loaded, textrnn.Tagger) and loaded.name == "mine" and loaded.longest_seen == 11
    assert loaded.tag_words(SENTENCES) == model.tag_words(SENTENCES)
    assert loaded.baseline is not None and model.baseline is not None
    assert loaded.baseline.predict(["Anna", "x"]).tolist() == model.baseline.predict(["Anna", "x"]).tolist()
    with pytest.raises(UserError):
        loaded.save(tmp_path / "mine")


@pytest.mark.parametrize(
    ("role", "change", "message"),
    [
        ("tokenizer", lambda found: {**found, "labels": ["O"]}, "holds no labels"),
        ("tokenizer", lambda found: {**found, "labels": ["O", "B-x"]}, "holds no labels"),
        ("config", lambda found: {**found, "settings": {**found["settings"], "hidden_size": 7}}, "shape"),
        ("config", lambda found: {**found, "settings": {**found["settings"], "cell": "x"}}, "cannot be"),
        ("baseline", lambda found: {**found, "frequent_tag.commonest": np.array([99])}, "has no frequent_tag"),
    ],
)
def test_a_run_that_is_not_whole_is_refused(
    make_tagger: Make, tmp_path: Path, role: str, change: Any, message: str
) -> None:
    make_tagger().save(tmp_path / "good")
    run = open_run(tmp_path / "good")
    json = {name: run.json(name) for name in ("config", "tokenizer")}
    arrays = {name: run.arrays(name) for name in ("model", "baseline")}
    for kind in (json, arrays):
        if role in kind:
            kind[role] = change(kind[role])
    with RunWriter(tmp_path / "bad") as writer:
        writer.commit(task="tagger", step=0, json=json, arrays=arrays, finished=True)
    with pytest.raises(UserError, match=message):
        textrnn.load(tmp_path / "bad")


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
import textrnn
model = textrnn.load(sys.argv[1])
print(model.tag(["Anna flew to Oslo."])[0].to_json(), model.evaluate(sys.argv[2]).token_accuracy)
assert not any(name == "torch" or name.startswith("torch.") for name, found in sys.modules.items() if found)
"""


def test_running_needs_no_torch(make_tagger: Make, tmp_path: Path) -> None:
    model = make_tagger()
    model.save(tmp_path / "run")
    (tmp_path / "held.conll").write_text("Anna\tB-person\nflew\tO\n")
    script = [sys.executable, "-c", WITHOUT_TORCH, str(tmp_path / "run"), str(tmp_path / "held.conll")]
    done = subprocess.run(script, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    expected = model.evaluate(read_tagged([tmp_path / "held.conll"])).token_accuracy
    assert done.stdout.strip() == f"{model.tag(['Anna flew to Oslo.'])[0].to_json()} {expected}"
