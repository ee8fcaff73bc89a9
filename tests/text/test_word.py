"""Words by reference (NLTK's wordpunct_tokenize) and the spaces between them by golden texts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.text.corpus import CorpusPart, corpus_from_text
from textrnn.text.tokenizer import fit_tokenizer
from textrnn.text.tokenizers import word
from textrnn.text.tokenizers.word import UNITS, WordTokenizer, units_of
from textrnn.text.vocabulary import END, UNKNOWN, UnknownUnit

ODD = "\x0b\x0c\x1c\x85\u2028\xa0\u3000_'’-日本é\u0301🙂ßİ٣"


def part(text: str | list[str]) -> CorpusPart:
    corpus = corpus_from_text(text)
    return corpus.part(0, corpus.characters)


def fitted(text: str | list[str], **options: int | bool) -> WordTokenizer:
    tokenizer = fit_tokenizer("word", part(text), **options)  # type: ignore[arg-type]
    assert isinstance(tokenizer, WordTokenizer)
    return tokenizer


@given(st.one_of(st.text(), st.text(alphabet=ODD + "ab1,. \n\t", max_size=80)))
def test_cut_is_that_of_nltk_with_line_breaks_beside(text: str) -> None:
    tokenize = pytest.importorskip("nltk.tokenize")
    units = UNITS.findall(text)
    assert [unit for unit in units if unit != "\n"] == tokenize.wordpunct_tokenize(text)
    assert units.count("\n") == text.count("\n")
    lines = [tokenize.wordpunct_tokenize(line) for line in text.split("\n")]
    assert [unit for line in lines for unit in (*line, "\n")][:-1] == units


# What text looks like: cut into words and put together again it is the same.
GOLDEN = [
    "Hello, world.",
    "ROMEO:\nBut, soft! what light through yonder window breaks?\n\nJULIET:\nAy me!",
    "don't, it's, I'll, we'd, they're, you've, I'm",
    "'Tis nobler in the mind; let 'em go 'gainst the '70s.",
    "o'er hill, ne'er late, whate'er comes e'en now at six o'clock",
    "i' the sea, o' my word, th' unworthy",
    "the dogs' bones and the ladies' hats",
    "He said 'come here' and 'go away'.",
    "''Tis right:' quoth he.",
    "Say 'better:' here comes one of my master's kinsmen.",
    "it was 'Hero of Sestos.' Then",
    'She said, "No." He did not ("or so they say") reply: "Why?"',
    "a well-known fact, blown--that is to say--away, either/or",
    "Pi is 3.14, at 10:30 he paid $1,000 (50% more) for #7.",
    "J.R.R. Tolkien lived in the U.S. once.",
    "Wait... what?! [sic] {x}",
    "curly ‘quotes’ and “double ones”, don’t",
    "日本語のテキスト。「はい」、そうです。",
    "- one\n- two\n",
    "\n\n  indented".replace("  ", ""),
    "naïve café, größer als 5 €",
]


@pytest.mark.parametrize("text", GOLDEN)
def test_text_comes_back_as_it_reads(text: str) -> None:
    tokenizer = fitted(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_open_quotation_ends_with_the_paragraph() -> None:
    text = 'An "open one\n\nand "another" after it'
    tokenizer = fitted(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("text", GOLDEN)
def test_decoder_goes_on_after_any_prompt(text: str) -> None:
    """However a text is split between words, prompt and generated rest make the text."""
    tokenizer = fitted(text)
    for match in re.finditer(r"\s+", text):
        # An apostrophe at the end of a prompt is already written: what it was is for the reader to say.
        for prompt in (text[: match.start()], text[: match.end()]):
            if not prompt or prompt.endswith("'"):
                continue
            decoder = tokenizer.decoder(prompt)
            rest = "".join([*map(decoder.feed, tokenizer.encode(text[len(prompt) :]).tolist()), decoder.finish()])
            assert prompt + rest == text


def test_apostrophe_that_ends_a_prompt_goes_with_the_next_word() -> None:
    tokenizer = fitted("don't stop")
    decoder = tokenizer.decoder("don'")
    assert decoder.feed(tokenizer.encode("t")[0]) == "t"


def test_decoder_holds_back_only_an_apostrophe() -> None:
    tokenizer = fitted("it's late,\n'tis")
    decoder = tokenizer.decoder()
    written = [decoder.feed(id) for id in tokenizer.encode("it's late,\n'tis '").tolist()]
    assert written == ["it", "", "'s", " late", ",", "\n", "", "'tis", ""]
    assert decoder.finish() == "'"
    assert decoder.finish() == ""


def test_boundary_is_no_text_and_unknown_is_seen() -> None:
    tokenizer = fitted("a b")
    a, b = tokenizer.encode("a b").tolist()
    assert tokenizer.decode([a, END, UNKNOWN, b]) == "a <unk> b"


def test_lower_case_is_of_each_word() -> None:
    tokenizer = fitted("The THE the ΟΔΟΣ İx", lowercase=True)
    assert set(tokenizer.symbols[2:]) == {"the", "οδος", "i̇x"}
    assert tokenizer.encode("THE").tolist() == tokenizer.encode("the").tolist()
    assert tokenizer.unknown("THE Fox fox") == [UnknownUnit("fox", 4, 2)]
    assert "The" in fitted("The the").symbols


def test_order_is_by_count_then_by_word() -> None:
    assert fitted("b a c b\n\n\n").symbols[2:] == ("\n", "b", "a", "c")


def test_unknown_words_are_listed_with_place_and_count() -> None:
    tokenizer = fitted("one two")
    assert tokenizer.unknown("one, three two three") == [UnknownUnit(",", 3, 1), UnknownUnit("three", 5, 2)]
    assert tokenizer.encode("three two").tolist()[0] == UNKNOWN


def test_vocabulary_size_and_minimum_count() -> None:
    text = "a a a b b c"
    assert fitted(text, vocabulary_size=4).symbols[2:] == ("a", "b")
    assert fitted(text, min_count=2).symbols[2:] == ("a", "b")
    assert fitted(text, min_count=2).notes == (
        "3 distinct words, the 2 most frequent kept: 17 % of the training text is <unk>",
    )


def test_default_size_keeps_the_most_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "DEFAULT_VOCABULARY_SIZE", 4)
    assert fitted("a a a b b c").symbols[2:] == ("a", "b")
    assert len(fitted("a a a b b c", min_count=1).symbols) == 5


def test_counting_forgets_the_rare_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "_MOST_COUNTED", 50)
    rare = [f"r{number}" for number in range(300)]
    text = " ".join(f"often {one} also" for one in rare)
    tokenizer = fitted(text, vocabulary_size=4)
    assert tokenizer.symbols[2:] == ("also", "often")
    (note,) = tokenizer.notes
    assert note.startswith("more than ")
    assert "33 % of the training text is <unk>" in note


def test_run_without_end_is_cut() -> None:
    text = "x" * 2_500
    tokenizer = fitted(text)
    assert [len(unit) for unit in UNITS.findall(text)] == [1000, 1000, 500]
    pieces = [len(ids) for ids in tokenizer.encode_pieces(iter(["x" * 700] * 3 + ["x" * 400]))]
    assert sum(pieces) == 3


def test_white_space_without_end_waits_for_nothing() -> None:
    tokenizer = fitted("a b")
    assert [ids.tolist() for ids in tokenizer.encode_pieces(iter(["a", " " * 50, " ", "b", "a"]))][-1] != []
    ids = [id for piece in tokenizer.encode_pieces(iter(["a", " " * 50, " ", "b", " a"])) for id in piece.tolist()]
    assert ids == tokenizer.encode("a b a").tolist()


@given(st.text(st.characters(max_codepoint=127)) | st.text(), st.sampled_from([1, 700]))
def test_units_are_those_of_the_pattern_in_any_script(text: str, times: int) -> None:
    """ASCII goes another way, with every control character in it."""
    assert units_of(text * times) == UNITS.findall(text * times)
