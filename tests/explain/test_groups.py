from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.explain.groups import equal_parts, sentence_groups
from textrnn.explain.words import word_spans


def groups_of(text: str, most: int = 50) -> list[str]:
    spans = word_spans(text)
    return [text[spans[group.start][0] : spans[group.stop - 1][1]] for group in sentence_groups(text, spans, most)]


def test_sentences() -> None:
    text = 'It cost 3.50 in the U.S. today. "Why?" he said... Nobody knew!\nA line\n\nअच्छा है। 好。坏！'
    assert groups_of(text) == [
        "It cost 3.50 in the U.S.", "today.", '"Why?"', "he said...", "Nobody knew!", "A line",
        "अच्छा है।", "好。", "坏！",
    ]  # fmt: skip


def test_many_sentences_are_taken_together_and_long_ones_cut() -> None:
    many = "No. " * 300
    assert [len(group) for group in sentence_groups(many, word_spans(many), 10)] == [74] * 8 + [8]
    long = "word " * 100
    assert [len(group) for group in sentence_groups(long, word_spans(long), 50)] == [33, 33, 34]


@given(st.text(st.sampled_from("a .!?\n好。"), max_size=400), st.integers(2, 12))
def test_every_word_is_in_one_group_and_there_are_no_more_than_asked(text: str, most: int) -> None:
    spans = word_spans(text)
    groups = sentence_groups(text, spans, most)
    assert [word for group in groups for word in group] == [*range(len(spans))]
    assert all(groups)
    assert len(groups) <= most


@given(st.integers(0, 300), st.integers(0, 500), st.integers(1, 60))
def test_equal_parts(start: int, length: int, longest: int) -> None:
    parts = equal_parts(range(start, start + length), longest)
    assert [word for part in parts for word in part] == [*range(start, start + length)]
    assert len(parts) == -(-length // longest)
    sizes = {len(part) for part in parts}
    assert not sizes or (max(sizes) <= longest and max(sizes) - min(sizes) <= 1)


@pytest.mark.parametrize("mark", [".", "!)", '."', "\n", "。"])
def test_a_million_marks_take_no_time(mark: str) -> None:
    started = time.process_time()
    sentence_groups("word " + mark * 500_000 + "x", [(0, 4)], 10)
    assert time.process_time() - started < 20
