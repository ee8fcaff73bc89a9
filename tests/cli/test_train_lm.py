"""`textrnn train-lm`: the result, the run it leaves, stopping by a signal, going on, starting from other weights."""

from __future__ import annotations

import errno
import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

import textrnn
from textrnn.cli.kinds.language_model import LANGUAGE_MODELS
from textrnn.cli.resume import settings_to_resume
from textrnn.cli.threads import cores_usable
from textrnn.runs.folder import open_run
from textrnn.training.language_model.training import LanguageModelTraining

Run = Callable[..., Any]
Refused = Callable[..., str]
SMALL = ("--hidden-size", "4", "--embed-size", "4", "-b", "2", "--seq-length", "8", "--seed", "0")
KEYS = [
    "run", "task", "cell", "parameters", "unit", "vocabulary", "steps", "units_seen", "seconds", "stopped_by",
    "validation", "signature",
]  # fmt: skip


@pytest.fixture
def train(run: Run, corpus_file: Path) -> Run:
    """Train a very small model on verse.txt."""
    return lambda *words, **more: run("train-lm", *words, **more)


def test_json_is_one_line_with_the_promised_keys(train: Run) -> None:
    result = train("verse.txt", *SMALL, "--steps", "3", "--json")
    assert result.code == 0 and result.stdout.count("\n") == 1
    value = json.loads(result.stdout)
    assert list(value) == KEYS
    assert (value["run"], value["steps"], value["stopped_by"], value["cell"]) == (
        "checkpoints/verse-lstm",
        3,
        "steps",
        "lstm",
    )
    assert list(value["validation"]) == ["nats_per_unit", "bits_per_unit", "perplexity", "units", "protocol"]
    assert "textrnn: next: textrnn generate --model checkpoints/verse-lstm --prompt TEXT" in result.stderr


def test_people_get_the_same_facts(train: Run) -> None:
    result = train("verse.txt", *SMALL, "--steps", "3")
    assert [line.split()[0] for line in result.stdout.splitlines()][:3] == ["run", "task", "cell"]
    assert "\x1b" not in result.stdout + result.stderr


def test_the_run_can_be_generated_from_and_knows_no_path(train: Run, run: Run) -> None:
    os.mkdir("secret-folder")
    os.rename("verse.txt", "secret-folder/verse.txt")
    assert train("secret-folder/verse.txt", *SMALL, "--steps", "2", "--out", "mine").code == 0
    assert run("generate", "-m", "mine", "-p", "ROMEO:", "-n", "5", "--seed", "1").code == 0
    assert all(b"secret-folder" not in path.read_bytes() for path in Path("mine").iterdir())
    assert open_run("mine").json("config")["command"].startswith("textrnn train-lm verse.txt ")


def test_a_seed_that_was_drawn_is_told(train: Run) -> None:
    small = [word for word in SMALL if word not in ("--seed", "0")]
    result = train("verse.txt", *small, "--steps", "1", "--out", "a")
    assert f"note: seed {open_run('a').json('config')['settings']['seed']}\n" in result.stderr


def test_runs_are_numbered_and_never_replaced_unasked(train: Run, refused: Refused) -> None:
    for name in ("verse-lstm", "verse-lstm-2"):
        assert json.loads(train("verse.txt", *SMALL, "--steps", "1", "--json").stdout)["run"] == f"checkpoints/{name}"
    assert "a run is there already in checkpoints/verse-lstm" in refused(
        "train-lm", "no.txt", *SMALL, "--out", "checkpoints/verse-lstm"
    )
    again = ("verse.txt", *SMALL, "--steps", "2", "--out", "checkpoints/verse-lstm", "--overwrite")
    assert train(*again).code == 0
    assert open_run("checkpoints/verse-lstm").step == 2


def test_a_folder_of_other_things_is_refused(refused: Refused, corpus_file: Path) -> None:
    assert "other files and no run" in refused("train-lm", "verse.txt", "--steps", "1", "--out", ".")
    assert "a file where a run folder is to be" in refused(
        "train-lm", "verse.txt", "--steps", "1", "--out", "verse.txt"
    )


def test_text_from_stdin(train: Run, corpus_file: Path) -> None:
    result = train("-", *SMALL, "--steps", "1", "--json", stdin=corpus_file.read_bytes())
    assert result.code == 0, result.stderr
    assert json.loads(result.stdout)["run"] == "checkpoints/stdin-lstm"


