"""A language model at work: what it writes, what it measures, what it saves; torch is the reference and not needed."""

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
import torch
from safetensors.numpy import load_file
from torch.nn.functional import cross_entropy

from textrnn.baselines.ngram import NgramModel
from textrnn.config.generation import GenerationSettings
from textrnn.errors import UserError
from textrnn.inference.language_model.model import LanguageModel
from textrnn.inference.load import load
from textrnn.runs.folder import open_run
from textrnn.runs.writer import RunWriter
from textrnn.text.corpus import corpus_from_text

Make = Callable[..., LanguageModel]
TEXT = "Whether 'tis nobler to be or not to be, that is to suffer in the question\n" * 4
KINDS: list[dict[str, Any]] = [
    {"cell": "rnn"}, {"cell": "rnn", "activation": "relu"}, {"cell": "lstm"}, {"cell": "gru"},
]  # fmt: skip


def torch_logits(model: LanguageModel, folder: Path, ids: np.ndarray, dtype: torch.dtype) -> torch.Tensor:
    """Logits after every unit of `ids` (1, T), by torch's own modules, from the file of weights in a run's folder."""
    (file,) = folder.glob("model-*.safetensors")
    arrays = {name: torch.from_numpy(array).to(dtype) for name, array in load_file(file).items()}
    settings = model.settings
    modules = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    options = {"nonlinearity": settings.activation} if settings.cell == "rnn" else {}
    x = arrays["embedding"][torch.from_numpy(ids.astype(np.int64))]
    for depth in range(settings.num_layers):
        module = modules[settings.cell](x.shape[-1], settings.hidden_size, batch_first=True, **options).to(dtype)
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        module.load_state_dict({f"{name}_l0": arrays[f"layers.{depth}.cell.{name}"] for name in names})
        x, _ = module(x)
    return (x @ arrays["output.weight"].T + arrays["output.bias"]).detach()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
@pytest.mark.parametrize("protocol", ["stateful:1", "window:16"])
def test_figures_are_those_of_torch_from_the_same_file(
    make_model: Make, kind: dict[str, str], protocol: str, tmp_path: Path
) -> None:
    """To 1e-10 where torch computes in float64, to 1e-5 where it computes in float32."""
    # a relu that starts as the identity explodes under much noise
    model = make_model(**kind, num_layers=2, spread=0.05 if "activation" in kind else 0.2)
    model.save(tmp_path / "run")
    ids = model.tokenizer.encode(TEXT)
    size = len(ids) if protocol == "stateful:1" else 16
    for dtype, tolerance in ((torch.float64, 1e-10), (torch.float32, 1e-5)):
        total = 0.0
        for start in range(0, len(ids) - 1, size):
            window = ids[start : start + size + 1]
            logits = torch_logits(model, tmp_path / "run", window[None, :-1], dtype)[0]
            total += float(cross_entropy(logits, torch.from_numpy(window[1:].astype(np.int64)), reduction="sum"))
        figures = load(tmp_path / "run").evaluate(corpus_from_text(TEXT), protocol=protocol)
        assert figures.units == len(ids) - 1
        assert figures.nats_per_unit == pytest.approx(total / (len(ids) - 1), rel=tolerance)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind.values()))
def test_greedy_text_is_that_of_torch_called_unit_by_unit(
    make_model: Make, kind: dict[str, str], tmp_path: Path
) -> None:
    model = make_model(**kind, num_layers=2, spread=0.5)
    model.save(tmp_path / "run")
    ids = model.tokenizer.encode("to be").tolist()
    for _ in range(40):
        logits = torch_logits(model, tmp_path / "run", np.array([ids]), torch.float64)[0, -1]
        logits[0] = -math.inf  # <unk> is never written
        ids.append(int(logits.argmax()))
        if ids[-1] == 1:
            break
    expected = model.tokenizer.decode(ids)[len("to be") :]
    assert model.generate("to be", length=40, temperature=0) == expected


def test_a_seed_is_a_text(make_model: Make) -> None:
    model = make_model()
    first = model.generate("To be", length=60, seed=3)
    assert first == model.generate("To be", length=60, seed=3)
    assert first != model.generate("To be", length=60, seed=4)
    assert not first.startswith("To be")


def test_a_stream_is_the_text_in_pieces(make_model: Make) -> None:
    model = make_model()
    pieces = list(model.stream("To be", length=60, seed=3))
    assert len(pieces) > 10
    assert "".join(pieces) == model.generate("To be", length=60, seed=3)


