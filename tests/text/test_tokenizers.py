"""What holds for every tokenizer, over all kinds, by law; and what is particular to char, byte and the vocabulary."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.errors import UserError
from textrnn.text.corpus import corpus_from_text
from textrnn.text.tokenizer import Tokenizer, fit_tokenizer, tokenizer_from_json
from textrnn.text.tokenizers.char import MANY_DOCUMENTS
from textrnn.text.vocabulary import END, UNKNOWN, UnknownUnit

SAMPLE = (
    "It's the hare's own tale, o'er hill and dale: 'Run!' said the hare -- and ran.\n"
    "Zwei Hasen, naïve cafés, 3.14 and 10:30;\n\n日本語のテキスト。 🙂👩‍👩‍👧 e\u0301 שלום\t(end)\n"
) * 3


def fitted(kind: str, text: str | list[str] = SAMPLE, **options: object) -> Tokenizer:
    if kind == "bpe":
        pytest.importorskip("tokenizers")
    corpus = corpus_from_text(text)
    return fit_tokenizer(kind, corpus.part(0, corpus.characters), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=["char", "byte", "word", "bpe"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return fitted(request.param)


@pytest.fixture(scope="module", params=["byte", "bpe"])
def byte_level(request: pytest.FixtureRequest) -> Tokenizer:
    return fitted(request.param)


# Contract


def test_names_and_special_symbols(tokenizer: Tokenizer) -> None:
    assert (tokenizer.kind, tokenizer.unit) in [
        ("char", "character"),
        ("byte", "byte"),
        ("word", "word"),
        ("bpe", "subword"),
    ]
    assert tokenizer.symbols[:2] == ("<unk>", "<end>")
    ids = tokenizer.encode("<unk><end>" + SAMPLE)
    assert ids.dtype == np.int32
    assert END not in ids
    assert ids.max() < len(tokenizer.symbols)


def test_pieces_give_the_ids_of_the_whole(tokenizer: Tokenizer) -> None:
    @given(st.text(alphabet=SAMPLE + "   \n''x", max_size=60), st.data())
    def check(text: str, data: st.DataObject) -> None:
        cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
        pieces = [text[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        found = [np.zeros(0, np.int32), *tokenizer.encode_pieces(iter(pieces))]
        np.testing.assert_array_equal(np.concatenate(found), tokenizer.encode(text))

    check()


def test_decoder_gives_the_text_of_decode(tokenizer: Tokenizer) -> None:
    @given(st.lists(st.integers(0, len(tokenizer.symbols) - 1), max_size=30))
    def check(ids: list[int]) -> None:
        decoder = tokenizer.decoder()
        assert "".join([*map(decoder.feed, ids), decoder.finish()]) == tokenizer.decode(ids)
        assert tokenizer.decode(np.array(ids, np.int32)) == tokenizer.decode(ids)

    check()


def test_json_makes_the_same_tokenizer(tokenizer: Tokenizer) -> None:
    again = tokenizer_from_json(json.loads(json.dumps(tokenizer.to_json())))
    assert type(again) is type(tokenizer)
    assert (again.symbols, again.start_id) == (tokenizer.symbols, tokenizer.start_id)
    np.testing.assert_array_equal(again.encode(SAMPLE), tokenizer.encode(SAMPLE))
    assert again.to_json() == tokenizer.to_json()


def test_fitted_twice_is_the_same(tokenizer: Tokenizer) -> None:
    assert fitted(tokenizer.kind).to_json() == tokenizer.to_json()


def test_start_is_a_line_break_or_a_boundary(tokenizer: Tokenizer) -> None:
    (line_break,) = tokenizer.encode("\n")
    assert tokenizer.start_id == line_break
    # two documents teach nothing about what follows a boundary
    assert fitted(tokenizer.kind, [SAMPLE, SAMPLE]).start_id == fitted(tokenizer.kind).start_id != END
    assert fitted(tokenizer.kind, [SAMPLE] * MANY_DOCUMENTS).start_id == END


def test_only_the_training_part_counts() -> None:
    corpus = corpus_from_text(["abab", "c"])
    tokenizer = fit_tokenizer("char", corpus.part(0, 4))
    assert tokenizer.symbols == ("<unk>", "<end>", "a", "b")
    assert tokenizer.start_id == END
    assert tokenizer.encode("abc").tolist() == [2, 3, UNKNOWN]


def test_empty_text(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.encode("")) == 0
    assert tokenizer.decode([]) == ""
    assert tokenizer.unknown("") == []
    assert tokenizer.decode([END, END]) == ""


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        ("char", {"symbols": ["a", "a"]}),
        ("char", {"symbols": ["ab"]}),
        ("char", {"symbols": []}),
        ("char", {"symbols": 3}),
        ("char", {"start_id": 10**6}),
        ("byte", {"start_id": -1}),
        ("byte", {"start_id": None}),
        ("word", {"symbols": ["a", ""]}),
        ("word", {"symbols": ["a", 1]}),
        ("bpe", {"merges": [[1, 2]]}),
        ("bpe", {"merges": [[9, 10**6]]}),
        ("bpe", {"merges": [[9, 10], [9, 10]]}),
        ("bpe", {"merges": [[9]]}),
    ],
)
def test_damaged_json_is_refused(kind: str, damage: dict[str, object]) -> None:
    with pytest.raises(UserError, match="damaged"):
        tokenizer_from_json({**fitted(kind).to_json(), **damage})
    whole = fitted(kind).to_json()
    whole.pop(next(iter(damage)))
    with pytest.raises(UserError, match="damaged"):
        tokenizer_from_json(whole)


def test_unknown_kind_lists_the_right_ones() -> None:
    with pytest.raises(UserError, match="char, byte, word, bpe"):
        fitted("letters")
    with pytest.raises(UserError, match="char, byte, word, bpe"):
        tokenizer_from_json({})


# Exact round trip


@given(st.text())
def test_byte_level_gives_back_any_unicode(byte_level: Tokenizer, text: str) -> None:
    assert byte_level.decode(byte_level.encode(text)) == text
    assert byte_level.unknown(text) == []


@given(st.text(min_size=1))
def test_char_gives_back_any_unicode_it_was_fitted_on(text: str) -> None:
    tokenizer = fitted("char", text)
    ids = tokenizer.encode(text)
    assert len(ids) == len(text)
    assert UNKNOWN not in ids
    assert tokenizer.decode(ids) == text


@given(st.text(min_size=1))
def test_decoding_never_splits_a_character(byte_level: Tokenizer, text: str) -> None:
    decoder = byte_level.decoder()
    written = ""
    for id in byte_level.encode(text).tolist():
        written += decoder.feed(id)
        assert text.startswith(written)
    assert written + decoder.finish() == text


def test_broken_bytes_become_replacement_characters(byte_level: Tokenizer) -> None:
    first, second = byte_level.encode("é").tolist() if byte_level.kind == "byte" else (2 + 0xC3, 2 + 0xA9)
    assert byte_level.decode([first, second]) == "é"
    assert byte_level.decode([first, byte_level.encode("x")[0]]) == "\ufffdx"
    assert byte_level.decode([first]) == "\ufffd"
    assert byte_level.decode([first, END, second]) == "\ufffd\ufffd"


def test_lone_surrogate_in_a_text_to_encode(byte_level: Tokenizer) -> None:
    with pytest.raises(UserError, match=r"U\+D800 at character 0"):
        byte_level.encode("\ud800")
    assert fitted("char").unknown("a\ud800") == [UnknownUnit("\ud800", 1, 1)]


# Char and its vocabulary


def test_char_order_is_by_count_then_code_point() -> None:
    tokenizer = fitted("char", "bbaacc🙂é\n")
    assert tokenizer.symbols[2:] == ("a", "b", "c", "\n", "é", "🙂")


def test_char_unknowns_are_listed_with_place_and_count() -> None:
    tokenizer = fitted("char", "abc")
    assert tokenizer.unknown("aézé🙂") == [UnknownUnit("é", 1, 2), UnknownUnit("z", 2, 1), UnknownUnit("🙂", 4, 1)]
    beyond = "".join(map(chr, range(ord("d"), 0x300)))
    assert tokenizer.encode(f"éa\U0010ffff{beyond}").tolist() == [UNKNOWN, 2, UNKNOWN] + [UNKNOWN] * len(beyond)
    assert tokenizer.decode([UNKNOWN, 2]) == "\ufffda"


def test_vocabulary_is_cut_and_says_so() -> None:
    text = "a" * 90 + "b" * 9 + "c"
    for options in ({"vocabulary_size": 4}, {"min_count": 2}):
        tokenizer = fitted("char", text, **options)
        assert tokenizer.symbols == ("<unk>", "<end>", "a", "b")
        assert tokenizer.notes == (
            "3 distinct characters, the 2 most frequent kept: 1 % of the training text is <unk>",
        )
    assert fitted("char", text).notes == ()


def test_large_vocabulary_names_what_makes_it_smaller() -> None:
    (note,) = fitted("char", "".join(map(chr, range(0x4E00, 0x4E00 + 1500)))).notes
    assert "1,500 distinct characters" in note
    assert "--vocabulary-size" in note
    assert "--tokenizer byte" in note


def test_one_distinct_character_is_enough() -> None:
    tokenizer = fitted("char", "aaaa")
    assert tokenizer.encode("aa").tolist() == [2, 2]


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("char", {"vocabulary_size": 2}, "below 3"),
        ("char", {"min_count": 0}, "below 1"),
        ("char", {"vocabulary_size": 1, "min_count": 0}, "--vocabulary-size; .*--min-count"),
        ("char", {"min_count": 10**9}, "lower --min-count"),
        ("char", {"lowercase": True}, "--tokenizer word"),
        ("word", {"min_count": 10**9}, "no word occurs"),
        ("word", {"vocabulary_size": 1}, "below 3"),
        ("byte", {"vocabulary_size": 300}, "all 256 bytes"),
        ("byte", {"min_count": 3}, "all 256 bytes"),
        ("bpe", {"vocabulary_size": 257}, "below 258"),
        ("bpe", {"lowercase": True}, "--tokenizer word"),
    ],
)
def test_sizes_that_cannot_be_are_refused(kind: str, options: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=words):
        fitted(kind, **options)


def test_byte_symbols_are_readable() -> None:
    symbols = fitted("byte").symbols
    assert len(symbols) == 258
    assert (symbols[2 + ord("a")], symbols[2 + 0xC3]) == ("a", "<0xC3>")


def test_char_look_up_equals_a_dictionary() -> None:
    generator = random.Random(0)
    alphabet = [chr(generator.randrange(0x20, 0xD800)) for _ in range(50)] + ["\U0001f642", "\U0010ffff", "a"]
    tokenizer = fitted("char", "".join(alphabet[:40] + alphabet[50:52]))
    text = "".join(generator.choices(alphabet, k=2000))
    ids = {symbol: id for id, symbol in enumerate(tokenizer.symbols)}
    assert tokenizer.encode(text).tolist() == [ids.get(character, UNKNOWN) for character in text]
