"""The network of a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textrnn.cli.describing.describer import Describer, Network, usual_vocabulary
from textrnn.config.language_model import TrainLanguageModelSettings

if TYPE_CHECKING:
    from textrnn.runs.folder import Run


class LanguageModels(Describer):
    """Of language models."""

    task, settings = "language-model", TrainLanguageModelSettings

    def of_run(self, run: Run) -> Network:
        from textrnn.inference.reading import conditions_of, config_of, tokenizer_of
        from textrnn.networks.language_model import parameter_shapes
        from textrnn.networks.summary import language_model_layers

        _, settings = config_of(run, TrainLanguageModelSettings)
        vocabulary, conditions = len(tokenizer_of(run).symbols), len(conditions_of(run))
        run.check_shapes("model", parameter_shapes(settings, vocabulary, num_conditions=conditions))
        return Network(language_model_layers(settings, vocabulary, conditions), settings.cell, vocabulary)

    def of_settings(self, settings: TrainLanguageModelSettings, classes: int) -> Network:
        from textrnn.networks.summary import language_model_layers

        settings = settings.settled()
        vocabulary, notes = usual_vocabulary(settings)
        return Network(language_model_layers(settings, vocabulary), settings.cell, vocabulary, notes)


LANGUAGE_MODELS = LanguageModels()
