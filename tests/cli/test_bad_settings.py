"""Bad sampling settings and bad hyperparameters: refused at the command line, all at once, before any file is read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Refused = Callable[..., str]

SAMPLING = {
    "S2 negative temperature": ("--temperature", "-1"),
    "S3 temperature nan": ("--temperature", "nan"),
    "S4 temperature inf": ("--temperature", "inf"),
    "S6 negative top-k": ("--top-k", "-1"),
    "S8 top-k 1.5": ("--top-k", "1.5"),
    "S8 top-k 1e3": ("--top-k", "1e3"),
    "S8 top-k in other digits": ("--top-k", "١٢"),
    "S8 top-k with an underscore": ("--top-k", "1_0"),
    "S8 temperature with an underscore": ("--temperature", "1_0"),
    "S10 top-p above 1": ("--top-p", "1.1"),
    "S10 top-p nan": ("--top-p", "nan"),
    "S10 negative top-p": ("--top-p", "-0.1"),
    "S10 min-p above 1": ("--min-p", "2"),
    "S10 typical 0": ("--typical", "0"),
    "S16 negative length": ("--length", "-1"),
    "S16 fractional length": ("--length", "1.5"),
    "S16 samples 0": ("--samples", "0"),
    "S16 samples 1e9": ("--samples", "1000000000"),
    "S17 seed -1": ("--seed", "-1"),
    "S17 seed 2**64": ("--seed", str(2**64)),
    "S17 seed 1.5": ("--seed", "1.5"),
    "S17 seed a": ("--seed", "a"),
    "S18 empty stop": ("--stop", ""),
    "S19 seed of 5000 digits": ("--seed", "9" * 5000),
    "S19 length of 5000 digits": ("--length", "9" * 5000),
    "S20 penalty 0": ("--repetition-penalty", "0"),
    "S20 negative penalty": ("--repetition-penalty", "-2"),
    "negative n-gram": ("--no-repeat-ngram", "-1"),
    "negative length penalty": ("--length-penalty", "-1"),
    "unknown policy": ("--unknown", "drop"),
    "beam of words": ("--beam", "wide"),
    "H15 threads 0": ("--threads", "0"),
}
HYPERPARAMETERS = {
    "H1 hidden 0": ("--hidden-size", "0"),
    "H1 hidden negative": ("--hidden-size", "-8"),
    "H1 hidden 8.0": ("--hidden-size", "8.0"),
    "H1 embed 0": ("--embed-size", "0"),
    "H2 layers 0": ("--num-layers", "0"),
    "H4 dropout 1": ("--dropout", "1"),
    "H4 dropout negative": ("--dropout", "-0.1"),
    "H5 lr nan": ("--lr", "nan"),
    "H5 lr inf": ("--lr", "inf"),
    "H5 lr 0": ("--lr", "0"),
    "H5 lr negative": ("--lr", "-0.1"),
    "H7 clip negative": ("--clip", "-1"),
    "H7 clip nan": ("--clip", "nan"),
    "H8 batch 0": ("--batch-size", "0"),
    "H9 seq-length 0": ("--seq-length", "0"),
    "negative steps": ("--steps", "-1"),
    "fractional steps": ("--steps", "1.5"),
    "negative epochs": ("--epochs", "-1"),
    "epochs nan": ("--epochs", "nan"),
    "budget of nothing": ("--budget", "0s"),
    "budget without a unit it knows": ("--budget", "3 fortnights"),
    "val-frac 0": ("--val-frac", "0"),
    "val-frac 1": ("--val-frac", "1"),
    "unknown cell": ("--cell", "transformer"),
    "unknown optimizer": ("--optimizer", "adamax"),
    "unknown tokenizer": ("--tokenizer", "emoji"),
    "vocabulary of 1": ("--vocabulary-size", "1"),
    "seed -1": ("--seed", "-1"),
    "H15 threads 0": ("--threads", "0"),
    "device": ("--device", "tpu"),
    "patience 0": ("--patience", "0"),
    "save-every 0": ("--save-every", "0s"),
}


@pytest.mark.parametrize("case", SAMPLING)
@pytest.mark.parametrize("command", ["generate", "repl"])
def test_bad_sampling_settings(refused: Refused, command: str, case: str) -> None:
    flag, value = SAMPLING[case]
    line = refused(command, f"{flag}={value}")
    if command == "repl" and flag in ("--samples", "--beam", "--length-penalty"):
        assert line.startswith(f"unknown option {flag} in textrnn repl: ")
        return
    assert f" in {flag}: expected " in line
    assert len(line) < 200


@pytest.mark.parametrize("case", HYPERPARAMETERS)
def test_bad_hyperparameters(refused: Refused, case: str) -> None:
    flag, value = HYPERPARAMETERS[case]
    # the file does not exist: settings are checked before it is looked for
    assert f" in {flag}: expected " in refused("train-lm", "no-such-file.txt", flag, value)


LIMITS = {
    ("--lr", "1e7"): "a number above 0, at most 1e6",
    ("--batch-size", "2000000"): "a whole number from 1 to 1048576",
    ("--seq-length", "2000000"): "a whole number from 1 to 1048576",
    ("--threads", "5000"): "a whole number from 1 to 4096",
    ("--steps", str(10**20)): "a whole number from 0 to 1000000000000000",
    ("--epochs", "1e308"): "a number from 0 to 1e9",
    ("--weight-decay", "1e7"): "a number from 0 to 1e6",
}


@pytest.mark.parametrize("words", LIMITS)
def test_a_limit_is_named(refused: Refused, words: tuple[str, str]) -> None:
    assert f" in {words[0]}: expected {LIMITS[words]}" in refused("train-lm", "no-such-file.txt", *words)


def test_the_limits_of_generation_are_named(refused: Refused) -> None:
    line = refused("generate", "--length", str(10**20), "--threads", "5000")
    assert "--length: expected a whole number from 0 to 1000000000000000" in line
    assert "--threads: expected a whole number from 1 to 4096" in line


@pytest.mark.parametrize("protocol", ["stateful:0", "window", "window:x", "sliding:3", "window:1_0", "stateful:"])
def test_bad_protocols(refused: Refused, protocol: str) -> None:
    assert " in --protocol: expected stateful:S or window:N" in refused("evaluate", "no.txt", "--protocol", protocol)


@pytest.mark.parametrize("continuation", ["50", "0:5", "a:b", "5:5:5"])
def test_bad_continuations(refused: Refused, continuation: str) -> None:
    assert " in --continue: expected P:C" in refused("evaluate", "no.txt", "--continue", continuation)


def test_all_bad_fields_are_reported_at_once(refused: Refused) -> None:
    line = refused("train-lm", "--hidden-size", "0", "--lr", "nan", "--threads", "0", "--cell", "x")
    assert all(flag in line for flag in ("--hidden-size", "--lr", "--threads", "--cell"))
    line = refused("generate", "--top-k", "x", "--threads", "0")
    assert "--top-k" in line and "--threads" in line


def test_an_unknown_option_hides_nothing_else_that_is_wrong(refused: Refused) -> None:
    line = refused("train-lm", "--hiden-size", "3", "no.txt", "--lr", "nan", "--foo=3", "-b", "0")
    assert "unknown option --hiden-size in textrnn train-lm: did you mean --hidden-size?" in line
    assert all(part in line for part in ("unknown option --foo", "'nan' in --lr", "0 in --batch-size"))
    line = refused("generate", "--tempe", "3", "--top-k", "x", "-nx5")
    assert "unknown option --tempe" in line and "'x' in --top-k" in line
    assert refused("generate", "--zzz", "3", "--help").startswith("unknown option --zzz")


def test_aliases_are_told_by_their_main_name(refused: Refused) -> None:
    assert "0 in --hidden-size" in refused("train-lm", "--nhid", "0").replace("'", "")


def test_a_bad_value_names_its_source(refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TEXTRNN_HIDDEN_SIZE", "wide")
    assert "'wide' in TEXTRNN_HIDDEN_SIZE: expected " in refused("train-lm")
    (tmp_path / "c.toml").write_text("hidden_size = 'huge'\n")
    monkeypatch.delenv("TEXTRNN_HIDDEN_SIZE")
    assert "'huge' in hidden_size of c.toml: expected " in refused("train-lm", "--config", "c.toml")


CONFIGS = {
    "H12 unknown key": (
        "cell = 'gru'\nhiden-size = 3\n",
        "unknown key 'hiden-size' in c.toml line 2: did you mean 'hidden_size'?",
    ),
    "H13 key given twice": ("lr = 0.1\nlr = 0.2\n", "not valid TOML ("),
    "not TOML": ("this is not toml\n", "not valid TOML ("),
    "nested deeply": ("x = " + "[" * 100_000, "nested too deeply in c.toml: "),
    "a number of 5000 digits": (f"lr = {'9' * 5000}\n", "not valid TOML ("),
    "two names of a flag": ("rnn_size = 3\nhidden-size = 4\n", "hidden_size given twice in c.toml line 2: "),
    "bad value under another name": ("nhid = 0\n", "0 in hidden_size of c.toml: expected "),
}
GOOD_CONFIGS = {
    "aliases": b"rnn_size = 0\nbptt = 0\nunit = 'x'\n",
    "byte-order mark": b"\xef\xbb\xbfhidden_size = 0\nseq_length = 0\ntokenizer = 'x'\n",
}


@pytest.mark.parametrize("case", CONFIGS)
def test_bad_config_files(refused: Refused, tmp_path: Path, case: str) -> None:
    content, line = CONFIGS[case]
    (tmp_path / "c.toml").write_text(content)
    assert refused("train-lm", "--config", "c.toml").startswith(line)


@pytest.mark.parametrize("case", GOOD_CONFIGS)
def test_config_files_may_use_every_name_of_a_flag(refused: Refused, tmp_path: Path, case: str) -> None:
    # that the values are told as wrong shows that the keys were read
    (tmp_path / "c.toml").write_bytes(GOOD_CONFIGS[case])
    line = refused("train-lm", "--config", "c.toml")
    assert all(f" in {name} of c.toml: expected " in line for name in ("hidden_size", "seq_length", "tokenizer"))


def test_a_config_file_that_is_not_there(refused: Refused) -> None:
    assert "--config no.toml" in refused("train-lm", "--config", "no.toml")


def test_flags_that_exclude_each_other(refused: Refused) -> None:
    assert refused("train-lm", "--resume", "--overwrite").startswith("--resume and --overwrite together: ")
    assert refused("train-lm", "--resume", "--init-from", "x").startswith("--resume and --init-from together: ")
    assert "--samples 3" in refused("generate", "--beam", "2", "--samples", "3")


TOKENIZERS = {
    ("byte", "--min-count", "2"): "--min-count with --tokenizer byte: ",
    ("byte", "--vocabulary-size", "300"): "--vocabulary-size with --tokenizer byte: ",
    ("byte", "--lowercase"): "--lowercase with --tokenizer byte: ",
    ("char", "--lowercase"): "--lowercase with --tokenizer char: ",
    ("bpe", "--lowercase"): "--lowercase with --tokenizer bpe: ",
    ("bpe", "--vocabulary-size", "257"): "--vocabulary-size 257 with --tokenizer bpe: give at least 258",
    ("byte", "--lowercase", "--min-count", "2"): "; --lowercase with --tokenizer byte: ",
}


@pytest.mark.parametrize("words", TOKENIZERS)
def test_what_no_tokenizer_can_do_is_refused_before_the_text_is_looked_for(
    refused: Refused, words: tuple[str, ...]
) -> None:
    assert TOKENIZERS[words] in refused("train-lm", "no-such-file.txt", "--tokenizer", *words)


def test_a_gpu_that_is_not_there_is_refused_before_the_text_is_looked_for(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "no CUDA devices in --device" in refused("train-lm", "no-such-file.txt", "--device", "cuda")


@pytest.mark.parametrize("words", [("--out", "taken/run"), ("--runs-dir", "taken/run")])
def test_a_folder_that_cannot_be_made_is_refused_before_the_text_is_looked_for(
    refused: Refused, tmp_path: Path, words: tuple[str, str]
) -> None:
    (tmp_path / "taken").write_text("")
    assert refused("train-lm", "no-such-file.txt", *words).startswith("cannot write (Not a directory) in taken/run: ")


def test_a_refusal_by_the_command_line_alone_imports_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from textrnn.cli import main; "
        "assert main(['train-lm', 'no.txt', '--tokenizer', 'byte', '--min-count', '2']) == 2; "
        "assert main(['train-lm', 'no.txt', '--out', sys.executable + '/run']) == 2; "
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True)


def test_a_length_penalty_says_nothing_without_a_beam(refused: Refused) -> None:
    assert refused("generate", "--length-penalty", "0.4").startswith("--length-penalty without --beam: ")
