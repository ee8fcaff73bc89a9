"""Figures of an encoder-decoder on pairs of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textrnn.cli import streams
from textrnn.config.pairs import PairSettings
from textrnn.config.seq2seq import TranslateSettings
from textrnn.config.text import ReadingSettings

if TYPE_CHECKING:
    from textrnn.runs.folder import Run


def figures_of_translator(
    run: Run, files: Sequence[str], paired: PairSettings, search: TranslateSettings, reading: ReadingSettings
) -> dict[str, Any]:
    """Return the figures."""
    from textrnn.data.pairs import read_pairs
    from textrnn.inference.seq2seq.evaluation import evaluate_translator
    from textrnn.inference.seq2seq.loading import translator_from_run

    translator = translator_from_run(run)
    pairs = read_pairs(files, **paired.model_dump(), encoding=reading.encoding, errors=reading.errors)
    evaluation = evaluate_translator(translator, pairs, search)
    streams.notes((*pairs.notes, *evaluation.notes))
    return evaluation.to_json()
