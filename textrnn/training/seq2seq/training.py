"""Training an encoder-decoder, from pairs of texts to a run folder.

In: pairs, settings, where to save. Out: records while it runs, then a model and the facts about its training.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textrnn.config.seq2seq import TrainSeq2SeqSettings
from textrnn.data.pairs import Pairs
from textrnn.inference.making import figures_signature
from textrnn.inference.reading import measured_count
from textrnn.inference.seq2seq.evaluation import PairFigures
from textrnn.inference.seq2seq.loading import translator_from_run
from textrnn.inference.seq2seq.model import AT_ONCE, TASK, Translator
from textrnn.networks.parameters import map_arrays
from textrnn.report.translated import translated_lines
from textrnn.runs.folder import Run
from textrnn.training.seq2seq.card import translator_card
from textrnn.training.seq2seq.preparation import PreparedPairs, prepare_seq2seq
from textrnn.training.seq2seq.task import Seq2SeqTask
from textrnn.training.start import Start
from textrnn.training.tensors import to_array
from textrnn.training.training import Training

# held-out pairs whose translations are shown on the way
SHOWN = 4
# of a budget: what saving and leaving take when the translating of what is held out has ended
SAVING_S = 1.0
# texts that are translated before the clock is looked at
UNDER_A_BUDGET = 256


class Seq2SeqTraining(Training[TrainSeq2SeqSettings, Translator]):
    """One training of an encoder-decoder."""

    task_name = TASK

    def __init__(
        self,
        pairs: Pairs,
        settings: TrainSeq2SeqSettings,
        start: Start | None = None,
        *,
        valid: Pairs | None = None,
    ) -> None:
        """As `Training`. valid: held-out pairs of their own."""
        start = start or Start()
        donor = None if start.init_from is None else translator_from_run(start.init_from)

        def prepare(resumed: Run | None) -> PreparedPairs:
            return prepare_seq2seq(pairs, settings, resumed, valid=valid, donor=donor)

        super().__init__(prepare, start)
        assert isinstance(self._prepared, PreparedPairs) and isinstance(self._prepared.task, Seq2SeqTask)
        self.data, self._task = self._prepared.data, self._prepared.task

    def _subject(self) -> dict[str, Any]:
        return {
            **self.data.sides.facts(),
            "pairs": len(self.data.train),
        }

    def _counted(self) -> dict[str, Any]:
        return {"examples_seen": self._task.examples_before(self.state.step)}

    def _signature(self) -> str:
        facts = self.data.facts
        pairs = measured_count(self.validation(), "pairs", facts["valid_pairs"])
        return figures_signature(facts["sha256"], protocol="held-out", pairs=pairs, seed=self._prepared.seed)

    def _conclude(self, best: Any, units: int) -> Iterator[str]:
        valid, model = self.data.valid, self.model()
        measured = self._task.evaluate(best, units)
        given: list[str] = []
        at_once = AT_ONCE if self.settings.budget is None else UNDER_A_BUDGET
        while len(given) < measured.pairs and not (given and self._is_late()):
            part = valid.sources[len(given) : min(measured.pairs, len(given) + at_once)]
            given += [one.text for one in model.translate(part)]
        figures = PairFigures.of(given, valid.targets[: len(given)])
        self._validation = {**figures.to_json(), "nats_per_unit": measured.nats_per_unit}
        if len(given) < len(valid):
            yield f"the first {len(given):,} of {len(valid):,} held-out pairs were translated"
        yield from figures.notes

    def _is_late(self) -> bool:
        """Whether a budget leaves no more time to translate what is held out."""
        budget = self.settings.budget
        return budget is not None and self._elapsed_before + self._elapsed_now() > budget - SAVING_S

    def _sample(self, averaged: Any) -> str:
        valid = self.data.valid
        model = self._model_of(map_arrays(lambda _, tensor: to_array(tensor), averaged))
        given = [one.text for one in model.translate(valid.sources[:SHOWN])]
        return translated_lines(valid.sources[:SHOWN], given, valid.targets[:SHOWN])

    def _model_of(self, parameters: Any) -> Translator:
        return Translator(
            name=self._name(),
            sides=self.data.sides,
            settings=self.settings,
            parameters=parameters,
            config=self._config(),
        )

    def _card(self, *, is_brief: bool) -> str:
        return translator_card(self.model(), self.data.facts, self.result())
