"""Ids for words that the vocabulary does not have, and the subwords of all."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from textrnn.text.corpus import corpus_from_text
from textrnn.text.lexicon import LONGEST, MOST, SHORTEST, Lexicon, subword_ids
from textrnn.text.shapes import shape_id
from textrnn.text.tokenizer import Tokenizer, fit_tokenizer
from textrnn.text.vocabulary import UNKNOWN

TEXT = "a lovely film, a lovely Film\nΑΣ'Α İx"


def tokenizer(kind: str = "word", *, lowercase: bool = True, text: str = TEXT) -> Tokenizer:
    corpus = corpus_from_text(text)
    count = 1 if kind in ("word", "char") else None
    return fit_tokenizer(kind, corpus.part(0, corpus.characters), min_count=count, lowercase=lowercase)


def by_definition(word: str, buckets: int) -> list[int]:
    marked = f"<{word}>"
    grams = [
        marked[i : i + n] for n in range(SHORTEST, LONGEST + 1) for i in range(len(marked)) if i + n <= len(marked)
    ]
    return [zlib.crc32(gram.encode("utf-8", "surrogatepass")) % buckets for gram in grams][:MOST]


@pytest.mark.parametrize("word", ["a", "lovely", "x" * 50, "जमील", "😀", "\ud800", "\n"])
def test_subwords_are_the_runs_of_the_marked_word(word: str) -> None:
    assert subword_ids(word, 1000) == by_definition(word, 1000)
    assert len(subword_ids(word, 7)) <= MOST and max(subword_ids(word, 7)) < 7


def test_words_of_one_stem_share_subwords() -> None:
    assert len({*subword_ids("lovely", 2**24)} & {*subword_ids("loveliest", 2**24)}) >= 4
    assert subword_ids("", 10) == []


def test_without_subwords_ids_are_the_vocabularys() -> None:
    lexicon = Lexicon(tokenizer(), None)
    assert lexicon.encode("a lovely stranger").tolist()[-1] == UNKNOWN
    assert len(lexicon) == lexicon.vocabulary_size
    own, subwords, counts = lexicon.parts(np.array([3, UNKNOWN, 4]))
    assert own.tolist() == [3, UNKNOWN, 4] and subwords.shape == (3, 0) and not counts.any()


def test_unseen_words_get_ids_and_subwords() -> None:
    lexicon = Lexicon(tokenizer(), 500)
    size = lexicon.vocabulary_size
    known = lexicon.encode("a lovely film")
    assert (known < size).all()
    assert lexicon.encode("a loveliest stranger, loveliest").tolist() == [
        known[0], size, size + 1, *lexicon.encode(","), size
    ]  # fmt: skip
    assert lexicon.encode("stranger").tolist() == [size + 1] and len(lexicon) == size + 2
    own, subwords, counts = lexicon.parts(np.array([known[1], size, UNKNOWN]))
    assert own.tolist() == [known[1], UNKNOWN, UNKNOWN]
    for row, count, word in zip(subwords, counts, ("lovely", "loveliest", ""), strict=True):
        assert row[:count].tolist() == subword_ids(word, 500)
        assert not row[count:].any()


@pytest.mark.parametrize("lowercase", [True, False])
def test_an_unseen_word_is_read_as_the_vocabulary_reads_words(lowercase: bool) -> None:
    """Word for word as the tokenizer cuts and lowers them: characters that grow in lower case shift nothing."""
    lexicon = Lexicon(tokenizer(lowercase=lowercase, text="a b"), 500)
    for text in ("İ" * 1000, "İ" * 999 + " Film", "ΑΣ'Α ΑΣ", "ﬁlm ß ẞ", "Film FILM film"):
        ids = lexicon.encode(text)
        assert len(ids) == len(lexicon.tokenizer.encode(text)), text
    before = len(lexicon)
    assert len({*lexicon.encode("Fresh fresh FRESH").tolist()}) == (1 if lowercase else 3) == len(lexicon) - before
    _, subwords, counts = lexicon.parts(lexicon.encode("Fresh"))
    assert subwords[0, : counts[0]].tolist() == subword_ids("fresh" if lowercase else "Fresh", 500)


def test_forgetting() -> None:
    lexicon = Lexicon(tokenizer(), 500)
    first = lexicon.encode("unseen words")
    lexicon.forget()
    assert len(lexicon) == lexicon.vocabulary_size
    assert lexicon.encode("words").tolist() == first.tolist()[:1]


@pytest.mark.parametrize("kind", ["word", "char", "byte", "bpe"])
def test_nothing_but_white_space_is_no_text(kind: str) -> None:
    lexicon = Lexicon(tokenizer(kind, lowercase=kind == "word"), None)
    for text in ("", " ", "\n", " \t\r\n\u2003\xa0"):
        assert len(lexicon.encode(text)) == 0
    assert np.array_equal(lexicon.encode(" a film\n"), lexicon.tokenizer.encode(" a film\n"))


def test_words_that_were_cut_already_are_read_as_a_text_is() -> None:
    for subwords in (None, 500):
        for text in ("a lovely stranger", "A Lovely film", "fresh FRESH lovely"):
            lexicon, other = Lexicon(tokenizer(), subwords), Lexicon(tokenizer(), subwords)
            assert lexicon.encode_words(text.split()).tolist() == other.encode(text).tolist()
            assert len(lexicon) == len(other)
    assert lexicon.encode_words([]).tolist() == []
    # marks and spaces inside are part of what was cut
    (id,) = lexicon.encode_words(["U.S. of A"]).tolist()
    _, subwords_found, counts = lexicon.parts(np.array([id]))
    assert subwords_found[0, : counts[0]].tolist() == subword_ids("u.s. of a", 500)


@pytest.mark.parametrize("subwords", [None, 500])
def test_with_shapes_a_way_of_writing_is_a_word_of_its_own(subwords: int | None) -> None:
    lexicon = Lexicon(tokenizer(), subwords, has_shapes=True)
    words = ["lovely", "Lovely", "LOVELY", "Stranger", "stranger", "lovely"]
    ids = lexicon.encode_words(words)
    assert len(set(ids.tolist())) == 5 and ids[0] == ids[5] < lexicon.vocabulary_size
    assert lexicon.encode_words(words).tolist() == ids.tolist()
    own, found, counts = lexicon.parts(ids)
    row = int(lexicon.encode("lovely")[0])
    assert own.tolist() == [row, row, row, UNKNOWN, UNKNOWN, row]
    assert lexicon.shapes(ids).tolist() == list(map(shape_id, words))
    for place, word in enumerate(words):
        assert found[place, : counts[place]].tolist() == ([] if subwords is None else subword_ids(word.lower(), 500))
    lexicon.forget()
    assert lexicon.encode_words(["other", "Lovely"]).tolist() == [lexicon.vocabulary_size, lexicon.vocabulary_size + 1]
    assert lexicon.shapes(lexicon.encode_words(["Lovely"])).tolist() == [shape_id("Lovely")]
