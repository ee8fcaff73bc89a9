"""Texts to be labelled: each comes as soon as its line has ended, in order, and none is lost."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from textrnn.data.texts import iter_texts
from textrnn.errors import UserError

Put = Callable[[str, str | bytes], str]


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"one", ["one"]),
        (b"one\n\ntwo\n", ["one", "", "two"]),
        (b"one\r\n\r\ntwo\rthree\r", ["one", "", "two", "three"]),
        ("\ufeffone\n  two \u2028 \x0c\n".encode(), ["one", "  two \u2028 \x0c"]),
        ("eins\nzwei".encode("utf-16"), ["eins", "zwei"]),
        (gzip.compress(b"one\ntwo\n"), ["one", "two"]),
        (b'a,b\n"\n{}\n', ["a,b", '"', "{}"]),
    ],
)
@pytest.mark.parametrize("source", ["-", "t.txt"])
def test_every_line_is_a_text(put: Put, source: str, content: bytes, texts: list[str]) -> None:
    put("t.txt", content)
    assert list(iter_texts(source, stdin=io.BytesIO(content))) == texts
    slow = Trickle([content[place : place + 1] for place in range(len(content))])
    assert list(iter_texts("-", stdin=slow)) == texts  # type: ignore[arg-type]


class Trickle(io.RawIOBase):
    """A stream that has so many chunks, and says when one is asked for that is not there yet."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = chunks

    def read1(self, size: int) -> bytes:
        return self.chunks.pop(0) if self.chunks else b""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_does_not_wait_for_the_next_one(end: str) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stdin, os.fdopen(writer, "wb", buffering=0) as pipe:
        texts = iter_texts("-", stdin=stdin)
        found: list[str] = []
        for number in range(3):
            pipe.write(f"t{number}{end}".encode())
            waiting = threading.Thread(target=lambda: found.append(next(texts)), daemon=True)
            waiting.start()
            waiting.join(20)
            assert found == [f"t{one}" for one in range(number + 1)]
        pipe.close()
        assert list(texts) == []


def test_a_character_may_arrive_in_halves() -> None:
    data = "a\u0939\u0940\n🙂b\n".encode()
    for cut in range(1, len(data)):
        assert list(iter_texts("-", stdin=Trickle([data[:cut], data[cut:]]))) == ["a\u0939\u0940", "🙂b"]  # type: ignore[arg-type]


