"""An encoder-decoder at work: what it writes is the network's, to the bit whatever stands beside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sacrebleu

import textrnn
from textrnn.cells.functions import log_softmax
from textrnn.cells.plain import plain
from textrnn.config.seq2seq import TranslateSettings
from textrnn.data.pairs import pairs_of
from textrnn.errors import UserError
from textrnn.inference.length_penalty import share_of_log_p
from textrnn.inference.seq2seq.model import Translator
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import map_arrays
from textrnn.networks.seq2seq import Batch, forward
from textrnn.runs.folder import open_run
from textrnn.runs.writer import RunWriter
from textrnn.text.vocabulary import END, UNKNOWN

Make = Callable[..., Translator]
TEXTS = ("Ana ran.", "b", "Nobody saw it, did they?", "x" * 70, "Zz!", "a b a b")
KINDS: list[dict[str, Any]] = [
    {}, {"cell": "lstm", "num_layers": 2, "attention": "dot", "layer_norm": True},
    {"cell": "rnn", "bidirectional": False, "attention": "none"}, {"tokenizer": "word"}, {"tokenizer": "byte"},
]  # fmt: skip


@pytest.fixture(params=KINDS, ids=lambda kind: " ".join(map(str, kind.values())) or "default")
def kind(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


def nats_by_definition(model: Translator, source: str, written: Sequence[int]) -> np.ndarray:
    """Nats of every unit of the vocabulary after each of END and `written`, by the forward pass in float64, (T, V)."""
    p = map_arrays(lambda _, array: array.astype(np.float64), model._parameters)
    ids, cell = model.sides.source_ids(source), cell_of(model.settings)
    batch = Batch(ids[None].astype(np.int64), np.array([len(ids)]), np.array([[END, *written]]))
    return -log_softmax(np, forward(cell, p, batch, partial(plain, cell))[0])  # type: ignore[no-any-return]


def ids_of(model: Translator, source: str, **search: Any) -> list[int]:
    (found,) = model._written([model.sides.source_ids(source)], TranslateSettings(**search))
    return found.ids


def test_each_unit_is_the_likeliest_and_its_nats_are_counted(make_translator: Make, kind: dict[str, Any]) -> None:
    model = make_translator(**kind)
    for source, one in zip(TEXTS, model.translate(TEXTS), strict=True):
        written = ids_of(model, source)
        limit = model._limit(len(model.sides.source_ids(source)))
        nats = nats_by_definition(model, source, written)
        nats[:, UNKNOWN] = np.inf
        units = [*written, END][:limit]
        assert units == nats.argmin(axis=1).tolist()[:limit]
        assert one.nats == pytest.approx(sum(row[unit] for row, unit in zip(nats, units, strict=False)), rel=1e-4)
        assert (one.source, one.text) == (source, model.sides.text(written))


@pytest.mark.parametrize("search", [{}, {"beam": 3}], ids=str)
def test_neighbours_never_change_a_bit(make_translator: Make, kind: dict[str, Any], search: dict[str, Any]) -> None:
    model, rng = make_translator(**kind), np.random.default_rng(0)
    alone = [model.translate([text], **search)[0] for text in TEXTS]
    assert len({one.text for one in alone}) > 2
    for _ in range(2):
        order = rng.integers(0, len(TEXTS), 150).tolist()
        assert model.translate([TEXTS[row] for row in order], **search) == [alone[row] for row in order]


def best_of_all(model: Translator, source: str, limit: int, penalty: float) -> tuple[float, list[int]]:
    """The best of all texts there are of at most `limit` units, END among them."""
    symbols = [id for id in range(len(model.sides.target.symbols)) if id not in (UNKNOWN, END)]
    found = []
    for length in range(limit + 1):
        for ids in product(symbols, repeat=length):
            nats = nats_by_definition(model, source, ids)
            units = [*ids, END][:limit]
            log_p = -sum(nats[place][unit] for place, unit in enumerate(units))
            found.append((log_p * share_of_log_p(len(units), penalty), list(ids)))
    return max(found)


@pytest.mark.parametrize("penalty", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_finds_the_best_of_all_texts(
    make_translator: Make, monkeypatch: pytest.MonkeyPatch, seed: int, penalty: float
) -> None:
    model = make_translator([("ab", "XY"), ("ba", "YX")], seed=seed)
    monkeypatch.setattr(Translator, "_limit", lambda *_: 4)
    expected, ids = best_of_all(model, "ab", 4, penalty)
    (found,) = model._written([model.sides.source_ids("ab")], TranslateSettings(beam=40, length_penalty=penalty))
    assert found.ids == ids and found.score == pytest.approx(expected, rel=1e-4)
    assert found.nats == pytest.approx(-expected / share_of_log_p(len([*ids, END][:4]), penalty), rel=1e-4)


def test_a_beam_is_never_worse_than_the_likeliest_unit_each_time(make_translator: Make) -> None:
    model = make_translator()
    greedy, wide = model.translate(TEXTS), model.translate(TEXTS, beam=8, length_penalty=0)
    assert all(one.nats <= other.nats + 1e-4 for one, other in zip(wide, greedy, strict=True))
    assert [one.text for one in wide] != [one.text for one in greedy]


def test_texts_of_nothing_are_answered_by_nothing(make_translator: Make) -> None:
    model = make_translator()
    first, empty, blank, last = model.translate(["b", "", " \t", "b"])
    assert (empty.text, empty.nats, blank.text) == ("", 0.0, "") and first == last
    assert empty.to_json() == {"source": "", "text": "", "nats": 0.0} and model.translate([]) == []
    for given in ("Ana", [1], [None], ["\ud800"]):
        with pytest.raises(UserError):
            model.translate(given)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="--beam"):
        model.translate(["b"], beam=0)


def test_units_never_seen_are_counted_and_length_is_told(make_translator: Make) -> None:
    model = make_translator()
    (one,) = model.translate(["b\u2603\u2603"])
    assert (one.unknown, one.read) == (2, 3)
    assert model.longest_seen == len("Nobody saw it.")


def test_attention_says_where_each_unit_looked(make_translator: Make) -> None:
    for attention in ("dot", "additive"):
        model = make_translator(attention=attention)
        targets, sources, weights = model.attention("Ana ran.")
        assert sources == [*"Ana ran.", "<end>"] and targets[-1] == "<end>"
        assert weights.shape == (len(targets), len(sources))
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
        assert "".join(targets[:-1]) == model.translate(["Ana ran."])[0].text
    for given in ("", " \t", None, "\ud800"):
        with pytest.raises(UserError):
            make_translator().attention(given)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="a model without attention in tiny: train one with --attention dot"):
        make_translator(attention="none").attention("Ana")


def test_figures_are_those_of_sacrebleu(make_translator: Make) -> None:
    model = make_translator()
    sources = [f"Ana ran {n}." for n in range(6)]
    given = [one.text for one in model.translate(sources)]
    targets = [given[0], given[1], *(f"Ana est {n}." for n in range(4))]
    pairs = pairs_of(sources, targets)
    found = model.evaluate(pairs)
    bleu = sacrebleu.BLEU(force=True)
    assert found.bleu == bleu.corpus_score(given, [targets]).score
    assert found.chrf == sacrebleu.CHRF().corpus_score(given, [targets]).score
    assert found.exact_match == np.mean([one == other for one, other in zip(given, targets, strict=True)]) >= 2 / 6
    assert [*found.to_json()] == ["model", "task", "pairs", "bleu", "chrf", "exact_match", "signature"]
    assert "search:greedy" in found.signature and f"data:{pairs.sha256[:6]}" in found.signature
    assert "search:beam3-0.5" in model.evaluate(pairs, beam=3, length_penalty=0.5).signature
    model.config["data"]["sha256"] = pairs.sha256
    assert any("trained on these very pairs" in note for note in model.evaluate(pairs).notes)
    assert not any("unknown" in note for note in model.evaluate(pairs_of(["Ana ran."], ["a"])).notes)
    strange = model.evaluate(pairs_of(["Ana\u2603", "b"], ["a", "b"]))
    assert "20.0% of the units of the sources are unknown to the model, and were read as <unk>" in strange.notes


def test_saved_and_loaded_it_is_the_same(make_translator: Make, kind: dict[str, Any], tmp_path: Path) -> None:
    model = make_translator(**kind)
    model.save(tmp_path / "mine")
    loaded = textrnn.load(tmp_path / "mine")
    assert isinstance(loaded, textrnn.Translator) and loaded.name == "mine"
    assert loaded.translate(TEXTS) == model.translate(TEXTS)
    with pytest.raises(UserError):
        loaded.save(tmp_path / "mine")


@pytest.mark.parametrize(
    ("role", "change", "message"),
    [
        ("tokenizer", lambda found: found["source"], "not that of sources and targets"),
        ("tokenizer", lambda found: {**found, "target": {"kind": "char"}}, "cannot be"),
        ("tokenizer", lambda found: {**found, "joints": {"kinds": []}}, "cannot be"),
        ("tokenizer", lambda found: {**found, "target": {**found["target"], "symbols": ["a"]}}, "shape"),
        ("config", lambda found: {**found, "settings": {**found["settings"], "hidden_size": 7}}, "shape"),
        ("config", lambda found: {**found, "settings": {**found["settings"], "attention": "x"}}, "cannot be"),
        ("config", lambda found: {**found, "settings": {**found["settings"], "attention": "dot"}}, "attention"),
    ],
)
def test_a_run_that_is_not_whole_is_refused(
    make_translator: Make, tmp_path: Path, role: str, change: Any, message: str
) -> None:
    make_translator().save(tmp_path / "good")
    run = open_run(tmp_path / "good")
    json = {name: run.json(name) for name in ("config", "tokenizer")}
    json[role] = change(json[role])
    with RunWriter(tmp_path / "bad") as writer:
        writer.commit(task="seq2seq", step=0, json=json, arrays={"model": run.arrays("model")}, finished=True)
    with pytest.raises(UserError, match=message):
        textrnn.load(tmp_path / "bad")


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
import textrnn
model = textrnn.load(sys.argv[1])
print(model.translate(["Ana ran."])[0].to_json(), model.evaluate(sys.argv[2]).exact_match)
assert not any(name == "torch" or name.startswith("torch.") for name, found in sys.modules.items() if found)
"""


def test_running_needs_no_torch(make_translator: Make, tmp_path: Path) -> None:
    model = make_translator()
    model.save(tmp_path / "run")
    (tmp_path / "held.tsv").write_text("Ana ran.\tAna courut.\n")
    script = [sys.executable, "-c", WITHOUT_TORCH, str(tmp_path / "run"), str(tmp_path / "held.tsv")]
    done = subprocess.run(script, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{model.translate(['Ana ran.'])[0].to_json()} 0.0"
