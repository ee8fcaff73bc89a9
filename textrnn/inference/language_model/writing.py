"""Texts under way: one generation to be read piece by piece, and a conversation that goes on from turn to turn."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from textrnn.config.generation import GenerationSettings
from textrnn.errors import UserError
from textrnn.inference.language_model.contract import State, Stepper, Streamer
from textrnn.inference.language_model.engine import Engine
from textrnn.inference.language_model.generation import Ended, Event, Sample, collect, generate
from textrnn.inference.language_model.generation import notes as settings_notes
from textrnn.inference.language_model.prompt import Prompt, prepare_prompt
from textrnn.inference.language_model.sampling import Ids
from textrnn.text.tokenizer import Tokenizer


def chosen_seed(settings: GenerationSettings) -> int:
    """Return the seed given, or one drawn to be told to the user."""
    return secrets.randbelow(2**31) if settings.seed is None else settings.seed


class Generation:
    """The samples for one prompt, written when asked for: piece by piece (iterate it), or as wholes (`results`).

    prompt: the text that is fed. engine: the name of what writes. notes: what the user should know of prompt, settings
    and engine.
    """

    def __init__(
        self,
        engine: Engine | Streamer,
        tokenizer: Tokenizer,
        prompt: Prompt,
        settings: GenerationSettings,
        *,
        seed: int,
        notes: tuple[str, ...] = (),
        starts_afresh: bool = False,
    ) -> None:
        """notes: more of them. starts_afresh: see `generate`."""
        self.seed, self.prompt, self.engine = seed, prompt.text, engine.name
        self.notes = (*prompt.notes, *settings_notes(settings, tokenizer), *notes)
        self._events = generate(engine, tokenizer, prompt.ids, prompt.text, settings, seed, starts_afresh=starts_afresh)

    def __iter__(self) -> Iterator[str]:
        """Yield the text of the only sample as it is written; nothing is kept, so that memory does not grow with it."""
        return (event.text for event in self._events if not isinstance(event, Ended))

    def pieces(self) -> Iterator[Event]:
        """Yield pieces and ends of all samples as they come; nothing is kept."""
        return self._events

    @cached_property
    def results(self) -> tuple[Sample, ...]:
        """All samples as wholes."""
        return collect(self._events)


class Conversation:
    """A text written on in turns by model and user; what was read and written is remembered as the network's state."""

    def __init__(
        self, engine_under: Callable[[str | None], Stepper], tokenizer: Tokenizer, *, starts_afresh: bool = False
    ) -> None:
        """engine_under: the engine for a condition, another at every turn maybe. starts_afresh: see `generate`."""
        self._engine_under, self._tokenizer, self._starts_afresh = engine_under, tokenizer, starts_afresh
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._state: State | None = None
        self._unfed: Ids = np.zeros(0, np.int32)
        self._turns = 0
        self._seed = secrets.randbelow(2**31)

    def write(
        self, text: str, settings: GenerationSettings | None = None, *, seed: int | None = None, **named: Any
    ) -> Iterator[str]:
        """Yield what the model writes on after `text`. Until it is read to its end, the conversation is as before.

        settings: or, by name, its fields, of which those of several texts make no sense here. seed: by default that of
        the settings, or one drawn when the conversation began.
        """
        if not isinstance(text, str):
            raise TypeError(f"what is said is text (str), not {type(text).__name__}")
        settings = GenerationSettings.check({**({} if settings is None else settings.given()), **named})
        if settings.samples != 1 or settings.beam is not None:
            raise UserError("samples or beam in a conversation", mend="leave them out: a conversation is one text")
        if settings.precision != "fp32":
            raise UserError("precision in a conversation", mend="leave it out: turns are written on NumPy, in fp32")
        if seed is None:
            seed = self._seed if settings.seed is None else settings.seed
        return self._written(text, settings, seed)

    def _written(self, text: str, settings: GenerationSettings, seed: int) -> Iterator[str]:
        engine = self._engine_under(settings.condition)
        prompt = prepare_prompt(self._tokenizer, text, settings.unknown)
        ids = np.concatenate([self._unfed, prompt.ids]).astype(np.int32)
        # every turn draws anew, and the same turns under the same seed draw the same
        turn_seed = seed + self._turns
        events = generate(
            engine, self._tokenizer, ids, prompt.text, settings, turn_seed,
            state=self._state, starts_afresh=self._starts_afresh,
        )  # fmt: skip
        for event in events:
            if isinstance(event, Ended):
                self._state, self._unfed, self._turns = event.state, event.unfed, self._turns + 1
            else:
                yield event.text
