"""The compiled engine: a language model that writes many units in one call of compiled code.

In: the engine on NumPy, whose weights it takes over and which still reads prompts; settings; uniforms. Out: ids and
nats chunk by chunk, and a state that the engine on NumPy understands. Needs numba, which is imported when the first
chunk is written. Knows nothing of text. Shapes: V vocabulary, L layers, H units, n units of a chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.cells.compiled import number_of
from textrnn.cells.host import host
from textrnn.cells.jit import is_ready, jit, mark_ready
from textrnn.cells.packed import aligned, pack
from textrnn.config.generation import GenerationSettings, Precision
from textrnn.inference.language_model.compiled_loop import Network, Past, write
from textrnn.inference.language_model.compiled_sampling import NOTHING, Choice
from textrnn.inference.language_model.contract import Logits, State
from textrnn.inference.language_model.engine import Engine
from textrnn.inference.language_model.rounding import whole_numbers
from textrnn.inference.language_model.sampler import refusal
from textrnn.inference.language_model.sampling import HUGE, Ids
from textrnn.networks.language_model import LanguageModelParameters
from textrnn.text.vocabulary import END, UNKNOWN

# from here on logits stay finite when divided by the temperature
_LEAST_TEMPERATURE = 1e-150


def can_follow(settings: GenerationSettings) -> bool:
    """Return whether the compiled loop knows all that `settings` ask for."""
    is_usual = settings.temperature == 0 or settings.temperature >= _LEAST_TEMPERATURE
    return is_usual and settings.beam is None


def is_compiled(precision: Precision) -> bool:
    """Return whether the loop's code for such weights is at hand."""
    return is_ready(write, precision)


