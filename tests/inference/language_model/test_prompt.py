"""A prompt made ready: fed as it was typed, or refused with every unit the model does not know."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from textrnn.errors import UserError
from textrnn.inference.language_model.prompt import prepare_prompt
from textrnn.text.corpus import corpus_from_text
from textrnn.text.tokenizer import Tokenizer, fit_tokenizer
from textrnn.text.vocabulary import UNKNOWN

Fit = Callable[..., Tokenizer]


@pytest.fixture
def fit() -> Fit:
    def make(text: str, kind: str = "char", **settings: object) -> Tokenizer:
        corpus = corpus_from_text(text)
        return fit_tokenizer(kind, corpus.part(0, corpus.characters), **settings)  # type: ignore[arg-type]

    return make


@pytest.mark.parametrize("text", ["", "ab", " ab", "ab ", "\tab\n", " \n\t ", "\n"])
def test_a_known_prompt_is_kept_byte_for_byte(fit: Fit, text: str) -> None:
    tokenizer = fit("ab \n\t")
    prompt = prepare_prompt(tokenizer, text, "error")
    assert prompt.text == text
    assert tokenizer.decode(prompt.ids.tolist()) == text
    assert prompt.notes == ()


def test_line_ends_are_those_of_training(fit: Fit) -> None:
    assert prepare_prompt(fit("ab\n"), "a\r\nb\rb\n\r", "error").text == "a\nb\nb\n\n"


def test_unknown_units_are_listed_with_code_point_place_and_number(fit: Fit) -> None:
    with pytest.raises(UserError) as caught:
        prepare_prompt(fit("ab"), "aéb猫éé", "error")
    assert str(caught.value) == (
        "2 characters: 'é' (U+00E9) at 2, 3 times; '猫' (U+732B) at 4 unknown to the model in the prompt: "
        "--unknown skip leaves them out, --unknown replace reads them as <unk>"
    )


def test_many_unknown_units_are_counted(fit: Fit) -> None:
    with pytest.raises(UserError, match=r"^8 characters: 'c' .* at 5 and 3 more unknown"):
        prepare_prompt(fit("ab"), "cdefghij", "error")


def test_control_characters_are_shown_as_escapes(fit: Fit) -> None:
    with pytest.raises(UserError) as caught:
        prepare_prompt(fit("ab"), "a\x1b[31m", "error")
    assert "\x1b" not in str(caught.value)
    assert "'\\x1b' (U+001B) at 2" in str(caught.value)


@pytest.mark.parametrize(("known", "typed", "form"), [("é", "e\u0301", "NFC"), ("e\u0301", "é", "NFD")])
def test_an_accent_of_the_other_form_is_explained(fit: Fit, known: str, typed: str, form: str) -> None:
    with pytest.raises(UserError, match=f"in the form {form}"):
        prepare_prompt(fit("caf" + known), "caf" + typed, "error")


def test_half_of_a_character_is_refused_with_its_place(fit: Fit) -> None:
    for policy in ("error", "skip", "replace"):
        with pytest.raises(UserError, match=r"U\+D800\) at character 2"):
            prepare_prompt(fit("ab"), "a\ud800b", policy)


def test_unknown_units_are_left_out_on_request(fit: Fit) -> None:
    tokenizer = fit("ab")
    prompt = prepare_prompt(tokenizer, "aéb猫", "skip")
    assert prompt.text == "ab"
    assert prompt.ids.tolist() == tokenizer.encode("ab").tolist()
    (note,) = prompt.notes
    assert "left out: 2 characters" in note


def test_nothing_left_of_a_prompt_is_refused(fit: Fit) -> None:
    with pytest.raises(UserError, match="nothing is left of the prompt"):
        prepare_prompt(fit("ab"), "éé", "skip")
    assert len(prepare_prompt(fit("ab"), "", "skip").ids) == 0


def test_unknown_units_are_read_as_unknown_on_request(fit: Fit) -> None:
    prompt = prepare_prompt(fit("ab"), "aé", "replace")
    assert prompt.text == "aé"
    assert prompt.ids.tolist()[1] == UNKNOWN
    assert "read as <unk>" in prompt.notes[0]


def test_bytes_know_every_prompt(fit: Fit) -> None:
    tokenizer = fit("ab", "byte")
    prompt = prepare_prompt(tokenizer, "猫 \x00", "error")
    assert tokenizer.decode(prompt.ids.tolist()) == "猫 \x00"


def test_words_are_named_as_words(fit: Fit) -> None:
    with pytest.raises(UserError, match=r"^1 word: 'dog' at 5 unknown"):
        prepare_prompt(fit("the cat", "word", min_count=1), "the dog", "error")
