"""Tagged words from files: what a sentence is, what is refused and with which line, which files look so."""

from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest

from textrnn.data.tagged import is_tagged, iter_words, read_tagged, sentences_of
from textrnn.errors import UserError

# a blank line may hold white space, as that of WNUT-17 does; the last one need not be there
TWO = "Anna\tB-person\nflew\tO\n\t\n\n \nto\tO\nOslo\tB-place"


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(text: str, name: str = "words.conll") -> Path:
        (tmp_path / name).write_bytes(text.encode())
        return tmp_path / name

    return write


def test_sentences_with_their_places(file: Any) -> None:
    found = read_tagged([file(TWO)])
    assert found.words == (("Anna", "flew"), ("to", "Oslo"))
    assert found.tags == (("B-person", "O"), ("O", "B-place"))
    assert [place.rpartition(" line ")[2] for place in found.places] == ["1", "6"]
    assert found.name == "words" and found.sha256 == hashlib.sha256(TWO.encode()).hexdigest()
    assert (len(found), found.num_words, found.notes) == (2, 4, ())


def test_the_same_from_a_pipe_compressed_and_with_other_line_ends(file: Any, tmp_path: Path) -> None:
    (tmp_path / "words.conll.gz").write_bytes(gzip.compress(TWO.encode()))
    for found in (
        read_tagged(["-"], stdin=io.BytesIO(TWO.encode())), read_tagged([tmp_path / "words.conll.gz"]),
        read_tagged([file(TWO.replace("\n", "\r\n"), "crlf.conll")]),
    ):  # fmt: skip
        assert found.words == (("Anna", "flew"), ("to", "Oslo"))


def test_several_files_are_one(file: Any) -> None:
    found = read_tagged([file(TWO), file("a\tO\n", "more.conll")])
    assert len(found) == 3 and found.name == "words+more"
    assert "more.conll line 1" in found.places[2] and found.notes == ()
    assert any("given twice, and read twice" in note for note in read_tagged([file(TWO), file(TWO)]).notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Anna\tO\nflew\nto\tO\n", r"a word without a tag in .*words.conll line 2: mend it, or leave it out"),
        ("Anna O\nflew O\n", r"a word without a tag on 2 rows \(the first: the columns are apart by a tab\)"),
        ("Anna\tO\nflew\tO\tVBD\n", r"more than a word and a tag \(3 columns, apart by tabs\) in .* line 2"),
        ("\tO\n", r"an empty word in .* line 1"),
        ("Anna\t\n", r"an empty tag in .* line 1"),
        ("Anna\tB\x07\n", r"a control character in word or tag in .* line 1"),
        ("", "no sentence in .*words.conll: give lines of a word, a tab and a tag"),
        ("\n \n\t\n", "no sentence in .*words.conll"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(file: Any, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_tagged([file(text)])


def test_everything_wrong_with_a_file_is_said_at_once(file: Any) -> None:
    with pytest.raises(UserError) as caught:
        read_tagged([file("a\n\nb\tO\tc\n\n\tO\n")])
    assert all(what in str(caught.value) for what in ("without a tag", "more than a word and a tag", "an empty word"))


def test_with_skip_bad_whole_sentences_are_left_out_and_counted(file: Any) -> None:
    found = read_tagged([file("a\tO\nb\n\nc\tO\n\nd\te\tf\ng\n")], skip_bad=True)
    assert found.words == (("c",),)
    assert [note.partition("conll: ")[2] for note in found.notes] == [
        "2 rows left out: a word without a tag (lines 2, 7)",
        "1 row left out: more than a word and a tag (line 6)",
        "2 sentences left out with them",
    ]
    with pytest.raises(UserError, match="no sentence that can be used"):
        read_tagged([file("a\n")], skip_bad=True)


def test_missing_files_are_named_together(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_tagged([tmp_path / "one.conll", tmp_path / "two.conll"])
    assert "one.conll" in str(caught.value) and "two.conll" in str(caught.value)
    for given, message in (([], "no tagged words given"), (["-", "-"], "standard input given twice")):
        with pytest.raises(UserError, match=message):
            read_tagged(given)


def test_sentences_of_a_program() -> None:
    found = sentences_of([["Anna", "flew"], ("on",)], [["B-x", "O"], ["O"]])
    assert found.words == (("Anna", "flew"), ("on",)) and found.places == ("sentence 0", "sentence 1")
    assert found.sha256 != sentences_of([["Anna"], ("flew", "on")], [["B-x"], ["O", "O"]]).sha256


@pytest.mark.parametrize(
    ("words", "tags", "message"),
    [
        ("Anna", [["O"]], "no list but str in words"),
        (["Anna"], [["O"]], r"no list but str in words\[0\]"),
        ([["Anna"]], [["O", "O"]], "1 word and 2 tags in sentence 0"),
        ([["Anna"]], [], "1 sentences of words and 0 of tags"),
        ([[]], [[]], "a sentence without words in sentence 0"),
        ([["a\tb"]], [["O"]], "no word or tag"), ([["a"]], [[None]], "no word or tag"), ([[" "]], [["O"]], "no word"),
        ([["\ud800"]], [["O"]], "no word or tag"), ([], [], "no sentences"),
    ],
)  # fmt: skip
def test_what_is_no_sentence_is_refused(words: Any, tags: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        sentences_of(words, tags)


def test_words_alone_are_the_first_column(file: Any) -> None:
    assert list(iter_words(file("a\tO\nb\n\n\nc\td\te\n"))) == [("a", "b"), ("c",)]
    with pytest.raises(UserError, match=r"an empty word in .* line 2"):
        list(iter_words(file("a\n\tO\n")))


def test_what_looks_like_tagged_words(file: Any, tmp_path: Path) -> None:
    assert is_tagged(file("anything", "a.conll")) and is_tagged(file("x", "a.IOB2"))
    assert is_tagged(file(TWO, "plain.txt")) and is_tagged(file("\n" + TWO, "noname"))
    for text in ("To be,\tor not\n", "a\tO\nb\tNN\n", "a\tO\tO\n", "To be, or not to be\n", "", "a\tO\nb\n"):
        assert not is_tagged(file(text, "plain.txt")), text
    assert not is_tagged(file("a\tO\n", "a.tsv"))
    assert not is_tagged("-") and not is_tagged(tmp_path / "missing.conll") and not is_tagged(tmp_path)