def test_sample_i_does_not_depend_on_their_number(make_model: Make) -> None:
    model = make_model()
    seven = model.write("To", GenerationSettings(samples=7, length=30, seed=5)).results
    three = model.write("To", GenerationSettings(samples=3, length=30, seed=5)).results
    assert seven[:3] == three
    assert len({sample.text for sample in seven}) == 7
    assert seven[0].text == model.generate("To", length=30, seed=5)


def test_a_seed_that_is_not_given_is_told(make_model: Make) -> None:
    model = make_model()
    written = model.write("To", GenerationSettings(length=20))
    assert written.results[0].text == model.generate("To", length=20, seed=written.seed)


def test_bad_settings_and_prompts_are_the_users(make_model: Make) -> None:
    with pytest.raises(UserError, match="--temperature"):
        make_model().generate("To", temperature=-1)
    with pytest.raises(UserError, match="did you mean 'length'"):
        make_model().generate("To", lenght=3)
    with pytest.raises(UserError, match="unknown to the model"):
        make_model().generate("猫")
    assert isinstance(make_model().generate("猫To", unknown="skip", length=3), str)


def test_a_saved_model_is_the_model(make_model: Make, tmp_path: Path) -> None:
    model = make_model(cell="gru", num_layers=2, layer_norm=True, head_size=5)
    model.save(tmp_path / "mine")
    loaded = load("mine", runs_dir=tmp_path)
    assert loaded.name == "mine"
    assert loaded.settings == model.settings
    assert loaded.tokenizer.symbols == model.tokenizer.symbols
    assert loaded.config == json.loads(json.dumps(model.config))
    assert loaded.generate("To", length=50, seed=1) == model.generate("To", length=50, seed=1)
    loaded.save(tmp_path / "again")
    assert open_run(tmp_path / "again").model_sha256 == loaded.model_sha256
    with pytest.raises(UserError):
        loaded.save(tmp_path / "mine")
    loaded.save(tmp_path / "mine", overwrite=True)


def test_weights_that_do_not_fit_their_config_are_refused_before_any_is_made(make_model: Make, tmp_path: Path) -> None:
    model = make_model()
    model.save(tmp_path / "run")
    run = open_run(tmp_path / "run")
    for changes in ({"hidden_size": 65536}, {"num_layers": 64}, {"layer_norm": True}, {"cell": "gru"}):
        config = run.json("config")
        config["settings"].update(changes)
        with RunWriter(tmp_path / "bad", overwrite=(tmp_path / "bad").exists()) as writer:
            writer.commit(
                task="language-model", step=0, finished=True, arrays={"model": run.arrays("model")},
                json={"config": config, "tokenizer": run.json("tokenizer")},
            )  # fmt: skip
        with pytest.raises(UserError, match=r"tensors|shapes"):
            load(tmp_path / "bad")


def test_evaluation_has_the_fields_of_the_interface(make_model: Make, tmp_path: Path) -> None:
    model = make_model()
    model.save(tmp_path / "run")
    corpus = corpus_from_text(TEXT)
    figures = load(tmp_path / "run").evaluate(corpus, protocol="window:16")
    assert list(figures.to_json()) == [
        "model", "task", "unit", "units", "nats_per_unit", "bits_per_unit", "perplexity", "unknown", "protocol",
        "signature",
    ]  # fmt: skip
    assert figures.to_json()["model"] == "run"
    assert figures.units == len(TEXT) - 1
    assert figures.bits_per_unit == pytest.approx(figures.nats_per_unit / math.log(2))
    assert figures.perplexity == pytest.approx(math.exp(figures.nats_per_unit))
    sha = open_run(tmp_path / "run").model_sha256
    for part in (f"data:{corpus.sha256[:6]}", f"model:{sha[:6]}", "protocol:window:16", "unit:character", "textrnn:"):
        assert part in figures.signature


def test_figures_are_the_same_for_any_batch(make_model: Make) -> None:
    model = make_model(num_layers=2)
    for protocol in ("stateful:64", "stateful:3", "window:10"):
        figures = {
            model.evaluate(corpus_from_text(TEXT), protocol=protocol, batch_size=size).nats_per_unit
            for size in (None, 1, 2, 7, 64)
        }
        assert max(figures) == pytest.approx(min(figures), rel=1e-12)


