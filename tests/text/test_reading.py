"""Bytes to text, by law and by golden value: encodings, marks, line ends, what is refused and with which place."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.errors import UserError
from textrnn.text import decoding, sources
from textrnn.text.corpus import read_corpus
from textrnn.text.display import counted
from textrnn.text.reading import read_text


def write(folder: Path, data: bytes, name: str = "a.txt") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def refusal(*names: object, **options: object) -> str:
    with pytest.raises(UserError) as caught:
        read_corpus(list(names), **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "mark", "note"),
    [
        ("utf-8", codecs.BOM_UTF8, "stripped the byte-order mark"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "decoded as utf-16-le, as its byte-order mark says"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "decoded as utf-16-be, as its byte-order mark says"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "decoded as utf-32-le, as its byte-order mark says"),
        ("utf-32-be", codecs.BOM_UTF32_BE, "decoded as utf-32-be, as its byte-order mark says"),
    ],
)
def test_byte_order_mark_tells_the_encoding_and_is_no_character(
    tmp_path: Path, encoding: str, mark: bytes, note: str
) -> None:
    text = "naïve 日本 🙂\nx"
    path = write(tmp_path, mark + text.encode(encoding))
    corpus = read_corpus([path])
    assert corpus.text() == text
    assert corpus.notes == (f"{path}: {note}",)


def test_given_encoding_wins_and_its_mark_is_stripped(tmp_path: Path) -> None:
    assert read_corpus([write(tmp_path, "café".encode("latin-1"))], encoding="latin-1").text() == "café"
    marked = write(tmp_path, codecs.BOM_UTF16_LE + "aé".encode("utf-16-le"))
    assert read_corpus([marked], encoding="utf-16-le").text() == "aé"
    assert read_corpus([marked], encoding="utf-16").text() == "aé"


def test_sha256_is_of_the_bytes_as_they_are(tmp_path: Path) -> None:
    data = codecs.BOM_UTF8 + b"a\r\nb"
    one, two = write(tmp_path, data, "one"), write(tmp_path, b"c", "two")
    digests = [hashlib.sha256(data), hashlib.sha256(b"c")]
    assert read_corpus([one]).sha256 == digests[0].hexdigest()
    joined = b"".join(digest.digest() for digest in digests)
    assert read_corpus([one, two]).sha256 == hashlib.sha256(joined).hexdigest()


def test_line_ends_become_lf_and_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, b"a\r\nb\rc\nd\r\n\r")
    corpus = read_corpus([path])
    assert corpus.text() == "a\nb\nc\nd\n\n"
    assert corpus.notes == (f"{path}: CR LF line ends read as LF (2)", f"{path}: CR line ends read as LF (2)")
    kept = read_corpus([path], keep_line_ends=True)
    assert (kept.text(), kept.notes) == ("a\r\nb\rc\nd\r\n\r", ())


def test_exotic_line_breaks_are_characters(tmp_path: Path) -> None:
    text = "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g"
    assert read_corpus([write(tmp_path, text.encode())]).text() == text


@given(st.text(alphabet="a\r\n\u00e9\U0001f642", max_size=40), st.integers(1, 7))
def test_chunks_split_nothing(text: str, size: int) -> None:
    """A character, a mark or a CR LF that two chunks share is read as if it stood in one."""
    data = text.encode()
    chunks = iter([data[start : start + size] for start in range(0, len(data), size)])
    notes = decoding.ReadingNotes()
    pieces = decoding.decode(chunks, "x", decoding.ReadingOptions(), notes)
    assert "".join(pieces) == text.replace("\r\n", "\n").replace("\r", "\n")
    pairs = text.count("\r\n")
    counts = {"CR LF": pairs, "CR": text.count("\r") - pairs}
    assert notes.lines() == tuple(f"x: {end} line ends read as LF ({n})" for end, n in counts.items() if n)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"ab\ncd\xe9f", "byte e9 at offset 5, line 2"),
        (b"ab\r\rcd\xe9f", "byte e9 at offset 6, line 3"),
        (b"abc\xe2\x82", "byte e2 82 at offset 3, line 1"),
        (b"x\n" * 1_500_000 + b"\n\xff", "byte ff at offset 3000001, line 1500002"),
        # The character's first byte lies in one chunk of a mebibyte, what is wrong with it in the next.
        (b"x" * (2**20 - 1) + b"\xe2x", "byte e2 at offset 1048575, line 1"),
    ],
)
def test_undecodable_byte_is_named_with_its_place(tmp_path: Path, data: bytes, place: str) -> None:
    message = refusal(write(tmp_path, data))
    assert message.startswith(f"invalid utf-8 ({place}) in {tmp_path}")
    assert "--encoding latin-1" in message
    assert "--errors replace" in message


def test_errors_are_replaced_or_left_out_only_when_asked_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path, b"a\xffb\xe2\x82c\xef\xbf\xbd")
    replaced = read_corpus([path], errors="replace")
    assert replaced.text() == "a\ufffdb\ufffdc\ufffd"
    assert replaced.notes == (f"{path}: invalid utf-8 replaced by U+FFFD (2)",)
    ignored = read_corpus([path], errors="ignore")
    assert ignored.text() == "abc\ufffd"
    assert ignored.notes == (f"{path}: invalid utf-8 left out (2)",)


@pytest.mark.parametrize("name", ["utf9", "rot13", "hex", "latin one", "a\0b"])
def test_unknown_encoding_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal(write(tmp_path, b"a"), encoding=name).startswith("unknown --encoding ")


def test_near_encoding_is_suggested(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, b"a"), encoding="latin-11").endswith("did you mean latin-1?")
    assert "strict, replace, ignore" in refusal(write(tmp_path, b"a"), errors="surrogateescape")


def test_binary_is_refused_unless_allowed(tmp_path: Path) -> None:
    path = write(tmp_path, b"ab\0\0cd")
    assert refusal(path).startswith("looks binary: 2 NUL in the first 6 bytes")
    assert read_corpus([path], allow_binary=True).text() == "ab\0\0cd"


def test_nul_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, b"a" * 70_000 + b"\0")).startswith("NUL at character 70,000")
    assert "NUL at character 1" in refusal(write(tmp_path, codecs.BOM_UTF16_LE + "a\0".encode("utf-16-le")))
    assert "NUL at character 1" in refusal(write(tmp_path, b"a\0"), encoding="utf-8")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_mark_is_recognised(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "plain English text".encode(encoding))
    assert f"--encoding {encoding}" in refusal(path)
    assert read_corpus([path], encoding=encoding).text() == "plain English text"


@pytest.mark.parametrize(
    ("data", "kind"), [(b"PK\x03\x04..", "zip"), (b"%PDF-1.7", "PDF"), (b"\x28\xb5\x2f\xfd.", "zstd")]
)
def test_known_formats_are_named(tmp_path: Path, data: bytes, kind: str) -> None:
    assert kind in refusal(write(tmp_path, data))


def test_mixed_normal_forms_are_noted_and_left_alone(tmp_path: Path) -> None:
    text = "caf\u00e9 cafe\u0301"
    corpus = read_corpus([write(tmp_path, text.encode())])
    assert corpus.text() == text
    assert any("NFC" in note and "NFD" in note for note in corpus.notes)
    for alone in ("caf\u00e9 \u00e8", "cafe\u0301 e\u0300", "plain"):
        assert not read_corpus([write(tmp_path, alone.encode())]).notes


def test_empty_is_refused_as_empty(tmp_path: Path) -> None:
    for data in (b"", codecs.BOM_UTF8):
        assert refusal(write(tmp_path, data)).startswith("the corpus is empty in a.txt")
    assert read_text(write(tmp_path, b"")).text == ""


# Names and places


def test_missing_file_suggests_the_nearest_name(tmp_path: Path) -> None:
    write(tmp_path, b"x", "verse.txt")
    assert refusal(tmp_path / "vers.txt").endswith(f"did you mean {tmp_path / 'verse.txt'}?")
    assert refusal(tmp_path / "zzz").endswith("does not exist: check the name")
    assert "no folder" in refusal(tmp_path / "nowhere" / "verse.txt")


def test_all_missing_files_are_said_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path / "one", tmp_path / "two")
    assert "one does not exist" in message
    assert "two does not exist" in message


@pytest.mark.parametrize("name", ["a\nb", "-x", "a" * 300, "", "a\0b", "caf\udce9", "\x1b[31m"])
def test_odd_names_are_refused_in_one_line(name: str) -> None:
    message = refusal(name)
    assert message.isprintable()


def test_name_that_is_no_utf_8_shows_its_bytes() -> None:
    assert "caf\\xe9" in refusal("caf\udce9")


def test_odd_names_are_read(tmp_path: Path) -> None:
    assert read_corpus([write(tmp_path, b"x", "a\nb")]).names == ("a\\nb",)
    if sys.platform == "linux":
        assert read_corpus([write(tmp_path, b"x", "caf\udce9")]).names == ("caf\\xe9",)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, b"x")
    path.chmod(0)
    assert refusal(path).startswith("permission denied in")


def test_permission_denied_is_the_users_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, b"x")

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sources, "open", denied, raising=False)
    assert refusal(path).startswith(f"permission denied in {path}")


def test_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "loop"
    link.symlink_to(link)
    assert str(link) in refusal(link)


def test_same_file_twice_is_noted(tmp_path: Path) -> None:
    path = write(tmp_path, b"x")
    (tmp_path / "link").symlink_to(path)
    corpus = read_corpus([path, tmp_path / "link"])
    assert corpus.text() == "xx"
    assert corpus.notes == (f"{tmp_path / 'link'}: given twice, and read twice",)


# Folders


def test_folder_is_its_text_files_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b.txt", "a/2.md", "a/10", "a.txt", "c/d/e.log"):
        write(tmp_path, f"{name};".encode(), name)
    corpus = read_corpus([tmp_path])
    assert [document.name for document in corpus.documents] == ["a/10", "a/2.md", "a.txt", "b.txt", "c/d/e.log"]
    assert corpus.text() == "a/10;a/2.md;a.txt;b.txt;c/d/e.log;"
    assert corpus.names == (tmp_path.name,)


def test_folder_passes_over_what_is_no_text_and_counts_it(tmp_path: Path) -> None:
    write(tmp_path, b"text", "a.txt")
    write(tmp_path, b"\0\1\2", "b.bin")
    write(tmp_path, b"PK\x03\x04", "c.zip")
    write(tmp_path, b"", "d.txt")
    write(tmp_path, b"hidden", ".git/config")
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    corpus = read_corpus([tmp_path])
    assert corpus.text() == "text"
    assert set(corpus.notes) == {
        f"{tmp_path}: hidden files passed over (1)",
        f"{tmp_path}: passed over: broken links and what is no regular file (1)",
        f"{tmp_path}: binary files passed over (2)",
        f"{tmp_path}: empty files passed over (1)",
    }
    assert corpus.sha256 == hashlib.sha256(b"text").hexdigest()


def test_folder_without_text_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path).startswith(f"no text file in {tmp_path}")
    write(tmp_path, b"\0", "a.bin")
    assert refusal(tmp_path).startswith(f"no text file in {tmp_path}")


def test_folder_that_links_to_itself_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, b"x", "a/b.txt")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    assert read_corpus([tmp_path]).text() == "x"


def test_undecodable_file_in_a_folder_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, b"\xe9", "a/b.txt")
    assert str(path) in refusal(tmp_path)


# Streams


def test_standard_input_is_read_once(tmp_path: Path) -> None:
    corpus = read_corpus(["-", write(tmp_path, b"file")], stdin=io.BytesIO(b"\xef\xbb\xbfpipe\r\n"))
    assert corpus.text() == "pipe\nfile"
    assert corpus.names == ("stdin", "a.txt")
    assert refusal("-", "-", stdin=io.BytesIO(b"x")).startswith("standard input given twice")


def test_terminal_is_refused() -> None:
    class Terminal(io.BytesIO):
        def isatty(self) -> bool:
            return True

    assert refusal("-", stdin=Terminal()).startswith("standard input is a terminal")


def test_stream_that_gives_little_at_a_time(tmp_path: Path) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(1)

    text = "\ufeffnaïve\r\n"
    assert read_corpus(["-"], stdin=Slow(text.encode("utf-16-le"))).text() == "naïve\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_named_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"through a pipe",))
    writer.start()
    corpus = read_corpus([pipe])
    writer.join()
    assert corpus.text() == "through a pipe"


# Texts by name


def test_known_text_stands_for_a_file_that_does_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known = {"verse": lambda: [("one", "a"), ("two", "b")]}
    corpus = read_corpus(["verse"], known=known)
    assert [document.name for document in corpus.documents] == ["one", "two"]
    assert corpus.names == ("verse",)
    assert refusal("vers", known=known).endswith("did you mean verse?")
    write(tmp_path, b"a file", "verse")
    assert read_corpus(["verse"], known=known).text() == "a file"


def test_read_text_gives_text_digest_and_notes(tmp_path: Path) -> None:
    path = write(tmp_path, b"a\r\n")
    read = read_text(path)
    assert (read.text, read.sha256) == ("a\n", hashlib.sha256(b"a\r\n").hexdigest())
    assert read.notes == (f"{path}: CR LF line ends read as LF (1)",)
    with pytest.raises(UserError, match="folder"):
        read_text(tmp_path)


def test_one_is_not_several() -> None:
    assert [counted(number, "row") for number in (0, 1, 2, 1000)] == ["0 rows", "1 row", "2 rows", "1,000 rows"]