def test_settings_come_from_flag_environment_and_file_in_this_order(
    train: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c.toml").write_text("hidden-size = 3\nembed_size = 3\nsteps = 1\nseed = 0\n")
    monkeypatch.setenv("TEXTRNN_EMBED_SIZE", "5")
    monkeypatch.setenv("TEXTRNN_SEED", "7")
    assert train("verse.txt", "--config", "c.toml", "--seed", "9", "--out", "a").code == 0
    settings = open_run("a").json("config")["settings"]
    assert [settings[name] for name in ("hidden_size", "embed_size", "steps", "seed")] == [3, 5, 1, 9]


def test_no_steps_save_the_initial_model(train: Run) -> None:
    value = json.loads(train("verse.txt", *SMALL, "--steps", "0", "--json").stdout)
    assert value["steps"] == 0
    assert textrnn.load("checkpoints/verse-lstm").generate("ROMEO:", length=3) is not None


def test_the_budget_counts_from_the_start_of_the_command(train: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[float] = []

    def stop(data: Any, settings: Any, start: Any, **_: Any) -> None:
        started.append(start.started_at)
        raise textrnn.UserError("enough")

    monkeypatch.setattr("textrnn.training.language_model.training.LanguageModelTraining", stop)
    train("verse.txt")
    assert started == [textrnn.cli.started_at]  # type: ignore[attr-defined]


class SignalsAt:
    """A view that sends this process a signal when it is fed the record of some number."""

    def __init__(self, number: int, *at: int) -> None:
        self.number, self.at, self.fed = number, at, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def feed(self, record: Any) -> None:
        self.fed += 1
        if self.fed in self.at:
            signal.raise_signal(self.number)


@pytest.fixture
def interrupted(train: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Train, with signals sent at given records."""

    def interrupted(number: int, *at: int, words: tuple[str, ...] = ()) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr("textrnn.report.view.view_for", lambda *_, **__: SignalsAt(number, *at))
            return train("verse.txt", *SMALL, "--steps", "40", "--out", "run", "--json", *words)

    return interrupted


ALL_SIGNALS = [
    (name, code) for name, code in (("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)) if hasattr(signal, name)
]


@pytest.mark.parametrize(("name", "code"), ALL_SIGNALS)
def test_a_signal_stops_saves_and_says_how_to_go_on(interrupted: Run, name: str, code: int) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    result = interrupted(getattr(signal, name), 5)
    assert result.code == code
    value = json.loads(result.stdout)
    assert value["stopped_by"] == "signal" and 0 < value["steps"] < 40
    run = open_run("run")
    assert run.step == value["steps"] and not run.finished
    assert "textrnn train-lm verse.txt --out run --resume" in result.stderr
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_the_second_signal_ends_at_once(interrupted: Run) -> None:
    result = interrupted(signal.SIGINT, 5, 6)
    assert result.code == 130 and result.stdout == ""
    assert "ended at once" in result.stderr


def test_a_resumed_run_is_the_uninterrupted_one(interrupted: Run, train: Run) -> None:
    assert interrupted(signal.SIGTERM, 5).code == 143
    result = train("verse.txt", "--out", "run", "--resume", "--json")
    assert result.code == 0, result.stderr
    value = json.loads(result.stdout)
    whole = json.loads(train("verse.txt", *SMALL, "--steps", "40", "--out", "whole", "--json").stdout)
    assert value["steps"] == 40 and value["validation"] == whole["validation"]
    assert open_run("run").model_sha256 == open_run("whole").model_sha256


def test_resume_finds_the_newest_unfinished_run(interrupted: Run, train: Run, refused: Refused) -> None:
    assert "no unfinished language model" in refused("train-lm", "verse.txt", "--resume")
    interrupted(signal.SIGTERM, 5)
    result = train("verse.txt", "--resume", "--runs-dir", ".", "--json")
    assert result.code == 0
    assert "going on with run (step " in result.stderr and json.loads(result.stdout)["run"] == "run"


@pytest.fixture
def unfinished(interrupted: Run) -> None:
    interrupted(signal.SIGTERM, 5)


@pytest.mark.usefixtures("unfinished")
def test_what_cannot_change_is_refused_with_old_and_new(refused: Refused) -> None:
    line = refused(
        "train-lm", "verse.txt", "--out", "run", "--resume", "--hidden-size", "9", "--cell", "gru", "--lr", "0.1"
    )
    assert line.startswith("changed since the start: --cell lstm -> gru, --hidden-size 4 -> 9 in run: ")
    assert "--lr" in line.partition("what may change: ")[2] and "--lr 0.1" not in line


@pytest.mark.usefixtures("unfinished")
def test_another_text_is_refused(refused: Refused) -> None:
    Path("other.txt").write_text("Another text altogether.\n" * 100)
    assert "sha256" in refused("train-lm", "other.txt", "--out", "run", "--resume")


@pytest.mark.usefixtures("unfinished")
def test_the_text_must_be_named_again(refused: Refused) -> None:
    line = refused("train-lm", "--out", "run", "--resume")
    assert line.startswith("the text is not named in --resume of run: ") and "verse.txt" in line


def test_the_held_out_text_must_be_named_again(train: Run, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("held-out.txt").write_text(Path("verse.txt").read_text()[:2000])
    with monkeypatch.context() as patch:
        patch.setattr("textrnn.report.view.view_for", lambda *_, **__: SignalsAt(signal.SIGTERM, 5))
        result = train("verse.txt", *SMALL, "--steps", "40", "--out", "run", "--valid", "held-out.txt")
    assert "textrnn train-lm verse.txt --valid held-out.txt --out run --resume" in result.stderr
    line = refused("train-lm", "--out", "run", "--resume")
    assert "the text is not named" in line and "the held-out text is not named" in line
    card_command = open_run("run").json("config")["command"]
    assert "--valid held-out.txt" in card_command
    result = train("verse.txt", "--valid", "held-out.txt", "--out", "run", "--resume", "--json")
    assert result.code == 0 and json.loads(result.stdout)["steps"] == 40
    assert open_run("run").json("config")["command"] == card_command


def test_a_built_in_corpus_need_not_be_named_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("textrnn.report.view.view_for", lambda *_, **__: SignalsAt(signal.SIGTERM, 5))
        words = ("train-lm", "python-docs", *SMALL, "--steps", "4000", "--out", "run", "--val-frac", "0.002")
        assert run(*words).code == 143
    result = run("train-lm", "--out", "run", "--resume", "--steps", "1", "--json")
    assert result.code == 0, result.stderr


def test_a_finished_run_says_so(train: Run) -> None:
    train("verse.txt", *SMALL, "--steps", "2", "--out", "run")
    before = open_run("run").manifest
    result = train("--out", "run", "--resume", "--steps", "50")
    assert (result.code, result.stdout) == (0, "")
    assert result.stderr.startswith("textrnn: run is finished (step 2)")
    assert "textrnn: --steps 50 changes nothing any more" in result.stderr
    assert open_run("run").manifest == before
    named = train("other.txt", "--out", "run", "--resume", "--steps", "2")
    assert "textrnn: the text named changes nothing any more" in named.stderr
    assert "nothing any more" not in train("--out", "run", "--resume").stderr


def test_a_finished_run_says_again_what_it_was(train: Run) -> None:
    first = json.loads(train("verse.txt", *SMALL, "--steps", "2", "--out", "run", "--json").stdout)
    again = json.loads(train("--out", "run", "--resume", "--json").stdout)
    assert list(again) == KEYS
    # the last save takes time too
    assert again.pop("seconds") <= first.pop("seconds")
    assert again == first


def test_a_share_to_hold_out_beside_a_held_out_text(refused: Refused) -> None:
    line = refused("train-lm", "no.txt", "--valid", "no.txt", "--val-frac", "0.2")
    assert line.startswith("--val-frac and --valid together: ")


def test_two_trainings_at_once_take_two_names(train: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    init, others = LanguageModelTraining.__init__, []

    def begin(self: Any, *arguments: Any, **options: Any) -> None:
        if not others:
            # another training begins while this one is being prepared
            others.append(None)
            others[0] = json.loads(train("verse.txt", *SMALL, "--steps", "1", "--json").stdout)["run"]
        init(self, *arguments, **options)

    monkeypatch.setattr(LanguageModelTraining, "__init__", begin)
    result = train("verse.txt", *SMALL, "--steps", "1", "--json")
    assert json.loads(result.stdout)["run"] == "checkpoints/verse-lstm"
    assert others == ["checkpoints/verse-lstm-2"]
    assert open_run("checkpoints/verse-lstm").finished and open_run("checkpoints/verse-lstm-2").finished


def test_a_training_that_saved_nothing_leaves_no_folder(train: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("textrnn.cli.train.follow", lambda *_, **__: interrupt())
    assert train("verse.txt", *SMALL, "--steps", "1").code == 130
    assert not Path("checkpoints").exists()


def test_a_file_of_a_run_is_no_place_for_a_run(refused: Refused) -> None:
    line = refused("train-lm", "no.txt", "--out", "mine/manifest.json")
    assert line.endswith(" in mine/manifest.json: give the run's folder, mine")


@pytest.mark.parametrize("stopped_by", ["signal", "steps"])
def test_advice_after_a_signal_fits_what_is_left_to_do(
    train: Run, monkeypatch: pytest.MonkeyPatch, stopped_by: str
) -> None:
    def follow(course: Any, signals: Any, **_: Any) -> None:
        for _record in course.training.records():
            if stopped_by == "signal":
                course.training.stop()
        signals.received = signal.SIGINT

    monkeypatch.setattr("textrnn.cli.train.follow", follow)
    result = train("verse.txt", *SMALL, "--steps", "2", "--out", "run")
    assert result.code == 130
    assert ("--resume" in result.stderr) == (stopped_by == "signal")
    assert ("Ctrl-C came when training had ended: the run in run is finished" in result.stderr) == (
        stopped_by == "steps"
    )


def test_a_folder_without_a_commit_starts_anew_and_says_so(train: Run) -> None:
    result = train("verse.txt", *SMALL, "--steps", "2", "--out", "run", "--resume")
    assert result.code == 0
    assert "textrnn: run holds no commit yet: training starts anew\n" in result.stderr


def test_damaged_runs_are_not_gone_on_with(train: Run, refused: Refused) -> None:
    train("verse.txt", *SMALL, "--steps", "2", "--out", "run")
    Path("run/manifest.json").write_text("{}")
    assert "run" in refused("train-lm", "verse.txt", "--out", "run", "--resume")


def test_init_from_starts_from_the_weights_of_another_run(train: Run, refused: Refused) -> None:
    train("verse.txt", *SMALL, "--steps", "2", "--out", "first")
    assert train("verse.txt", *SMALL, "--steps", "1", "--out", "second", "--init-from", "first").code == 0
    assert "no run named 'nope'" in refused("train-lm", "verse.txt", "--init-from", "nope")


def test_settings_of_the_run_give_way_to_those_that_may_change() -> None:
    from textrnn.cli.resume import Resumed
    from textrnn.config.language_model import TrainLanguageModelSettings

    settings = TrainLanguageModelSettings(cell="gru", steps=10, seed=3).model_dump(mode="json")
    resumed = Resumed(Path("run"), settings, {}, 5, False)
    merged = settings_to_resume(LANGUAGE_MODELS, resumed, {"steps": "20", "lr": "0.5"}, None)
    assert (merged.cell, merged.steps, merged.lr, merged.seed) == ("gru", 20, 0.5, 3)


def test_too_large_a_model_is_refused(refused: Refused, corpus_file: Path) -> None:
    line = refused("train-lm", "verse.txt", "--steps", "1", "--hidden-size", "65536", "--num-layers", "64")
    assert "of memory" in line and "--hidden-size" in line


def test_a_device_that_is_not_there(refused: Refused, corpus_file: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    assert "--device" in refused("train-lm", "verse.txt", "--steps", "1", "--device", "cuda")


@pytest.mark.parametrize("more", [0, 1])
def test_more_threads_than_cores_are_noted(train: Run, more: int) -> None:
    result = train("verse.txt", *SMALL, "--steps", "1", "--threads", str(cores_usable() + more))
    assert result.code == 0 and ("more than the" in result.stderr) == bool(more)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(Path(textrnn.__file__).parents[1])}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "textrnn", *words],
                cwd=tmp_path,
                env=environment,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_a_whole_process_is_stopped_by_ctrl_c_and_gone_on_with(process: Any, corpus_file: Path) -> None:
    training = process("train-lm", "verse.txt", *SMALL, "--steps", "1000000", "--out", "run", "--json")
    for line in training.stderr:
        if "step" in line:
            break
    training.send_signal(signal.SIGINT)
    stdout, stderr = training.communicate(timeout=60)
    assert training.returncode == 130, stderr
    step = json.loads(stdout)["steps"]
    assert "--out run --resume" in stderr and "Traceback" not in stderr
    resumed = process("train-lm", "verse.txt", "--out", "run", "--resume", "--steps", str(step + 3), "--json")
    stdout, stderr = resumed.communicate(timeout=60)
    assert resumed.returncode == 0, stderr
    assert json.loads(stdout)["steps"] == step + 3


def test_a_file_name_that_is_no_utf_8_does_not_lose_the_training(run: Run, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"n\xff.txt")
    try:
        file.write_text("to be or not to be\n" * 100)
    except OSError:
        pytest.skip("this file system has names in UTF-8 only")
    words = ("--steps", "1", "--hidden-size", "4", "--out", str(tmp_path / "run"))
    assert run("train-lm", str(file), *words).code == 0
    assert (tmp_path / "run" / "manifest.json").exists()


def test_a_terminal_that_has_gone_does_not_change_the_exit_code(
    interrupted: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "no terminal")

    monkeypatch.setattr("textrnn.cli.train.tell", gone)
    monkeypatch.setattr("textrnn.cli.streams.give_up_stdout", lambda: None)
    assert interrupted(signal.SIGTERM, 5).code == 143


def test_the_command_in_the_card_says_what_is_off(train: Run) -> None:
    assert train("verse.txt", *SMALL, "--steps", "1", "--clip", "0", "--out", "a").code == 0
    assert " --clip 0 " in open_run("a").json("config")["command"] + " "


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="elsewhere it is torch's too")
def test_numpy_leaves_the_cores_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    from textrnn.cli.threads import leave_cores_to_torch

    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    leave_cores_to_torch()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    leave_cores_to_torch()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "3"
