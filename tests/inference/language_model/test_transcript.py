"""The transcript: text that is never taken back, units and nats that are those of the text, characters kept whole."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from textrnn.config.generation import GenerationSettings
from textrnn.inference.language_model.transcript import Transcript
from textrnn.text.tokenizers.byte import ByteTokenizer
from textrnn.text.tokenizers.char import CharTokenizer
from textrnn.text.vocabulary import END


def written(transcript: Transcript, ids: list[int]) -> tuple[list[str], int]:
    """The pieces of a text, and how many ids it took until it was over."""
    pieces = []
    for count, id in enumerate(ids, start=1):
        pieces.append(transcript.add(id, 2.0**-count))
        if transcript.stopped_by is not None:
            return pieces, count
    return pieces, len(ids)


def test_end_is_no_part_of_the_text(letters: Callable[..., CharTokenizer]) -> None:
    transcript = Transcript(letters(), "", GenerationSettings())
    assert written(transcript, [2, 3, END]) == (["a", "b", ""], 3)
    assert (transcript.units, transcript.nats, transcript.stopped_by) == (2, 0.75, "end")


def test_the_length_counts_units(letters: Callable[..., CharTokenizer]) -> None:
    transcript = Transcript(letters(), "", GenerationSettings(length=2))
    assert written(transcript, [2, 3, 4]) == (["a", "b"], 2)
    assert (transcript.units, transcript.nats, transcript.stopped_by) == (2, 0.75, "length")


def test_what_was_held_back_comes_out_where_the_text_is_over(letters: Callable[..., CharTokenizer]) -> None:
    settings = GenerationSettings(length=3, stop=("abcd", "xyz"))
    assert written(Transcript(letters(), "", settings), [2, 3, 4])[0] == ["", "", "abc"]
    transcript = Transcript(letters(), "", settings)
    assert written(transcript, [2, 3, END])[0] == ["", "", "ab"]
    assert (transcript.units, transcript.stopped_by) == (2, "end")


@pytest.mark.parametrize("make", ["letters", "bytes"])
def test_units_and_nats_are_those_of_the_text(make: str, letters: Callable[..., CharTokenizer]) -> None:
    """Whatever is written, and wherever it is stopped: as many units, and their nats, as the text encodes to."""
    rng = random.Random(0)
    stopped = 0
    for _ in range(500):
        tokenizer = letters() if make == "letters" else ByteTokenizer(12)
        alphabet = "abc" if make == "letters" else "a€é"
        text = "".join(rng.choices(alphabet, k=rng.randint(0, 20)))
        stops = tuple("".join(rng.choices(alphabet, k=rng.randint(1, 3))) for _ in range(rng.randint(0, 2)))
        transcript = Transcript(tokenizer, "", GenerationSettings(stop=stops))
        pieces, _ = written(transcript, [*tokenizer.encode(text).tolist(), END])
        kept = "".join(pieces)
        assert text.startswith(kept) and not any(stop in kept for stop in stops)
        units = len(tokenizer.encode(kept))
        assert transcript.units == units
        assert transcript.nats == pytest.approx(sum(2.0**-count for count in range(1, units + 1)), abs=1e-15)
        assert transcript.stopped_by == ("end" if kept == text else "stop")
        stopped += transcript.stopped_by == "stop"
    assert 100 < stopped < 450


def test_no_character_is_split() -> None:
    tokenizer = ByteTokenizer(12)
    pieces, _ = written(Transcript(tokenizer, "", GenerationSettings(length=7)), tokenizer.encode("a€😀b").tolist())
    # the seventh byte is the third of four
    assert pieces == ["a", "", "", "€", "", "", "\N{REPLACEMENT CHARACTER}"]


def test_a_stop_string_in_what_the_decoder_gives_out_last() -> None:
    settings = GenerationSettings(length=2, stop=("\N{REPLACEMENT CHARACTER}",))
    transcript = Transcript(ByteTokenizer(12), "", settings)
    assert "".join(written(transcript, ByteTokenizer(12).encode("a€").tolist())[0]) == "a"
    assert (transcript.units, transcript.stopped_by) == (1, "stop")