class CompiledEngine:
    """Reads as the engine on NumPy does, and writes in compiled code."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.vocabulary_size = engine.vocabulary_size
        self.name = engine.name.replace("numpy", "compiled")

    def start(self, samples: int = 1) -> State:
        """Return the state before any text."""
        return self._engine.start(samples)

    def feed(self, ids: Ids, state: State) -> tuple[Logits, State]:
        """Read ids (B, T); return the logits after the last unit, (B, V), and the new state."""
        return self._engine.feed(ids, state)

    def select(self, state: State, rows: Ids) -> State:
        """Return the state of the given rows."""
        return self._engine.select(state, rows)

    @cached_property
    def network(self) -> Network:
        """The weights as the compiled loop reads them."""
        return packed(self._engine)

    def stream(
        self,
        settings: GenerationSettings,
        logits: Logits,
        state: State,
        *,
        prompt: Ids | None = None,
        unit: str = "character",
        has_end: bool = True,
    ) -> Stream:
        """Return texts that go on from the logits (B, V) and the state of B rows, after the ids of the one prompt."""
        before = np.zeros(0, np.int32) if prompt is None else prompt
        return Stream(self.network, settings, logits, state, before, unit, has_end)


class Stream:
    """Texts being written side by side. The arrays are its own: nothing that was handed in is changed."""

    def __init__(
        self,
        network: Network,
        settings: GenerationSettings,
        logits: Logits,
        state: State,
        prompt: Ids,
        unit: str,
        has_end: bool,
    ) -> None:
        rows = len(logits)
        self._network, self._unit, self._drawn = network, unit, 0
        # (L, B, parts, H), from parts of (B, 1, H)
        self._state = np.stack([np.concatenate(layer, axis=1) for layer in state])
        self._logits = np.array(logits, np.float32)
        self._choice = choice_of(settings, logits.shape[1], banned=1 + (UNKNOWN if has_end else END))
        self._past = _past(self._choice, prompt, *logits.shape)
        self._pending = np.full(rows, NOTHING, np.int32)

    def write(self, uniforms: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Return ids and nats (B, n) of the next units, one for each of `uniforms` (B, n); fewer where END is drawn."""
        self._past = _with_room(self._past, uniforms.shape[1])
        self._before = self._pending.copy(), self._state.copy(), self._logits.copy(), _copied(self._past)
        ids, nats = self._run(uniforms)
        if not ids.size:
            raise self._refusal
        self._drawn += ids.shape[1]
        return ids, nats

    def ended(self, row: int, uniforms: npt.NDArray[np.float64]) -> State:
        """Return the state of one row before its last unit, had the last chunk been given these first uniforms (n,)."""
        alone = copy(self)
        pending, state, logits, past = self._before
        alone._pending, alone._state, alone._logits, alone._past = (
            pending[row : row + 1].copy(), state[:, row : row + 1].copy(), logits[row : row + 1].copy(),
            _copied(past, [row]),
        )  # fmt: skip
        alone._run(uniforms[None])
        parts = self._state.shape[2]
        return tuple(tuple(layer[:, part : part + 1] for part in range(parts)) for layer in alone._state)

    def keep(self, rows: list[int]) -> None:
        """Go on with these rows alone."""
        self._pending, self._logits, self._past = self._pending[rows], self._logits[rows], _copied(self._past, rows)
        self._state = np.ascontiguousarray(self._state[:, rows])

    def _run(self, uniforms: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        ids, nats = np.empty(uniforms.shape, np.int32), np.empty(uniforms.shape)
        uniforms = np.ascontiguousarray(uniforms)
        count = jit(write)(
            self._network, self._choice, self._past, self._pending, uniforms, self._state, self._logits, ids, nats, END
        )
        mark_ready(write, "fp32" if self._network.weights.dtype == np.float32 else "int8")
        if count < 0:
            # what was drawn before is text all the same; it is fed, and the next call draws from the same logits
            count = -1 - count
            row = ids[:, count].tolist().index(NOTHING)
            self._refusal = refusal(self._logits[row], self._unit, self._drawn + count)
        return ids[:, :count], nats[:, :count]


def choice_of(settings: GenerationSettings, size: int, *, banned: int) -> Choice:
    """Return the settings with every filter that is off at the value that changes nothing."""
    penalty = settings.repetition_penalty
    return Choice(
        banned=banned,
        temperature=float(settings.temperature),
        top_k=min(settings.top_k or size, size),
        top_p=1.0 if settings.top_p is None else float(settings.top_p),
        min_p=float(settings.min_p or 0),
        typical=1.0 if settings.typical is None else float(settings.typical),
        penalty=1.0 if penalty is None else min(max(float(penalty), 1 / HUGE), HUGE),
        ngram=settings.no_repeat_ngram or 0,
    )


def _past(choice: Choice, prompt: Ids, rows: int, size: int) -> Past:
    """Return what the choice asks of the prompt, for so many rows."""
    seen = np.zeros((rows, size if choice.penalty != 1 else 0), np.bool_)
    if choice.penalty != 1:
        seen[:, prompt] = True
    ids = np.tile(np.asarray(prompt if choice.ngram else prompt[:0], np.int32), (rows, 1))
    return Past(seen, ids, np.array([ids.shape[1]], np.int64))


def _with_room(past: Past, units: int) -> Past:
    """Return the past with room for so many units more, in twice the room where there is too little."""
    missing = past.length.item() + units - past.ids.shape[1]
    return past if missing <= 0 else past._replace(ids=np.pad(past.ids, ((0, 0), (0, missing + past.ids.shape[1]))))


def _copied(past: Past, rows: Sequence[int] | slice = slice(None)) -> Past:
    return Past(past.seen[rows].copy(), past.ids[rows].copy(), past.length.copy())


def packed(engine: Engine) -> Network:
    """Return the weights of `engine`, packed one matrix behind the other, in float32 or int8."""
    p, is_int8 = engine.running, engine.precision == "int8"
    width, matrices, plan, begin, column = host().width, [], [], 0, 0
    for weight, bias in _matrices(p):
        if weight is None:
            plan.append((begin, column, 0, 0, 0, 0))
            continue
        whole, scales = whole_numbers(weight) if is_int8 else (np.asarray(weight, np.float32), None)
        matrix = pack(whole, scales, bias, width)
        plan.append((begin, column, *weight.shape[::-1], matrix.panels.shape[1], matrix.bias.size))
        begin, column = begin + matrix.panels.size, column + matrix.bias.size
        matrices.append(matrix)
    norms = [np.stack(layer.norm) for layer in p.layers if layer.norm is not None]
    return Network(
        number=number_of(engine.cell),
        table=np.ascontiguousarray(p.embedding, np.float32),
        width=width,
        weights=aligned(np.concatenate([one.panels.reshape(-1) for one in matrices])),
        scales=np.concatenate([one.scales for one in matrices]),
        biases=np.concatenate([one.bias for one in matrices]),
        plan=np.array(plan, np.int64),
        norms=np.stack(norms).astype(np.float32) if norms else np.empty((0, 2, 1), np.float32),
    )


def _matrices(p: LanguageModelParameters) -> list[tuple[Any, Any]]:
    """Return the matrices (N, X) and biases in the plan's order; None for one that is not there."""
    cells = [layer.cell for layer in p.layers]
    found = [pair for cell in cells for pair in ((cell.weight_ih, cell.bias_ih), (cell.weight_hh, cell.bias_hh))]
    head = (None, None) if p.head is None else (p.head.weight, p.head.bias)
    return [*found, head, (p.embedding if p.output.weight is None else p.output.weight, p.output.bias)]
