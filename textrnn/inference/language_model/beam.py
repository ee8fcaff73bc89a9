"""Beam search: the text that the model finds most likely, as far as a beam of a given width sees.

In: an engine after its prompt. Out: the best hypotheses, best first. A hypothesis Y is ranked by

    log p(Y) / ((5 + |Y|) / 6) ** length_penalty                (GNMT: Wu et al. 2016, equation 14, without coverage)

|Y| counts every unit written, END and the units of a stop string among them. The filters that say what may be written
(no <unk>, repetition penalty, no repeated n-gram) hold; those that say how boldly to draw have no part in it.
Equally good: first the one that ended first, then the lowest id, then the hypothesis that led before.
Shapes: B hypotheses, L units written, V vocabulary, C candidates.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textrnn.cells.functions import log_softmax
from textrnn.config.generation import GenerationSettings
from textrnn.inference.language_model.contract import Logits, State, Stepper
from textrnn.inference.language_model.sampler import History, constraints, refusal
from textrnn.inference.language_model.sampling import Ids, Row
from textrnn.inference.language_model.transcript import Transcript, reach
from textrnn.inference.length_penalty import share_of_log_p
from textrnn.text.tokenizer import Tokenizer, has_end
from textrnn.text.vocabulary import END

# One END a hypothesis can end, so twice the width leaves a full beam; where stop strings end more, it is narrower.
_CANDIDATES = 2


class Hypothesis(NamedTuple):
    """ids, nats: (L,), what was written and its nats under the model's own distribution. score: what ranks it."""

    ids: npt.NDArray[np.int32]
    nats: Row
    score: float


class _Candidates(NamedTuple):
    """Ways to write on, best first: (C,) each. log_p: of the whole hypothesis. nats: of the last unit."""

    log_p: Row
    parents: Ids
    ids: Ids
    nats: Row


class _Beam(NamedTuple):
    """What is still being written, best first. log_p: (B,). ids, nats: (B, L)."""

    log_p: Row
    ids: npt.NDArray[np.int32]
    nats: Row

    def longer(self, candidates: _Candidates, places: list[int]) -> _Beam:
        """Return the hypotheses that the candidates at `places` make of these."""
        parents = candidates.parents[places]
        ids = np.hstack([self.ids[parents], candidates.ids[places, None]])
        nats = np.hstack([self.nats[parents], candidates.nats[places, None]])
        return _Beam(candidates.log_p[places], ids.astype(np.int32), nats)  # (B, L) -> (B, L + 1)


class BeamSearch:
    """One search: how it ranks, what it allows, when a hypothesis is over."""

    def __init__(self, tokenizer: Tokenizer, prompt_ids: Ids, prompt_text: str, settings: GenerationSettings) -> None:
        assert settings.beam is not None
        self._width, self._settings, self._tokenizer = settings.beam, settings, tokenizer
        self._prompt_ids, self._prompt_text = prompt_ids, prompt_text
        self._looks_back = settings.repetition_penalty is not None or settings.no_repeat_ngram is not None
        self._reach = reach(settings.stop)

    def run(self, engine: Stepper, logits: Logits, state: State) -> list[Hypothesis]:
        """Return up to `beam` hypotheses. logits: (1, V), after the prompt. state: of one row."""
        beam = _Beam(np.zeros(1), np.empty((1, 0), np.int32), np.empty((1, 0)))
        over: list[Hypothesis] = []
        for length in range(1, self._settings.length + 1):
            candidates = self._candidates(beam, logits)
            ended, going_on = self._sort_out(beam, candidates)
            if length == self._settings.length:
                ended, going_on = sorted(ended + going_on), []
            over += self._hypotheses(beam.longer(candidates, ended))
            # a stable sort: of equals, the one that ended first
            over = sorted(over, key=lambda hypothesis: -hypothesis.score)[: self._width]
            if not going_on or self._is_settled(over, candidates.log_p.item(going_on[0])):
                break
            beam = beam.longer(candidates, going_on)
            logits, state = engine.feed(beam.ids[:, -1:], engine.select(state, candidates.parents[going_on]))
        if not over:
            raise refusal(np.full(1, -np.inf), self._tokenizer.unit, beam.ids.shape[1])
        return over

    def _candidates(self, beam: _Beam, logits: Logits) -> _Candidates:
        found = [self._continuations(beam, row, parent) for parent, row in enumerate(logits)]
        log_p, parents, ids, nats = (np.concatenate(part) for part in zip(*found, strict=True))
        best = np.lexsort((parents, ids, -log_p))[: _CANDIDATES * self._width]
        return _Candidates(log_p[best], parents[best], ids[best], nats[best])

    def _continuations(self, beam: _Beam, logits: Logits, parent: int) -> _Candidates:
        """Return the best ways to write on from one hypothesis."""
        row = logits.astype(np.float64)
        written = beam.ids.shape[1]
        if not row.max() < np.inf:
            raise refusal(row, self._tokenizer.unit, written)
        own = log_softmax(np, row)
        past = np.concatenate([self._prompt_ids, beam.ids[parent]]) if self._looks_back else beam.ids[parent, :0]
        for filter in constraints(
            self._settings, History(self._settings, len(row), past), has_end=has_end(self._tokenizer)
        ):
            row = filter(row)
        best = np.argsort(-row, kind="stable")[: _CANDIDATES * self._width]
        best = best[row[best] > -np.inf]
        # where nothing is left there is no candidate, and no maximum to take
        log_p = beam.log_p[parent] + log_softmax(np, row)[best] if len(best) else np.empty(0)
        return _Candidates(log_p, np.full(len(best), parent), best, -own[best])

    def _sort_out(self, beam: _Beam, candidates: _Candidates) -> tuple[list[int], list[int]]:
        """Return the places of the candidates that are over and of those that go on: a beam's width of these."""
        ended: list[int] = []
        going_on: list[int] = []
        for place, (parent, id) in enumerate(zip(candidates.parents, candidates.ids, strict=True)):
            is_over = id == END or self._meets_stop(beam.ids[parent], int(id))
            (ended if is_over else going_on).append(place)
            if len(going_on) == self._width:
                break
        return ended, going_on

    def _meets_stop(self, ids: npt.NDArray[np.int32], id: int) -> bool:
        stops = self._settings.stop
        if not stops:
            return False
        # words are joined by what stands before them; in all other kinds the last units tell
        if self._tokenizer.kind != "word":
            tail = self._tokenizer.decode([*ids[-self._reach :].tolist(), id])
            if not any(stop in tail for stop in stops):
                return False
        transcript = Transcript(self._tokenizer, self._prompt_text, self._settings)
        for unit in [*ids.tolist(), id]:
            transcript.add(unit, 0.0)
        return transcript.stopped_by == "stop"

    def _hypotheses(self, beam: _Beam) -> list[Hypothesis]:
        share = self._share(beam.ids.shape[1])
        return [
            Hypothesis(ids, nats, log_p * share)
            for log_p, ids, nats in zip(beam.log_p.tolist(), beam.ids, beam.nats, strict=True)
        ]

    def _share(self, length: int) -> float:
        """How much of log p counts."""
        return share_of_log_p(length, self._settings.length_penalty)

    def _is_settled(self, over: list[Hypothesis], best_log_p: float) -> bool:
        """Whether nothing still being written can get ahead: log p only falls, and the share is smallest at the end."""
        return len(over) == self._width and best_log_p * self._share(self._settings.length) <= over[-1].score
