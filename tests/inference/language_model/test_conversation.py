"""A conversation is one text: what was read and written is remembered, and a turn that is broken off never was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from textrnn.config.generation import GenerationSettings
from textrnn.errors import UserError
from textrnn.inference.language_model.model import LanguageModel

Make = Callable[..., LanguageModel]


def greedy(length: int, **settings: Any) -> GenerationSettings:
    return GenerationSettings(temperature=0, length=length, **settings)


def said(conversation: Any, text: str, settings: GenerationSettings, seed: int = 0) -> str:
    return "".join(conversation.write(text, settings, seed=seed))


@pytest.mark.parametrize("turns", [[30], [10, 20], [1] * 30, [29, 1], [0, 30, 0]])
def test_turns_make_one_text(make_model: Make, turns: list[int]) -> None:
    model = make_model(num_layers=2, spread=0.5)
    whole = model.generate("To be", length=30, temperature=0)
    assert len(whole) == 30
    conversation = model.conversation()
    pieces = [said(conversation, "To be" if turn == 0 else "", greedy(length)) for turn, length in enumerate(turns)]
    assert "".join(pieces) == whole


def test_what_the_user_says_goes_on_from_what_the_model_said(make_model: Make) -> None:
    model = make_model(spread=0.5, seed=1)
    conversation = model.conversation()
    first = said(conversation, "To be", greedy(15))
    second = said(conversation, " ", greedy(15))
    assert second == model.generate("To be" + first + " ", length=15, temperature=0)
    assert second != model.generate(" ", length=15, temperature=0)


def test_a_turn_that_is_broken_off_leaves_the_conversation_as_it_was(make_model: Make) -> None:
    model = make_model(spread=0.5)
    conversation, other = model.conversation(), model.conversation()
    for one in (conversation, other):
        said(one, "To be", greedy(15))
    broken = conversation.write("not this", greedy(100), seed=0)
    for _ in range(5):
        next(broken)
    broken.close()
    with pytest.raises(UserError):
        said(conversation, "猫", greedy(5))
    assert said(conversation, "or", greedy(15)) == said(other, "or", greedy(15))


def test_a_reset_forgets_everything(make_model: Make) -> None:
    model = make_model(spread=0.5)
    conversation = model.conversation()
    settings = GenerationSettings(length=30)
    first = said(conversation, "To be", settings, seed=1)
    again = said(conversation, "To be", settings, seed=1)
    conversation.reset()
    assert said(conversation, "To be", settings, seed=1) == first
    assert again != first


def test_turns_draw_anew_and_the_same_under_the_same_seed(make_model: Make) -> None:
    model = make_model()
    settings = GenerationSettings(length=20)

    def turns(seed: int) -> list[str]:
        conversation = model.conversation()
        return [said(conversation, "To", settings, seed) for _ in range(3)]

    assert turns(1) == turns(1)
    assert turns(1) != turns(2)
    assert len(set(turns(1))) == 3


def test_settings_may_be_given_by_name(make_model: Callable[..., LanguageModel]) -> None:
    model = make_model()
    named = "".join(model.conversation().write("To be", length=20, temperature=0.5, seed=3))
    given = GenerationSettings(length=20, temperature=0.5)
    assert named == "".join(model.conversation().write("To be", given, seed=3))
    assert named == "".join(model.conversation().write("To be", GenerationSettings(length=20), temperature=0.5, seed=3))
    # a seed of the settings counts too, and without any the turns of one conversation still differ from another's
    assert named == "".join(model.conversation().write("To be", given.replace(seed=3)))
    assert len({"".join(model.conversation().write("To be", length=40)) for _ in range(5)}) > 1
    with pytest.raises(UserError, match="a conversation is one text"):
        model.conversation().write("To be", samples=2)
    with pytest.raises(UserError, match="in fp32"):
        model.conversation().write("To be", precision="int8")
    with pytest.raises(UserError, match="--temperature"):
        model.conversation().write("To be", given, temperature="hot")