def test_bytes_that_do_not_decode_are_named_after_the_texts_before_them() -> None:
    chunks = [b"fine\r", b"bad \xe9\n"]
    texts = iter_texts("-", stdin=Trickle(chunks[:]))  # type: ignore[arg-type]
    assert next(texts) == "fine"
    with pytest.raises(UserError) as caught:
        next(texts)
    assert "(byte e9 at offset 9, line 2) in standard input: give its encoding" in str(caught.value)
    assert list(iter_texts("-", encoding="latin-1", stdin=Trickle(chunks[:]))) == ["fine", "bad \u00e9"]  # type: ignore[arg-type]
    assert list(iter_texts("-", errors="ignore", stdin=Trickle(chunks[:]))) == ["fine", "bad "]  # type: ignore[arg-type]
    with pytest.raises(UserError, match="NUL at character 3"):
        list(iter_texts("-", stdin=Trickle([b"a\nb", b"\0\n"])))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bad", "encoding", "said"),
    [
        (b"b\xffd", "utf-8", "byte ff at offset 15, line 3"),
        (b"b\xe2\x82", "utf-8", "byte e2 82 at offset 15, line 3"),
        (b"b\0d", "utf-8", "NUL at character 14, line 3"),
        (b"\xd8\x00\x00b", "utf-16-be", "byte d8 00 at offset 26, line 3"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_all_lines_before_a_bad_one_are_given(bad: bytes, encoding: str, said: str, together: bool) -> None:
    data = "first\nsécond\n".encode(encoding) + bad + "\nlast\n".encode(encoding)
    chunks = [data] if together else [data[place : place + 1] for place in range(len(data))]
    texts = iter_texts("-", encoding=None if encoding == "utf-8" else encoding, stdin=Trickle(chunks))  # type: ignore[arg-type]
    assert [next(texts), next(texts)] == ["first", "sécond"]
    with pytest.raises(UserError) as caught:
        next(texts)
    assert said in str(caught.value)


def test_what_has_a_nul_on_its_first_line_is_no_text() -> None:
    for data in (b"\x7fELF\0\0\n\0", "two\nlines\n".encode("utf-16-le")):
        with pytest.raises(UserError, match="looks binary"):
            list(iter_texts("-", stdin=Trickle([data])))  # type: ignore[arg-type]


def test_tables_give_their_column(put: Put) -> None:
    put("t.csv", 'id,text\n1,"a\nb"\n2,\n')
    put("t.tsv", "review\nfine film\n")
    put("t.jsonl.gz", gzip.compress(b'{"text": "a", "x": [1]}\n\n{"text": ""}\n'))
    assert list(iter_texts("t.csv")) == ["a\nb", ""]
    assert list(iter_texts("t.tsv", text_column="review")) == ["fine film"]
    assert list(iter_texts(Path("t.jsonl.gz"))) == ["a", ""]


def test_tables_are_read_row_by_row(put: Put) -> None:
    put("t.csv", "text\n" + "fine\n" * 100_000 + '"open\n')
    texts = iter_texts("t.csv")
    assert next(texts) == "fine"
    with pytest.raises(UserError, match=r"never closed in t\.csv line 100002: "):
        list(texts)


def test_bad_rows_are_refused_when_they_are_reached(put: Put) -> None:
    put("t.jsonl", '{"text": "a"}\n{"txt": "b"}\n')
    texts = iter_texts("t.jsonl")
    assert next(texts) == "a"
    with pytest.raises(UserError, match=r"^no text in t\.jsonl line 2: mend the row$"):
        next(texts)
    put("t.csv", "text,label\na,b\nc\n")
    with pytest.raises(UserError, match=r"^fewer fields than in the header \(1 instead of 2\) in t\.csv line 3: "):
        list(iter_texts("t.csv"))
    put("t.tsv", "Go.\tVa !\nGo.\tMarche.\n")
    with pytest.raises(UserError, match=r"^no header: 'Go.' .* that names the columns: text$"):
        list(iter_texts("t.tsv"))
    put("t.csv", "source,target\nGo.,Va !\n")
    with pytest.raises(UserError, match=r"^no column .text. among .* in .*: name it with --text-column$"):
        list(iter_texts("t.csv"))


@pytest.mark.parametrize(
    ("source", "column", "said"),
    [
        ("t.txt", "text", "--text-column, and no columns in t.txt: it goes with a .csv"),
        ("-", "text", "--text-column, and no columns in -: "),
        ("folder", None, "is a folder in folder: "),
        ("missing.txt", None, "missing.txt does not exist: "),
        ("rotten-tomatos", None, "did you mean rotten-tomatoes?"),
        ("t.csv", None, "no column 'text' among 'review' in t.csv: name it with --text-column"),
    ],
)
def test_what_cannot_be_read_is_refused(put: Put, source: str, column: str | None, said: str) -> None:
    put("t.txt", "a\n")
    put("t.csv", "review\na\n")
    put("folder/t.txt", "a\n")
    with pytest.raises(UserError) as caught:
        next(iter_texts(source, text_column=column))
    assert said in str(caught.value)


def test_a_missing_file_is_said_at_once(put: Put) -> None:
    put("a.txt", "")
    with pytest.raises(UserError):
        iter_texts("b.txt")


def test_built_in_corpora_are_texts_too() -> None:
    texts = iter_texts("python-docs")
    assert next(texts).startswith("The ")


def test_memory_does_not_grow_with_the_lines() -> None:
    code = """
import sys, tracemalloc
from textrnn.data.texts import iter_texts
next(iter_texts("-"))
tracemalloc.start()
count = sum(1 for _ in iter_texts("-"))
print(count, tracemalloc.get_traced_memory()[1] < 2_000_000)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        out, _ = process.communicate(b"x\n" + b"a fine film\n" * 400_000)
    assert process.returncode == 0
    count, is_flat = out.split()
    # the first reading keeps at most one chunk to itself
    assert int(count) > 390_000 and is_flat == b"True"