def test_a_file_and_its_text_are_the_same_to_evaluate(make_model: Make, tmp_path: Path) -> None:
    (tmp_path / "held.txt").write_bytes(TEXT.encode())
    model = make_model()
    figures = model.evaluate(tmp_path / "held.txt")
    assert figures.to_json() == model.evaluate(corpus_from_text(TEXT)).to_json()
    assert figures.protocol == "stateful:64"


def test_unknown_units_are_fed_and_left_out(make_model: Make) -> None:
    model = make_model()
    text = TEXT[:99] + "猫"
    figures = model.evaluate(corpus_from_text(text + TEXT[100:200]))
    assert (figures.unknown, figures.units) == (1, 198)
    assert not figures.notes
    figures = model.evaluate(corpus_from_text("猫" * 3 + TEXT[:100]))
    assert (figures.unknown, figures.units) == (2, 100)
    (note,) = figures.notes
    assert "2.0% of the characters are unknown" in note


def test_texts_that_cannot_be_measured_are_refused(make_model: Make) -> None:
    model = make_model()
    for text in ("T", "猫", "猫猫猫", "T猫"):
        with pytest.raises(UserError):
            model.evaluate(corpus_from_text(text))
    with pytest.raises(UserError, match="stateful:S or window:N"):
        model.evaluate(corpus_from_text(TEXT), protocol="window:0")


def test_the_text_of_the_training_is_noted(make_model: Make) -> None:
    model = make_model(TEXT)
    assert any("trained on this very text" in note for note in model.evaluate(corpus_from_text(TEXT)).notes)


