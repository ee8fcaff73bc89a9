"""`textrnn classify`, with a small classifier of noise: what is answered, in which form, when, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import textrnn
from textrnn.cli import streams
from textrnn.inference.classifier.model import TextClassifier

Run = Callable[..., Any]
Refused = Callable[..., str]
TEXTS = ("a lovely film", "", "dull", "I hated every minute")


@pytest.fixture
def model(make_classifier: Callable[..., TextClassifier], tmp_path: Path) -> TextClassifier:
    """A classifier in ./films."""
    made = make_classifier(labels=("bad", "fair", "good"))
    made.save(tmp_path / "films")
    return made


@pytest.fixture
def started(model: TextClassifier, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the command as a process of its own, in the folder with the classifier."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*words: str, before: str = "") -> subprocess.Popen[bytes]:
        code = f"import sys\n{before}\nfrom textrnn.cli import main\nsys.exit(main(sys.argv[1:]))"
        line = [sys.executable, "-c", code, "classify", "-m", "films", *words]
        pipe = subprocess.PIPE
        processes.append(subprocess.Popen(line, stdin=pipe, stdout=pipe, stderr=pipe, cwd=tmp_path))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def expected(model: TextClassifier, *texts: str) -> str:
    return "".join(f"{verdict.label}\t{verdict.score:.4f}\n" for verdict in model.verdicts(texts))


@pytest.mark.parametrize("ways", [["-"], [], ["--file", "-"], ["--file", "texts.txt"], [*TEXTS], ["--", *TEXTS]])
def test_a_line_for_each_text_in_order(run: Run, model: TextClassifier, ways: list[str], tmp_path: Path) -> None:
    piped = "".join(f"{text}\n" for text in TEXTS).encode()
    (tmp_path / "texts.txt").write_bytes(piped)
    assert run("classify", "-m", "films", *ways, stdin=piped) == (0, expected(model, *TEXTS), "")


@pytest.mark.parametrize("threads", ["1", "2", "3"])
def test_many_texts_are_answered_alike_by_any_number_of_threads(run: Run, model: TextClassifier, threads: str) -> None:
    texts = [" ".join((TEXTS * 5)[number % 7 :][: number % 11]) for number in range(4000)]
    result = run("classify", "-m", "films", "--threads", threads, stdin="\n".join(texts).encode() + b"\n")
    assert result.stdout == expected(model, *texts) and result.code == 0


@pytest.mark.parametrize("name", ["reviews.tsv", "reviews.csv", "reviews.jsonl"])
def test_a_column_of_a_table(run: Run, refused: Refused, model: TextClassifier, tmp_path: Path, name: str) -> None:
    texts = ["a lovely\nfilm", "", "dull"]
    if name.endswith("jsonl"):
        lines = [json.dumps({"id": 1, "review": text}) for text in texts]
    else:
        tab = "\t" if name.endswith("tsv") else ","
        lines = [f"id{tab}review", *(f'1{tab}"{text}"' for text in texts)]
    (tmp_path / name).write_text("\n".join(lines) + "\n")
    assert run("classify", "-m", "films", "--file", name, "--text-column", "review").stdout == expected(model, *texts)
    assert "'review'" in refused("classify", "-m", "films", "--file", name)


def test_as_many_pairs_as_are_wanted(run: Run, model: TextClassifier) -> None:
    (verdict,) = model.verdicts(["dull"])
    pairs = [f"{label}\t{score:.4f}" for label, score in verdict.ranked]
    words = ("classify", "-m", "films", "dull")
    assert run(*words, "-k", "2").stdout == "\t".join(pairs[:2]) + "\n"
    assert run(*words, "--probs").stdout == "\t".join(pairs) + "\n"
    many = run(*words, "-k", "9")
    assert many.stdout == "\t".join(pairs) + "\n" and many.stderr.startswith("textrnn: -k 9 is more than the 3 labels")


def test_where_it_is_unsure_it_says_so(run: Run, model: TextClassifier) -> None:
    low, high = sorted(model.verdicts(TEXTS[:1] + TEXTS[2:]), key=lambda verdict: verdict.score)[:: len(TEXTS) - 2]
    between = ["classify", "-m", "films", low.text, high.text, "--abstain-below", str((low.score + high.score) / 2)]
    assert run(*between).stdout == f"?\t{low.score:.4f}\n{high.label}\t{high.score:.4f}\n"
    (_, first), second = low.ranked[0], low.ranked[1]
    several = run(*between, "-k", "2")
    assert several.stdout.splitlines()[0] == f"{low.label}\t{first:.4f}\t{second[0]}\t{second[1]:.4f}"
    assert several.stderr.startswith("textrnn: --abstain-below beside several labels a text: ")
    values = [json.loads(line) for line in run(*between, "--json").stdout.splitlines()]
    assert [value["label"] for value in values] == ["?", high.label]
    assert values[0]["score"] == low.score == max(values[0]["probabilities"].values())
    # what is as sure as is wanted is said
    assert run("classify", "-m", "films", high.text, "--abstain-below", repr(high.score)).stdout[0] != "?"


def test_json_lines_have_the_keys_of_the_interface(run: Run, model: TextClassifier) -> None:
    result = run("classify", "-m", "films", "--json", *TEXTS)
    values = [json.loads(line) for line in result.stdout.splitlines()]
    assert [list(value) for value in values] == [["label", "score", "probabilities", "text"]] * len(TEXTS)
    assert [value["text"] for value in values] == [*TEXTS]
    assert [list(value["probabilities"].values()) for value in values] == model.predict_proba(TEXTS).tolist()
    assert [*values[0]["probabilities"]] == ["bad", "fair", "good"]


def test_reasons(run: Run, model: TextClassifier) -> None:
    explanation = model.explain("a lovely film")
    words = ("classify", "-m", "films", "--explain", "a lovely film")
    value = json.loads(run(*words, "--json").stdout)
    assert {key: value[key] for key in ("reasons", "method", "completeness_error")} == explanation.to_json()
    assert "attention" not in value
    lines = run(*words, "").stdout.splitlines()
    first, *reasons, total, second, nothing = lines
    assert [first, second] == expected(model, "a lovely film", "").splitlines()
    assert [line.split() for line in reasons] == [
        [f"{reason.weight:+.3f}", reason.text] for reason in explanation.largest_first
    ]
    assert total.startswith(f"for {explanation.label}: {explanation.value:+.3f}") and nothing.startswith("for good: ")


def test_attention_is_shown_as_attention(
    run: Run, make_classifier: Callable[..., TextClassifier], tmp_path: Path
) -> None:
    model = make_classifier(pooling="mean+attention")
    model.save(tmp_path / "attending")
    words = ("classify", "-m", "attending", "--explain", "a lovely film", "")
    value, empty = map(json.loads, run(*words, "--json").stdout.splitlines())
    assert [unit for unit, _ in value["attention"]] == ["a", "lovely", "film"] and "attention" not in empty
    assert sum(weight for _, weight in value["attention"]) == pytest.approx(1, abs=1e-6)
    assert [line for line in run(*words).stdout.splitlines() if line.startswith("attention: ")] == [
        "attention: " + ", ".join(f"{u} {w:.2f}" for u, w in sorted(value["attention"], key=lambda pair: -pair[1]))
    ]


def test_labels_stay_in_their_cell_and_cannot_steer_a_terminal(
    run: Run, make_classifier: Callable[..., TextClassifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = ("a\tb\n", "c\x1b[31m")
    make_classifier(labels=labels).save(tmp_path / "odd")
    words = ("classify", "-m", "odd", "--probs", "dull")
    assert sorted(run(*words).stdout.rstrip("\n").split("\t")[::2]) == ["a\\tb\\n", "c\x1b[31m"]
    assert {*json.loads(run(*words[:3], "dull", "--json").stdout)["probabilities"]} == {*labels}
    monkeypatch.setattr(streams, "for_stream", lambda text, stream: streams_for_terminal(text))
    assert sorted(run(*words).stdout.rstrip("\n").split("\t")[::2]) == ["a\\tb\\n", "c\\x1b[31m"]


def streams_for_terminal(text: str) -> str:
    from textrnn.report.escape import escape

    return escape(text)


def test_the_newest_classifier_is_taken_and_named(
    run: Run, model: TextClassifier, model_folder: Path, tmp_path: Path
) -> None:
    model.save(tmp_path / "checkpoints" / "films")
    (tmp_path / "checkpoints" / "tiny").symlink_to(model_folder)
    result = run("classify", "dull")
    assert result.stdout == expected(model, "dull")
    assert result.stderr == f"textrnn: model {Path('checkpoints/films')} (--model names another)\n"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["a", "-"], "- among other texts in textrnn classify: "),
        (["a", "--file", "b.txt"], "texts beside --file in textrnn classify: "),
        (["a", "--text-column", "b"], "--text-column without a table in textrnn classify: "),
        (["--file", "nope.txt"], "nope.txt does not exist: "),
        (["--file", "."], "is a folder in .: "),
        (["a\udcff"], "bytes that do not decode (hex ff) in TEXT: "),
        (["-k", "0", "--abstain-below", "1.5", "--threads", "0", "a"], "0 in --k: expected a whole number"),
        (["--abstain-below", "nan", "a"], "'nan' in --abstain-below: expected a number p with 0 <= p <= 1"),
        (["--nope", "a"], "unknown option --nope in textrnn classify: "),
    ],
)
def test_what_is_refused(refused: Refused, model: TextClassifier, words: list[str], line: str) -> None:
    assert refused("classify", "-m", "films", *words).startswith(line)


@pytest.mark.skipif(os.name != "posix", reason="no terminals to be had")
def test_no_text_at_a_terminal_is_refused(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    line = [sys.executable, "-m", "textrnn", "classify"]
    ended = subprocess.run(line, stdin=theirs, capture_output=True, text=True, cwd=tmp_path, check=False)
    os.close(ours)
    os.close(theirs)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("textrnn: error: no text in textrnn classify: give one, as in ")
    assert ended.stderr.count("\n") == 1


def test_a_language_model_is_refused_by_its_kind(refused: Refused, model_folder: Path) -> None:
    line = refused("classify", "-m", str(model_folder), "a")
    assert "language model" in line and "classifier" in line and "generate" in line


def test_what_does_not_decode_is_named_by_its_line(run: Run, model: TextClassifier) -> None:
    result = run("classify", "-m", "films", stdin=b"dull\nb\xff\n")
    assert result.code == 2 and "line 2" in result.stderr and "--encoding" in result.stderr
    replaced = run("classify", "-m", "films", "--encoding", "latin-1", stdin=b"dull\nb\xff\n")
    assert replaced.stdout == expected(model, "dull", "bÿ")


def test_lines_before_one_that_is_no_text_are_answered(run: Run, model: TextClassifier) -> None:
    for bad, said in ((b"b\xff", "byte ff at offset 8, line 3"), (b"b\0", "NUL at character 8, line 3")):
        result = run("classify", "-m", "films", stdin=b"dull\na\n" + bad + b"\nlovely\n")
        assert (result.code, result.stdout) == (2, expected(model, "dull", "a"))
        assert said in result.stderr and result.stderr.count("\n") == 1


def test_reasons_that_take_long_say_how_far_they_are(
    run: Run, model: TextClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textrnn.cli.classify.SAID_EVERY_S", 0.0)
    monkeypatch.setattr("textrnn.explain.shapley._CHARACTERS_AT_ONCE", 10_000)
    text = "a lovely film, dull acting. " * 30
    result = run("classify", "-m", "films", "--explain", "--threads", "1", text)
    lines = result.stderr.splitlines()
    assert len(lines) > 5 and all(line.startswith("textrnn: reasons of a text of 840 characters: ") for line in lines)
    shares = [int(line.split(": ")[2].split(" %")[0].split("%")[0]) for line in lines]
    assert shares == sorted(shares) and 0 < shares[0] < shares[-1] <= 100
    monkeypatch.setattr("textrnn.cli.classify.SAID_EVERY_S", 60.0)
    assert run("classify", "-m", "films", "--explain", "--threads", "1", text) == (0, result.stdout, "")


def test_a_pipe_is_answered_before_it_ends(started: Any, model: TextClassifier) -> None:
    process = started("-")
    for text in ("dull", "a lovely film"):
        process.stdin.write(text.encode() + b"\n")
        process.stdin.flush()
        # would wait for ever if it came only at the end
        assert process.stdout.readline().decode() == expected(model, text)
    assert process.communicate() == (b"", b"") and process.returncode == 0


@pytest.mark.parametrize("keeps_writing", [True, False])
def test_who_has_read_enough_ends_it_silently(started: Any, keeps_writing: bool) -> None:
    process = started()
    process.stdin.write(b"dull\n" * (1 + 20_000 * keeps_writing))
    process.stdin.flush()
    assert process.stdout.readline()
    process.stdout.close()
    if not keeps_writing:
        # the thread that reads waits for the second text meanwhile, with no lock that the end needs
        process.stdin.write(b"dull\n")
        process.stdin.flush()
    assert process.wait(60) == 0
    assert process.stderr.read() == b""


def test_ctrl_c_ends_it_while_it_waits(started: Any) -> None:
    import signal

    process = started()
    process.stdin.write(b"dull\n")
    process.stdin.flush()
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert b"Traceback" not in process.stderr.read()


def test_it_needs_neither_torch_nor_what_is_slow_to_import(started: Any) -> None:
    blocked = ("torch", "nltk", "rich", "sacrebleu", "prompt_toolkit", "scipy", "sklearn", "numba", "tokenizers")
    process = started("dull", "--explain", before=f"sys.modules.update(dict.fromkeys({blocked!r}))")
    out, error = process.communicate()
    assert (process.returncode, error) == (0, b"") and out


PEAK = """
import atexit, resource
atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr))
"""


@pytest.mark.skipif(os.name != "posix", reason="no resource module")
def test_memory_does_not_grow_with_the_pipe(started: Any) -> None:
    def peak(lines: int) -> int:
        _, error = started("--threads", "2", before=PEAK).communicate(b"dull\n" * lines)
        return int(error) // (1024 if sys.platform == "darwin" else 1)

    # all texts and answers together would be more than this, in KiB
    assert peak(60_000) - peak(6_000) < 15_000


def test_the_api_says_the_same(run: Run, model: TextClassifier, tmp_path: Path) -> None:
    assert run("classify", "-m", "films", *TEXTS).stdout == expected(textrnn.load(tmp_path / "films"), *TEXTS)
