"""A stream of texts answered in batches, by several threads, in the order in which they came.

A batch is answered when it is full, when no text came for a moment, or when its first text has waited long enough, so
that a slow pipe is answered at once and a fast one in large pieces. Memory holds a few batches, however many texts
come. What an answer is, is not known here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence, Sized
from typing import Generic, NamedTuple, TypeVar

Answer = TypeVar("Answer")
# a text, or one that was cut already: what counts is that it has a length
Text = TypeVar("Text", bound=Sized)
Work = Callable[[Sequence[Text]], Sequence[Answer]]

BATCH_TEXTS = 1024
# a text may be a book
BATCH_CHARACTERS = 1_000_000
QUIET_S = 0.05
# where texts keep coming, but slowly
LONGEST_WAIT_S = 1.0


class Limits(NamedTuple):
    """When a batch is full, and how long it waits until it is."""

    texts: int = BATCH_TEXTS
    characters: int = BATCH_CHARACTERS
    quiet_s: float = QUIET_S
    longest_wait_s: float = LONGEST_WAIT_S


USUAL = Limits()


def answered(
    texts: Iterable[Text], works: Sequence[Work[Text, Answer]], *, limits: Limits = USUAL
) -> Generator[Sequence[Answer], None, None]:
    """Yield what is made of one batch of `texts` after another, as soon as it is known.

    works: each answers a batch, in a thread of its own. What reading or working raises is raised when all that came
    before it has been yielded. Close the iterator to let the threads go.
    """
    stream = _Stream[Text, Answer](limits, len(works))
    threading.Thread(target=stream.read, args=(texts,), daemon=True).start()
    for work in works:
        threading.Thread(target=stream.answer, args=(work,), daemon=True).start()
    try:
        yield from stream.results()
    finally:
        stream.close()


class _Stream(Generic[Text, Answer]):
    """What the thread that reads, those that work and the one that takes the results share."""

    def __init__(self, limits: Limits, threads: int) -> None:
        self._limits, self._most_ahead = limits, 2 * threads
        self._changed = threading.Condition()
        self._texts: list[Text] = []
        self._characters = 0
        self._first_at = self._last_at = 0.0
        self._has_ended = self._is_closed = False
        self._error: BaseException | None = None
        # batches are numbered as they are taken; results wait for those before them
        self._taken = self._given = 0
        self._results: dict[int, Sequence[Answer] | BaseException] = {}

    def read(self, texts: Iterable[Text]) -> None:
        """Take in all texts, no faster than they are answered."""
        error: BaseException | None = None
        try:
            for text in texts:
                if not self._put(text):
                    return
        except BaseException as raised:
            error = raised
        with self._changed:
            self._has_ended, self._error = True, error
            self._changed.notify_all()

    def _put(self, text: Text) -> bool:
        """Take in one text; return whether more are wanted."""
        with self._changed:
            while self._is_full and not self._is_closed:
                self._changed.wait()
            self._last_at = time.monotonic()
            if not self._texts:
                self._first_at = self._last_at
            self._texts.append(text)
            self._characters += len(text)
            if len(self._texts) == 1 or self._is_full:
                self._changed.notify_all()
            return not self._is_closed

    def answer(self, work: Work[Text, Answer]) -> None:
        """Answer one batch after another until there are no more."""
        while (taken := self._take()) is not None:
            number, batch = taken
            try:
                result: Sequence[Answer] | BaseException = work(batch)
            except BaseException as raised:
                result = raised
            with self._changed:
                self._results[number] = result
                self._changed.notify_all()

    def _take(self) -> tuple[int, list[Text]] | None:
        """Wait for a batch that is to be answered, and return it with its number; None at the end."""
        with self._changed:
            while not self._is_closed:
                if self._taken - self._given >= self._most_ahead or not self._texts:
                    if self._has_ended and not self._texts:
                        return None
                    self._changed.wait()
                elif (wait_s := self._still_to_wait_s()) > 0:
                    self._changed.wait(wait_s)
                else:
                    batch, self._texts, self._characters = self._texts, [], 0
                    self._taken += 1
                    self._changed.notify_all()
                    return self._taken - 1, batch
        return None

    def results(self) -> Iterator[Sequence[Answer]]:
        """Yield the results in the order of their batches."""
        while True:
            with self._changed:
                while self._given not in self._results:
                    if self._has_ended and not self._texts and self._given == self._taken:
                        if self._error is not None:
                            raise self._error
                        return
                    self._changed.wait()
                result = self._results.pop(self._given)
                self._given += 1
                self._changed.notify_all()
            if isinstance(result, BaseException):
                raise result
            yield result

    def close(self) -> None:
        """Let all threads end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    @property
    def _is_full(self) -> bool:
        return len(self._texts) >= self._limits.texts or self._characters >= self._limits.characters

    def _still_to_wait_s(self) -> float:
        if self._is_full or self._has_ended:
            return 0.0
        due_at = min(self._last_at + self._limits.quiet_s, self._first_at + self._limits.longest_wait_s)
        return due_at - time.monotonic()
