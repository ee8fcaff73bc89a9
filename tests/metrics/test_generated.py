from __future__ import annotations

import json

import numpy as np
import pytest

from textrnn.errors import UserError
from textrnn.metrics import generated
from textrnn.metrics.copying import copied_share
from textrnn.metrics.diversity import distinct, repetition, self_bleu
from textrnn.metrics.generated import Source, generated_figures

TEXTS = ["the cat sat on the mat and the cat sat on the mat", "a dog sat on the mat, and slept all day long in it"]


def source(text: str) -> Source:
    return Source(text=text, characters=len(text), sha256="0123456789")


def test_the_figures_are_those_of_their_own_functions() -> None:
    training = "once upon a time " + TEXTS[0][:40] + " and so on"
    figures = generated_figures(TEXTS, source(training))
    words = [text.split() for text in TEXTS]
    characters = [np.array(list(map(ord, text))) for text in (*TEXTS, training)]
    assert figures.to_json() == {
        "texts": 2,
        "words": 26,
        "characters": sum(map(len, TEXTS)),
        "distinct_1": distinct(words, 1),
        "distinct_2": distinct(words, 2),
        "repetition_4": repetition(words, 4),
        "self_bleu": self_bleu(TEXTS),
        "copied": copied_share(characters[:2], characters[2]),
        "signature": figures.signature,
    }
    assert figures.copied == 40 / sum(map(len, TEXTS)) and figures.repetition_4 == 3 / 20
    assert "copied:span:32,source:012345" in figures.signature and figures.notes == ()


def test_no_source_no_share() -> None:
    figures = generated_figures(TEXTS)
    assert figures.copied is None and "copied" not in figures.signature


def test_copies_are_found_in_any_script() -> None:
    text = "春はあけぼの。やうやう白くなり行く、山ぎは少し明かりて、紫だちたる雲の細くたなびきたる。😀"
    figures = generated_figures([text], source("枕草子 " + text))
    assert figures.copied == 1
    assert any("distinct-n and repetition count whole phrases" in note for note in figures.notes)


def test_what_is_undefined_is_null_and_a_note() -> None:
    figures = generated_figures(["a b"], source("a b"))
    value = json.loads(json.dumps(figures.to_json(), allow_nan=False))
    assert [value[name] for name in ("repetition_4", "self_bleu", "copied")] == [None] * 3
    for part in ("self-BLEU is undefined", "repetition is undefined", "copied share is undefined"):
        assert sum(part in note for note in figures.notes) == 1


def test_empty_texts_are_counted() -> None:
    assert generated_figures([*TEXTS, " "]).notes == ("1 of 3 texts is empty",)
    with pytest.raises(UserError, match="no text to measure"):
        generated_figures([" ", ""])
    with pytest.raises(TypeError, match="one string"):
        generated_figures("a b")


def test_a_source_too_long_to_be_looked_through_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "MAX_UNITS", 10)
    assert generated_figures(TEXTS, source("a" * 11)).notes[0].startswith("copies are sought in the first 10 of the")
