"""Text to a language model: `textrnn train-lm`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from textrnn.cli.kinds.kind import Kind
from textrnn.config.language_model import ConditionedSettings, TrainLanguageModelSettings
from textrnn.config.run import RunSettings
from textrnn.config.text import ReadingSettings

if TYPE_CHECKING:
    from textrnn.runs.folder import Run
    from textrnn.training.start import Start


class LanguageModels(Kind):
    """Text to a language model."""

    command, task, default, data = "train-lm", "language-model", "shakespeare", "text"
    counted, donor = "units_seen", "language-model"
    use = ("generate", "--model", "RUN", "--prompt", "TEXT")
    settings, run_settings = TrainLanguageModelSettings, RunSettings

    def built_in(self) -> Collection[str]:
        from textrnn.data.corpora import LABELLED_CORPORA, TEXT_CORPORA

        return {*TEXT_CORPORA, *LABELLED_CORPORA}

    def read(self, files: Sequence[str], settings: TrainLanguageModelSettings) -> Any:
        from textrnn.data.conditioned import read_texts

        names = (*ReadingSettings.model_fields, *ConditionedSettings.model_fields)
        return read_texts(files, **{name: getattr(settings, name) for name in names})

    def name_of(self, data: Any) -> str:
        name: str = data.names[0]
        return name

    def check(self, data: Any, valid: Any) -> None:
        # how much text there is can be told once it is cut into units
        from textrnn.data.conditioned import check_conditions

        check_conditions(data)

    def use_of(self, training: Any) -> tuple[str, ...]:
        conditions = training.data.conditions.names
        return ("generate", "--model", "RUN", "--condition", conditions[0]) if conditions else self.use

    def read_beside(self, place: RunSettings, settings: TrainLanguageModelSettings) -> dict[str, Any]:
        return {}

    def import_data(self) -> None:
        import textrnn.data.conditioned  # noqa: F401

    def import_training(self) -> None:
        import textrnn.training.language_model.training  # noqa: F401

    def begin(self, data: Any, settings: TrainLanguageModelSettings, start: Start, **given: Any) -> Any:
        from textrnn.training.language_model.training import LanguageModelTraining

        return LanguageModelTraining(data, settings, start, **given)

    def facts_of(self, run: Run) -> dict[str, Any]:
        from textrnn.inference.language_model.loading import model_from_run

        model = model_from_run(run)
        unit, validation = model.tokenizer.unit, model.config["validation"] or {}
        return {
            "subject": {"unit": unit, "vocabulary": len(model.tokenizer.symbols), **model.conditions.to_json()},
            "conditions": {"protocol": validation.get("protocol"), "unit": unit, "seed": model.settings.seed},
        }


LANGUAGE_MODELS = LanguageModels()