def test_several_documents_are_one_text_with_ends(make_model: Make) -> None:
    figures = make_model().evaluate(corpus_from_text(["To be", "or not"]))
    assert figures.units == 5 + 1 + 6 - 1


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
import textrnn
model = textrnn.load(sys.argv[1])
figures = model.evaluate(sys.argv[2], continuation="20:10", protocol="stateful:4")
conversation = model.conversation()
settings = textrnn.inference.language_model.writing.GenerationSettings(length=5, temperature=0)
list(conversation.write("To be", settings, seed=0))
model.save(sys.argv[1] + "-copy")
print(repr(model.generate("To be", length=30, temperature=0)), figures.nats_per_unit)
assert not any(name == "torch" or name.startswith("torch.") for name, found in sys.modules.items() if found)
"""


def test_running_needs_no_torch(make_model: Make, tmp_path: Path) -> None:
    make_model(num_layers=2).save(tmp_path / "run")
    (tmp_path / "held.txt").write_text(TEXT)
    script = [sys.executable, "-c", WITHOUT_TORCH, str(tmp_path / "run"), str(tmp_path / "held.txt")]
    done = subprocess.run(script, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    model = load(tmp_path / "run")
    text = repr(model.generate("To be", length=30, temperature=0))
    figures = model.evaluate(corpus_from_text(TEXT), protocol="stateful:4")
    assert done.stdout.strip() == f"{text} {figures.nats_per_unit}"


def resealed(folder: Path, to: Path, **changes: Any) -> Path:
    """Write the run in `folder` to `to`, whole and sealed, with other content in its roles."""
    run = open_run(folder)
    roles = {role: run.json(role) for role in ("config", "tokenizer")}
    arrays = {role: run.arrays(role) for role in ("model", "baseline") if run.has(role)}
    for role, change in changes.items():
        for kind in (roles, arrays):
            if role in kind:
                kind[role] = change(kind[role])
    with RunWriter(to) as writer:
        writer.commit(task=run.task, step=run.step, json=roles, arrays=arrays, finished=True)
    return to


WRONG: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "config is a list": ("config", lambda _: [1, 2]),
    "config is text": ("config", lambda _: "settings"),
    "no settings": ("config", lambda value: {**value, "settings": None}),
    "settings are a list": ("config", lambda value: {**value, "settings": []}),
    "an unknown setting": ("config", lambda value: {**value, "settings": {**value["settings"], "wings": 2}}),
    "a setting of another type": ("config", lambda value: {**value, "settings": {"hidden_size": "wide"}}),
    "data is text": ("config", lambda value: {**value, "data": "verse"}),
    "no fingerprint": ("config", lambda value: {**value, "data": {"name": "verse"}}),
    "validation is a number": ("config", lambda value: {**value, "validation": 3}),
    "a figure is text": ("config", lambda value: {**value, "validation": {"nats_per_unit": "low"}}),
    "command is a number": ("config", lambda value: {**value, "command": 3}),
    "tokenizer is a list": ("tokenizer", lambda _: []),
    "an unknown tokenizer": ("tokenizer", lambda value: {**value, "kind": "emoji"}),
    "symbols are a number": ("tokenizer", lambda value: {**value, "symbols": 3}),
    "symbols are numbers": ("tokenizer", lambda value: {**value, "symbols": [1, 2]}),
    "symbols are missing": ("tokenizer", lambda value: {"kind": "char", "start_id": 2}),
    "a start that is half": ("tokenizer", lambda value: {**value, "start_id": 2.5}),
    "a start that is true": ("tokenizer", lambda value: {**value, "start_id": True}),
    "a weight too few": ("model", lambda value: dict(list(value.items())[1:])),
    "no counts": ("baseline", lambda value: {name: array for name, array in value.items() if name != "counts.1"}),
    "counts too many": ("baseline", lambda value: {**value, "more": np.zeros(1, np.int32)}),
    "counts in floats": ("baseline", lambda value: {**value, "counts.1": value["counts.1"].astype(np.float32)}),
    "counts of another shape": ("baseline", lambda value: {**value, "counts.1": value["counts.1"][:-1]}),
    "units that are none": ("baseline", lambda value: {**value, "units.1": value["units.1"] + 100}),
    "another vocabulary": ("baseline", lambda value: {**value, "facts": value["facts"] + 1}),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_sealed_run_with_content_that_cannot_be_is_refused_by_its_file(
    make_model: Callable[..., LanguageModel], tmp_path: Path, case: str
) -> None:
    role, change = WRONG[case]
    model = make_model()
    ids = model.tokenizer.encode("To be, or not to be")
    ngram = NgramModel.fit(ids, vocabulary_size=len(model.tokenizer.symbols), order=2)
    model._baseline_arrays = ngram.to_arrays()
    model.save(tmp_path / "run")
    assert load(resealed(tmp_path / "run", tmp_path / "same")).baseline is not None
    with pytest.raises(UserError, match=rf"in .*wrong/{role}-0\.(json|safetensors): this file cannot be used"):
        load(resealed(tmp_path / "run", tmp_path / "wrong", **{role: change}))


def test_what_is_no_text_is_refused_in_words(make_model: Make, tmp_path: Path) -> None:
    model = make_model()
    for prompt in (None, b"", tmp_path, 3):
        with pytest.raises(TypeError, match=rf"a prompt is text \(str\), not {type(prompt).__name__}"):
            model.generate(prompt)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="what is said is text"):
            model.conversation().write(prompt)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a run is named by text or a path, not bytes"):
        load(b"")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="NUL"):
        model.save("a\0b")
    with pytest.raises(UserError, match="no run named"):
        load("a\0b")


@pytest.mark.parametrize(
    ("given", "line"),
    [({"batch_size": -1}, "-1 in batch_size: "), ({"batch_size": 1.5}, "1.5 in batch_size: "),
     ({"seed": -1}, "-1 in seed: "), ({"seed": "a"}, "'a' in seed: ")],
)  # fmt: skip
def test_bad_numbers_of_an_evaluation(make_model: Make, given: dict[str, Any], line: str) -> None:
    with pytest.raises(UserError) as caught:
        make_model().evaluate(corpus_from_text("To be"), **given)
    assert str(caught.value).startswith(line)


def test_several_files_are_measured_as_one_text(make_model: Make, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("To be, or not to be\n")
    model = make_model()
    several = model.evaluate([tmp_path / "a.txt", tmp_path / "b.txt"])
    assert several.units + several.unknown > model.evaluate(tmp_path / "a.txt").units


def test_several_texts_are_not_one(make_model: Make) -> None:
    with pytest.raises(UserError, match=r"samples=3 for one text: write\(prompt"):
        make_model().generate("To", samples=3)
    assert make_model().generate("To", samples=1, length=3, seed=0)


def test_a_model_says_what_it_is(make_model: Make) -> None:
    model = make_model(cell="gru", name="mine")
    symbols = len(model.tokenizer.symbols)
    assert repr(model) == f"<LanguageModel 'mine': gru 1x12, vocabulary of {symbols} characters>"


def test_a_card_goes_with_the_model(make_model: Make, tmp_path: Path) -> None:
    model = make_model()
    model.save(tmp_path / "without")
    assert not (tmp_path / "without" / "README.md").exists() and load(tmp_path / "without").card is None
    model.card = "# mine\n"
    model.save(tmp_path / "run")
    load(tmp_path / "run").save(tmp_path / "copy")
    assert load(tmp_path / "copy").card == "# mine\n"
