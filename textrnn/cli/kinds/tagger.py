"""Tagged words to a tagger: `textrnn train-tagger`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from textrnn.cli.kinds.kind import Kind
from textrnn.config.run import RunSettings
from textrnn.config.tagger import TrainTaggerSettings

if TYPE_CHECKING:
    from textrnn.runs.folder import Run
    from textrnn.training.start import Start


class Taggers(Kind):
    """Tagged words to a tagger."""

    command, task, default, data = "train-tagger", "tagger", None, "data"
    counted, donor = "examples_seen", None
    use = ("tag", "--model", "RUN", "SENTENCE")
    settings, run_settings = TrainTaggerSettings, RunSettings

    def built_in(self) -> Collection[str]:
        return ()

    def read(self, files: Sequence[str], settings: TrainTaggerSettings) -> Any:
        from textrnn.data.tagged import read_tagged

        names = ("skip_bad", "encoding", "errors")
        return read_tagged(files, **{name: getattr(settings, name) for name in names})

    def name_of(self, data: Any) -> str:
        name: str = data.name
        return name

    def check(self, data: Any, valid: Any) -> None:
        from textrnn.data.tag_data import check_tagged

        check_tagged(data, is_split=valid is None)

    def read_beside(self, place: RunSettings, settings: TrainTaggerSettings) -> dict[str, Any]:
        return {}

    def import_data(self) -> None:
        import textrnn.data.tag_data
        import textrnn.data.tagged  # noqa: F401

    def import_training(self) -> None:
        import textrnn.training.tagger.training  # noqa: F401

    def begin(self, data: Any, settings: TrainTaggerSettings, start: Start, **given: Any) -> Any:
        from textrnn.training.tagger.training import TaggerTraining

        return TaggerTraining(data, settings, start, **given)

    def facts_of(self, run: Run) -> dict[str, Any]:
        from textrnn.inference.reading import measured_count
        from textrnn.inference.tagger.loading import tagger_from_run

        model, config = tagger_from_run(run), run.json("config")
        facts = config["data"]
        sentences = measured_count(config["validation"], "sentences", facts["valid_sentences"])
        return {
            "subject": {
                "unit": model.tokenizer.unit,
                "vocabulary": len(model.tokenizer.symbols),
                "tags": list(model.tags) if len(model.tags) <= 20 else len(model.tags),
                "sentences": facts["sentences"],
            },
            "conditions": {"protocol": "held-out", "sentences": sentences, "seed": model.settings.seed},
        }


TAGGERS = Taggers()
