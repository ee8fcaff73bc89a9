"""Which units end a passage, whatever they are units of."""

from __future__ import annotations

import pytest

from textrnn.text.corpus import corpus_from_text
from textrnn.text.endings import passage_ends
from textrnn.text.tokenizer import fit_tokenizer
from textrnn.text.vocabulary import END

TEXT = 'He said: "Go!" She went.\nWhat... 3.5? 他来了。\n' * 30


@pytest.mark.parametrize(
    ("kind", "hierarchy", "expected"),
    [
        ("char", "lines", {"\n"}),
        ("char", "sentences", {"\n", ".", "!", "?", "。"}),
        ("byte", "lines", {"\n"}),
        ("byte", "sentences", {"\n", ".", "!", "?"}),
        ("word", "lines", {"\n"}),
        ("word", "sentences", {"\n", ".", '!"', "...", "?", "。"}),
    ],
)
def test_units_that_end_a_passage(kind: str, hierarchy: str, expected: set[str]) -> None:
    corpus = corpus_from_text(TEXT)
    tokenizer = fit_tokenizer(kind, corpus.part(0, corpus.characters))
    found = passage_ends(tokenizer, hierarchy)
    assert found is not None and found.shape == (len(tokenizer.symbols),) and found[END]
    assert {tokenizer.decode([id]) for id in found.nonzero()[0] if id != END} == expected


def test_without_a_hierarchy_there_is_nothing_to_tell() -> None:
    corpus = corpus_from_text(TEXT)
    assert passage_ends(fit_tokenizer("char", corpus.part(0, corpus.characters)), "none") is None


def test_pieces_of_words_that_hold_a_line_break() -> None:
    pytest.importorskip("tokenizers")
    corpus = corpus_from_text(TEXT)
    tokenizer = fit_tokenizer("bpe", corpus.part(0, corpus.characters), vocabulary_size=300)
    found = passage_ends(tokenizer, "lines")
    assert found is not None
    assert {id for id in range(2, len(tokenizer.symbols)) if "\n" in tokenizer.decode([id])} == set(
        found.nonzero()[0].tolist()
    ) - {END}
