"""The model card says what it must, and never more of the data than its name, fingerprint and size."""

from __future__ import annotations

from dataclasses import replace

import pytest

from textrnn.runs.card import CardFacts, DataFacts, card_text

FACTS = CardFacts(
    name="sonnets-lstm",
    kind="language model",
    model="one LSTM layer of 256 units",
    parameters=353_345,
    data=(
        DataFacts(name="sonnets.txt", sha256="86c4e6" * 10 + "beef", size="94,275 characters", alphabet="61 symbols"),
    ),
    terms="public domain",
    figures=(("bits per character", "2.18"), ("perplexity", "4.53")),
    signature="data:86c4e6|protocol:stateful:64|unit:character|seed:0|textrnn:0.1.0",
    command="textrnn train-lm sonnets.txt --cell lstm --steps 2000 --seed 0",
    usage='textrnn generate --model sonnets-lstm --prompt "Shall I"',
    can_repeat_text=True,
)


def test_the_card_says_what_design_asks_for() -> None:
    text = card_text(FACTS)
    assert text.startswith("# sonnets-lstm\n\nA language model of 353,345 parameters: one LSTM layer of 256 units.\n")
    for fact in [
        *("`sonnets.txt`: 94,275 characters, 61 symbols, sha256 `" + FACTS.data[0].sha256, "public domain"),
        *("- bits per character: 2.18\n", "- perplexity: 4.53\n", f"`{FACTS.signature}`"),
        *(f"    {FACTS.command}\n", f"    {FACTS.usage}\n", "word for word", "was not measured"),
    ]:
        assert fact in text


def test_the_measured_share_of_copied_text_is_told() -> None:
    text = card_text(replace(FACTS, copied_share=0.0234, copied_how="runs of 50 characters or more"))
    assert "such a copy: 2.3% (runs of 50 characters or more)" in text and "not measured" not in text


def test_a_model_that_writes_nothing_is_not_said_to_repeat_text() -> None:
    assert "word for word" not in card_text(replace(FACTS, can_repeat_text=False))


def test_terms_that_nobody_stated_are_not_made_up() -> None:
    assert "not stated" in card_text(replace(FACTS, terms=None))


@pytest.mark.parametrize(
    "name", ["/srv/me/secret/verse.txt", "C:\\Users\\me\\secret\\verse.txt", "../secret/verse.txt"]
)
def test_of_a_path_only_the_name_is_kept(name: str) -> None:
    text = card_text(replace(FACTS, data=(replace(FACTS.data[0], name=name),)))
    assert "`verse.txt`" in text and "secret" not in text


@pytest.mark.parametrize("name", ["a`b``c.txt", "x\n# Owned", "\x1b[31mred", "<script>"])
def test_a_name_cannot_write_markup(name: str) -> None:
    text = card_text(replace(FACTS, name=name, data=(replace(FACTS.data[0], name=name),)))
    assert "\x1b" not in text and "\n# Owned" not in text
    assert "<script>" not in text.replace("`<script>`", "")
    if "`" in name:
        assert f"``` {name} ```" in text
