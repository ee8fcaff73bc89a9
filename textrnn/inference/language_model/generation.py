"""Generation: from a prompt to the text of one or many samples, as it is written.

In: an engine, a tokenizer, a prepared prompt, settings and a seed. Out: events: pieces of text as soon as they are
sure, and for each sample its end. Memory does not grow with the length. Knows nothing of files, flags or terminals.
Shapes: B rows, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textrnn.config.generation import GenerationSettings
from textrnn.inference.language_model.beam import BeamSearch
from textrnn.inference.language_model.contract import Logits, State, Stepper, Streamer
from textrnn.inference.language_model.randomness import uniforms
from textrnn.inference.language_model.sampler import Sampler, clamped
from textrnn.inference.language_model.sampling import Ids
from textrnn.inference.language_model.stopping import unreachable
from textrnn.inference.language_model.transcript import Stopped, Transcript
from textrnn.text.tokenizer import Tokenizer, has_end

if TYPE_CHECKING:
    from textrnn.inference.language_model.compiled_engine import Stream

# Units of a prompt fed at once: enough for large products, little enough for memory and for an interrupt.
_PROMPT_UNITS = 4096
# Samples written side by side; more of them follow in further batches, so that memory does not grow with them either.
_ROWS = 256
# Units that compiled code writes in one call: few at first, for the first to be seen at once, and never so many that
# an interrupt or a stop string would have to wait.
_FIRST_CHUNK, _LARGEST_CHUNK = 16, 512


class Piece(NamedTuple):
    """Text that sample number `sample` goes on with."""

    sample: int
    text: str


class Ended(NamedTuple):
    """Sample number `sample` is over.

    nats_per_unit: mean of -log p under the model's own distribution, unfiltered, at temperature 1; None without units.
    state, unfed: the engine's state (of one row), and the ids written but not fed to it yet: to write on from here,
    generate with this state and a prompt that starts with these ids.
    """

    sample: int
    units: int
    stopped_by: Stopped
    nats_per_unit: float | None
    state: State
    unfed: Ids


class Sample(NamedTuple):
    """A sample as a whole. units, nats_per_unit: of the text, without END and stop string."""

    text: str
    units: int
    stopped_by: Stopped
    nats_per_unit: float | None


Event = Piece | Ended


def generate(
    engine: Stepper,
    tokenizer: Tokenizer,
    prompt_ids: Ids,
    prompt_text: str,
    settings: GenerationSettings,
    seed: int,
    *,
    state: State | None = None,
    starts_afresh: bool = False,
) -> Iterator[Event]:
    """Yield the text of `settings.samples` samples, each from its own random stream, in pieces, and the end of each.

    Sample i under `seed` is the same whatever their number. Beam search gives its best hypotheses as the samples.
    prompt_text: what prompt_ids say. state: of one row, what was read before the prompt; none is the start.
    starts_afresh: the start is that of a document, a prompt its beginning; else a prompt may come from anywhere in one.
    """
    is_opening = len(prompt_ids) == 0 or (starts_afresh and state is None)
    state = engine.start(1) if state is None else state
    if settings.length == 0:
        for sample in range(settings.samples):
            yield Ended(sample, 0, "length", None, state, prompt_ids)
        return
    opening = np.array([tokenizer.start_id] if is_opening else [], dtype=np.int32)
    fed = np.concatenate([opening, prompt_ids])
    for start in range(0, len(fed), _PROMPT_UNITS):
        logits, state = engine.feed(fed[None, start : start + _PROMPT_UNITS], state)
    if settings.beam is not None:
        search = BeamSearch(tokenizer, prompt_ids, prompt_text, settings)
        for sample, found in enumerate(search.run(engine, logits, state)[: settings.samples]):
            transcript = Transcript(tokenizer, prompt_text, settings)
            text = "".join(map(transcript.add, found.ids.tolist(), found.nats.tolist()))
            yield Piece(sample, text)
            yield _end(sample, transcript, state, found.ids)
        return
    if isinstance(engine, Streamer):
        for first in range(0, settings.samples, _ROWS):
            texts = [
                _Text(sample, Transcript(tokenizer, prompt_text, settings), uniforms(seed, sample))
                for sample in range(first, min(first + _ROWS, settings.samples))
            ]
            rows = np.zeros(len(texts), dtype=np.int64)
            stream = engine.stream(
                settings, logits[rows], engine.select(state, rows),
                prompt=prompt_ids, unit=tokenizer.unit, has_end=has_end(tokenizer),
            )  # fmt: skip
            yield from _write_in_chunks(stream, texts, settings.length)
        return
    for first in range(0, settings.samples, _ROWS):
        writers = [
            _Writer(sample, engine, tokenizer, prompt_ids, prompt_text, settings, seed)
            for sample in range(first, min(first + _ROWS, settings.samples))
        ]
        yield from _write(engine, writers, logits, state)


def collect(events: Iterable[Event]) -> tuple[Sample, ...]:
    """Return the samples as wholes, in the order of their numbers."""
    texts: dict[int, list[str]] = {}
    samples: dict[int, Sample] = {}
    for event in events:
        pieces = texts.setdefault(event.sample, [])
        if isinstance(event, Piece):
            pieces.append(event.text)
        else:
            samples[event.sample] = Sample("".join(pieces), event.units, event.stopped_by, event.nats_per_unit)
    return tuple(samples[number] for number in sorted(samples))


def notes(settings: GenerationSettings, tokenizer: Tokenizer) -> tuple[str, ...]:
    """Return what a user should know of settings that this model cannot follow."""
    return clamped(settings, len(tokenizer.symbols)) + unreachable(settings.stop, tokenizer)


class _Writer:
    """One sample being written: its draws and its transcript."""

    def __init__(
        self,
        sample: int,
        engine: Stepper,
        tokenizer: Tokenizer,
        prompt_ids: Ids,
        prompt_text: str,
        settings: GenerationSettings,
        seed: int,
    ) -> None:
        self.sample, self.id = sample, tokenizer.start_id
        self.transcript = Transcript(tokenizer, prompt_text, settings)
        self._sampler = Sampler(
            settings, engine.vocabulary_size, prompt_ids, unit=tokenizer.unit, has_end=has_end(tokenizer)
        )
        self._uniforms = uniforms(seed, sample)

    def write(self, logits: Logits) -> str:
        """Write one unit, drawn from `logits` (V,); return the text that is sure by now."""
        self.id, nats = self._sampler.step(logits, next(self._uniforms))
        return self.transcript.add(self.id, nats)


def _write(engine: Stepper, writers: list[_Writer], logits: Logits, state: State) -> Iterator[Event]:
    """Yield the text of samples written side by side, from the logits (1, V) and the state of the one prompt."""
    if len(writers) > 1:
        rows = np.zeros(len(writers), dtype=np.int64)
        logits, state = logits[rows], engine.select(state, rows)  # (1, V) -> (B, V)
    while True:
        for writer, row in zip(writers, logits, strict=True):
            text = writer.write(row)
            if text:
                yield Piece(writer.sample, text)
        over = [row for row, writer in enumerate(writers) if writer.transcript.stopped_by is not None]
        if over:
            for row in over:
                own = engine.select(state, np.array([row]))
                writer = writers[row]
                yield _end(writer.sample, writer.transcript, own, np.array([writer.id], dtype=np.int32))
            going_on = [row for row in range(len(writers)) if row not in over]
            if not going_on:
                return
            writers, state = [writers[row] for row in going_on], engine.select(state, np.array(going_on))
        ids = np.array([[writer.id] for writer in writers], dtype=np.int32)
        logits, state = engine.feed(ids, state)


class _Text(NamedTuple):
    """One sample that compiled code writes."""

    sample: int
    transcript: Transcript
    uniforms: Iterator[float]


def _write_in_chunks(stream: Stream, texts: list[_Text], length: int) -> Iterator[Event]:
    """Yield the text of samples written side by side, chunk by chunk; what comes after a sample's end is dropped."""
    size = _FIRST_CHUNK
    while texts:
        wanted = min(size, length - texts[0].transcript.units)
        drawn = np.array([[*islice(text.uniforms, wanted)] for text in texts])
        ids, nats = stream.write(drawn)
        going_on = []
        for row, text in enumerate(texts):
            written, transcript = [], text.transcript
            for id, id_nats in zip(ids[row].tolist(), nats[row].tolist(), strict=True):
                written.append(transcript.add(id, id_nats))
                if transcript.stopped_by is not None:
                    break
            if any(written):
                yield Piece(text.sample, "".join(written))
            if transcript.stopped_by is None:
                # where another sample's end cut the chunk short, uniforms are left for the next
                if left := drawn[row, ids.shape[1] :].tolist():
                    text = text._replace(uniforms=chain(left, text.uniforms))
                going_on.append((row, text))
            else:
                used = len(written)
                yield _end(text.sample, transcript, stream.ended(row, drawn[row, :used]), ids[row, used - 1 : used])
        stream.keep([row for row, _ in going_on])
        texts, size = [text for _, text in going_on], min(2 * size, _LARGEST_CHUNK)


def _end(sample: int, transcript: Transcript, state: State, unfed: Ids) -> Ended:
    assert transcript.stopped_by is not None
    nats_per_unit = transcript.nats / transcript.units if transcript.units else None
    return Ended(sample, transcript.units, transcript.stopped_by, nats_per_unit, state, unfed)
