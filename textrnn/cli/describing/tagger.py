"""The network of a tagger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textrnn.cli.describing.describer import Describer, Network, last_size, usual_vocabulary
from textrnn.config.tagger import NOT_FOR_TAGGERS, TrainTaggerSettings

if TYPE_CHECKING:
    from textrnn.runs.folder import Run


class Taggers(Describer):
    """Of taggers."""

    task, settings, has_classes, without = "tagger", TrainTaggerSettings, True, NOT_FOR_TAGGERS

    def of_run(self, run: Run) -> Network:
        from textrnn.inference.reading import config_of, tokenizer_of
        from textrnn.networks.summary import tagger_layers
        from textrnn.networks.tagger import tagger_shapes

        _, settings = config_of(run, TrainTaggerSettings)
        vocabulary, tags = len(tokenizer_of(run).symbols), last_size(run)
        run.check_shapes("model", tagger_shapes(settings, vocabulary, tags))
        return Network(tagger_layers(settings, vocabulary, tags), settings.cell, vocabulary)

    def of_settings(self, settings: TrainTaggerSettings, classes: int) -> Network:
        from textrnn.networks.summary import tagger_layers

        settings = settings.settled()
        vocabulary, notes = usual_vocabulary(settings)
        return Network(tagger_layers(settings, vocabulary, classes), settings.cell, vocabulary, notes)


TAGGERS = Taggers()
