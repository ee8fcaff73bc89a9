"""The network of an encoder-decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textrnn.cli.describing.describer import Describer, Network, usual_vocabulary
from textrnn.config.seq2seq import NOT_FOR_PAIRS, TrainSeq2SeqSettings

if TYPE_CHECKING:
    from textrnn.runs.folder import Run


class EncoderDecoders(Describer):
    """Of encoder-decoders."""

    task, settings, without = "seq2seq", TrainSeq2SeqSettings, NOT_FOR_PAIRS

    def of_run(self, run: Run) -> Network:
        from textrnn.inference.reading import config_of
        from textrnn.inference.seq2seq.loading import sides_of
        from textrnn.networks.seq2seq import seq2seq_shapes
        from textrnn.networks.summary import seq2seq_layers

        _, settings = config_of(run, TrainSeq2SeqSettings)
        sizes = sides_of(run).sizes
        run.check_shapes("model", seq2seq_shapes(settings, *sizes))
        return Network(seq2seq_layers(settings, *sizes), settings.cell, sizes[1])

    def of_settings(self, settings: TrainSeq2SeqSettings, classes: int) -> Network:
        from textrnn.networks.summary import seq2seq_layers

        settings = settings.settled()
        vocabulary, notes = usual_vocabulary(settings)
        return Network(seq2seq_layers(settings, vocabulary, vocabulary), settings.cell, vocabulary, notes)


ENCODER_DECODERS = EncoderDecoders()
