"""From a run to an encoder-decoder."""

from __future__ import annotations

from textrnn.config.seq2seq import TrainSeq2SeqSettings
from textrnn.errors import UserError
from textrnn.inference.reading import config_of
from textrnn.inference.seq2seq.model import Translator
from textrnn.networks.initial import empty
from textrnn.networks.parameters import with_arrays
from textrnn.networks.seq2seq import build, seq2seq_shapes
from textrnn.runs.card import read_card
from textrnn.runs.folder import Run
from textrnn.text.sides import Sides, sides_from_json


def translator_from_run(run: Run) -> Translator:
    """Return the encoder-decoder in `run`; what it holds is checked before anything is allocated."""
    config, settings = config_of(run, TrainSeq2SeqSettings)
    sides = sides_of(run)
    run.check_shapes("model", seq2seq_shapes(settings, *sides.sizes))
    return Translator(
        name=run.name,
        sides=sides,
        settings=settings,
        parameters=with_arrays(build(settings, *sides.sizes, empty), run.arrays("model")),
        config=config,
        model_sha256=run.model_sha256,
        card=read_card(run.folder),
    )


def sides_of(run: Run) -> Sides:
    """Return the two vocabularies of `run`."""
    value = run.json("tokenizer")
    try:
        if not isinstance(value, dict) or not all(isinstance(value.get(side), dict) for side in ("source", "target")):
            raise ValueError("is not that of sources and targets")
        return sides_from_json(value)
    except (UserError, ValueError, KeyError) as error:
        raise run.bad("tokenizer", f"cannot be ({getattr(error, 'what', error)})") from None
