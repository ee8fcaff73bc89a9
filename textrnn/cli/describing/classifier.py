"""The network of a classifier, and the linear model of n-grams beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textrnn.cli.describing.describer import Describer, Network, last_size, usual_vocabulary
from textrnn.config.classifier import TrainClassifierSettings

if TYPE_CHECKING:
    from textrnn.runs.folder import Run

_NGRAMS = "beside this network a linear model of n-grams is trained, whose size depends on the texts"


class Classifiers(Describer):
    """Of classifiers."""

    task, settings, has_classes = "classifier", TrainClassifierSettings, True

    def of_run(self, run: Run) -> Network:
        from textrnn.inference.reading import config_of, tokenizer_of
        from textrnn.networks.classifier import classifier_shapes
        from textrnn.networks.summary import classifier_layers

        _, settings = config_of(run, TrainClassifierSettings)
        vocabulary, classes = len(tokenizer_of(run).symbols), last_size(run)
        run.check_shapes("model", classifier_shapes(settings, vocabulary, classes))
        beside = run.array_shapes("ngrams") if settings.ngrams else {}
        # the keys under which n-grams are found are not learned
        ngrams = {name: shape for name, (shape, _) in beside.items() if name != "keys"}
        layers = classifier_layers(settings, vocabulary, classes, ngrams or None)
        return Network(layers, settings.cell, vocabulary, also=tuple(("ngrams", name) for name in ngrams))

    def of_settings(self, settings: TrainClassifierSettings, classes: int) -> Network:
        from textrnn.networks.summary import classifier_layers

        settings = settings.settled()
        vocabulary, notes = usual_vocabulary(settings)
        notes += (_NGRAMS,) if settings.ngrams else ()
        return Network(classifier_layers(settings, vocabulary, classes), settings.cell, vocabulary, notes)


CLASSIFIERS = Classifiers()
