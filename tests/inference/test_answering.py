"""A stream of texts in batches: when they are answered, in which order, by whom, and what ends them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from textrnn.inference.answering import Limits, answered

SOON = Limits(texts=3, characters=100, quiet_s=0.01, longest_wait_s=10)
# nothing is answered for being quiet
NEVER = Limits(texts=3, characters=100, quiet_s=1e6, longest_wait_s=1e6)


def same(batch: Sequence[str]) -> list[str]:
    return list(batch)


def test_all_is_answered_in_order_by_any_number_of_threads() -> None:
    texts = [str(number) for number in range(1000)]
    for threads in (1, 2, 5):
        with closing(answered(texts, [same] * threads)) as batches:
            assert list(itertools.chain(*batches)) == texts


def test_a_batch_that_is_done_early_waits_for_those_before_it() -> None:
    third_is_done = threading.Event()

    def work(batch: Sequence[str]) -> list[str]:
        if batch[0] == "0":
            assert third_is_done.wait(30)
        elif batch[0] == "2":
            third_is_done.set()
        return list(batch)

    with closing(answered("012", [work] * 2, limits=SOON._replace(texts=1))) as batches:
        assert list(batches) == [["0"], ["1"], ["2"]]


def test_nothing_leads_to_nothing() -> None:
    assert list(answered([], [same])) == []


def test_a_batch_is_full_by_texts_or_by_characters() -> None:
    assert list(map(len, answered("abcdefg", [same], limits=NEVER))) == [3, 3, 1]
    assert list(map(len, answered(["a" * 99, "b", "c", "d" * 500, "e"], [same], limits=NEVER))) == [2, 2, 1]


def test_what_came_is_answered_when_nothing_more_comes() -> None:
    first_is_answered = threading.Event()

    def slow() -> Iterator[str]:
        yield "a"
        assert first_is_answered.wait(30)
        yield "b"

    with closing(answered(slow(), [same], limits=SOON)) as batches:
        assert next(batches) == ["a"]
        first_is_answered.set()
        assert list(batches) == [["b"]]


def test_no_text_waits_long_though_more_keep_coming() -> None:
    first_is_answered = threading.Event()

    def dripping() -> Iterator[str]:
        while not first_is_answered.wait(0.005):
            yield "a"

    limits = Limits(texts=1_000_000, characters=1_000_000, quiet_s=30, longest_wait_s=0.05)
    with closing(answered(dripping(), [same], limits=limits)) as batches:
        assert set(next(batches)) == {"a"}
        first_is_answered.set()


def test_no_more_is_read_than_a_few_batches_ahead() -> None:
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield "a"

    with closing(answered(endless(), [same] * 2, limits=NEVER)) as batches:
        for number in range(1, 50):
            assert len(next(batches)) == 3
            # taken and not given are at most four batches, one waits, one text is in the hand of the reader
            assert read <= 3 * (number + 4 + 1) + 1


def test_what_reading_raises_comes_after_the_answers() -> None:
    def broken() -> Iterator[str]:
        yield "a"
        raise ValueError("line 2")

    batches = answered(broken(), [same], limits=NEVER)
    assert next(batches) == ["a"]
    with pytest.raises(ValueError, match="line 2"):
        next(batches)


def test_what_working_raises_comes_in_its_place() -> None:
    def work(batch: Sequence[str]) -> list[str]:
        if batch[0] == "b":
            raise ValueError("bad")
        return list(batch)

    batches = answered("abc", [work] * 2, limits=NEVER._replace(texts=1))
    assert next(batches) == ["a"]
    with pytest.raises(ValueError, match="bad"):
        next(batches)


def test_closing_lets_the_threads_go() -> None:
    before = set(threading.enumerate())
    batches = answered(itertools.repeat("a"), [same] * 3, limits=SOON)
    next(batches)
    ours = set(threading.enumerate()) - before
    assert len(ours) == 4 and all(thread.daemon for thread in ours)
    batches.close()
    for thread in ours:
        thread.join(30)
    assert not any(thread.is_alive() for thread in ours)
