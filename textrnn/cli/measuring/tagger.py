"""Figures of a tagger on tagged words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textrnn.cli import streams
from textrnn.config.tagger import TaggedSettings
from textrnn.config.text import ReadingSettings

if TYPE_CHECKING:
    from textrnn.runs.folder import Run


def figures_of_tagger(
    run: Run, files: Sequence[str], tagged: TaggedSettings, reading: ReadingSettings
) -> dict[str, Any]:
    """Return the figures, beside those of looking each word up."""
    from textrnn.data.tagged import read_tagged
    from textrnn.inference.tagger.loading import tagger_from_run

    tagger = tagger_from_run(run)
    sentences = read_tagged(files, **tagged.model_dump(), encoding=reading.encoding, errors=reading.errors)
    evaluation = tagger.evaluate(sentences)
    streams.notes((*sentences.notes, *evaluation.notes))
    return evaluation.to_json()
