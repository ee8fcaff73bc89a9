"""Pairs of texts to an encoder-decoder: `textrnn train-seq2seq`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from textrnn.cli.kinds.kind import Kind
from textrnn.config.run import RunSettings
from textrnn.config.seq2seq import TrainSeq2SeqSettings

if TYPE_CHECKING:
    from textrnn.runs.folder import Run
    from textrnn.training.start import Start


class Translators(Kind):
    """Pairs of texts to an encoder-decoder."""

    command, task, default, data = "train-seq2seq", "seq2seq", None, "data"
    counted, donor = "examples_seen", "seq2seq"
    use = ("translate", "--model", "RUN", "TEXT")
    settings, run_settings = TrainSeq2SeqSettings, RunSettings

    def built_in(self) -> Collection[str]:
        from textrnn.data.corpora import PAIR_CORPORA

        return PAIR_CORPORA

    def read(self, files: Sequence[str], settings: TrainSeq2SeqSettings) -> Any:
        from textrnn.data.pairs import read_pairs

        names = ("source_column", "target_column", "skip_bad", "encoding", "errors")
        return read_pairs(files, **{name: getattr(settings, name) for name in names})

    def name_of(self, data: Any) -> str:
        name: str = data.name
        return name

    def check(self, data: Any, valid: Any) -> None:
        from textrnn.data.pair_data import check_pairs

        check_pairs(data, is_split=valid is None)

    def read_beside(self, place: RunSettings, settings: TrainSeq2SeqSettings) -> dict[str, Any]:
        return {}

    def import_data(self) -> None:
        import textrnn.data.pair_data
        import textrnn.data.pairs  # noqa: F401

    def import_training(self) -> None:
        import textrnn.training.seq2seq.training  # noqa: F401

    def begin(self, data: Any, settings: TrainSeq2SeqSettings, start: Start, **given: Any) -> Any:
        from textrnn.training.seq2seq.training import Seq2SeqTraining

        return Seq2SeqTraining(data, settings, start, **given)

    def facts_of(self, run: Run) -> dict[str, Any]:
        from textrnn.inference.reading import measured_count
        from textrnn.inference.seq2seq.loading import translator_from_run

        model, config = translator_from_run(run), run.json("config")
        facts = config["data"]
        pairs = measured_count(config["validation"], "pairs", facts["valid_pairs"])
        return {
            "subject": {**model.sides.facts(), "pairs": facts["pairs"]},
            "conditions": {"protocol": "held-out", "pairs": pairs, "seed": model.settings.seed},
        }


TRANSLATORS = Translators()
