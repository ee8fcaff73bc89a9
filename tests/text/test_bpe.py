"""Subwords by reference: the tokenizers package applies the same merges to the same pretokens."""

from __future__ import annotations

import builtins

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from textrnn.errors import UserError
from textrnn.text.corpus import CorpusPart, corpus_from_text
from textrnn.text.tokenizer import fit_tokenizer
from textrnn.text.tokenizers import bpe
from textrnn.text.tokenizers.bpe import PRETOKENS, BpeTokenizer, default_size

SAMPLE = "".join(
    f"the {a}{b} and their {b}ing, {a}{a}\n" for a in ("row", "sea", "né", "日本") for b in ("er", "en", "st")
)


def part(text: str | list[str]) -> CorpusPart:
    corpus = corpus_from_text(text)
    return corpus.part(0, corpus.characters)


def fitted(text: str = SAMPLE, **options: int) -> BpeTokenizer:
    pytest.importorskip("tokenizers")
    tokenizer = fit_tokenizer("bpe", part(text), **options)
    assert isinstance(tokenizer, BpeTokenizer)
    return tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> BpeTokenizer:
    return fitted(vocabulary_size=290)


@given(st.text(alphabet=SAMPLE + "0123456789   \n\t\u3000_'’.日é\u0301🙂", max_size=200))
def test_pretokens_are_the_whole_text(text: str) -> None:
    units = PRETOKENS.findall(text)
    assert "".join(units) == text
    for unit in units:
        assert unit == "\n" or "\n" not in unit
        kinds = [bool(regex.search(kind, unit)) for kind in (r"[\p{L}\p{M}]", r"\p{N}", r"[^\s\p{L}\p{M}\p{N}]")]
        assert sum(kinds) <= 1


def test_words_keep_the_space_before_them() -> None:
    assert PRETOKENS.findall("the  row, 2024!\n\tx") == ["the", " ", " row", ",", " 202", "4", "!", "\n", "\t", "x"]


@given(st.text(alphabet="thearowsindé日\u0301 ,\n", max_size=80))
def test_ids_are_those_of_the_tokenizers_package(tokenizer: BpeTokenizer, text: str) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    letters = bpe._letters()

    def spelled(data: bytes) -> str:
        return "".join(letters[byte] for byte in data)

    texts = [spelled(data) for data in tokenizer._texts[2:]]
    merges = [(texts[left - 2], texts[right - 2]) for left, right in tokenizer.to_json()["merges"]]
    vocabulary = {text: id for id, text in enumerate(texts, start=2)}
    reference = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=merges))
    expected = [id for unit in PRETOKENS.findall(text) for id in reference.encode(spelled(unit.encode())).ids]
    assert tokenizer.encode(text).tolist() == expected


def test_merges_make_what_stands_together_often() -> None:
    tokenizer = fitted("hum hum hum hum ho\n" * 5, vocabulary_size=262)
    # Of pairs that are as frequent, the one of smaller ids is merged first.
    assert tokenizer.symbols[258:] == ("hu", "hum", " hum", "ho")
    ids = tokenizer.encode("hum hum ho").tolist()
    assert ids == [259, 260, 2 + ord(" "), 261]
    assert tokenizer.decode(ids) == "hum hum ho"


def test_no_merges_are_bytes() -> None:
    tokenizer = fitted(vocabulary_size=258)
    assert tokenizer.encode("né").tolist() == [2 + byte for byte in "né".encode()]


def test_two_pairs_that_make_the_same_bytes_are_one_subword() -> None:
    a, b, c = (2 + ord(letter) for letter in "abc")
    tokenizer = BpeTokenizer([(a, b), (b, c), (258, c), (a, 259)], start_id=1)
    assert tokenizer.symbols[258:] == ("ab", "bc", "abc")
    assert tokenizer.encode("abc").tolist() == [260]


def test_vocabulary_size_is_reached_or_said(tokenizer: BpeTokenizer) -> None:
    assert len(tokenizer.symbols) == 290
    assert tokenizer.notes == ()
    short = fitted("aaaa", vocabulary_size=400)
    (note,) = short.notes
    assert note == f"the text yields {len(short.symbols)} subwords, not 400"


def test_default_size_grows_with_the_text() -> None:
    sizes = [default_size(characters) for characters in (1, 10_000, 1_000_000, 4_000_000, 10**12)]
    assert sizes[2:4] == [2_000, 4_000]
    assert sizes == sorted(sizes)
    assert sizes[0] > 258


def test_long_text_is_sampled_all_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpe, "_LEARNED_CHARACTERS", 10)
    texts = [f"{number:04d} " for number in range(10)]
    assert list(bpe._sample(part(texts))) == texts[::5]


def test_cache_forgets(monkeypatch: pytest.MonkeyPatch, tokenizer: BpeTokenizer) -> None:
    ids = tokenizer.encode(SAMPLE).tolist()
    monkeypatch.setattr(bpe, "_REMEMBERED_PRETOKENS", 3)
    assert tokenizer.encode(SAMPLE).tolist() == ids
    assert len(tokenizer.encode("the sea")) >= 2
    assert set(tokenizer._cache) == {"the", " sea"}


def test_learning_without_the_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "tokenizers":
            raise ImportError(name)
        return original(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r'pip install "textrnn\[bpe\]"'):
        fit_tokenizer("bpe", part(SAMPLE))


def test_running_needs_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)
    h, i = 2 + ord("h"), 2 + ord("i")
    tokenizer = bpe.from_json({"kind": "bpe", "start_id": 1, "merges": [[h, i]]})
    assert tokenizer.encode("hi").tolist() == [258]
    assert tokenizer.decode([258]) == "hi"
