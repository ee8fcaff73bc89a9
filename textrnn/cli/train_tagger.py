"""`textrnn train-tagger`: train a tagger, which labels every word."""

from __future__ import annotations

from typing import Annotated

import typer

from textrnn.cli.choosing import RUNS_DIR, RunsDir
from textrnn.cli.course import Wanted
from textrnn.cli.kinds.tagger import TAGGERS
from textrnn.cli.options import Given, Json, command
from textrnn.cli.train import Config, train_and_tell_next
from textrnn.config.run import RunSettings
from textrnn.config.tagger import NOT_FOR_TAGGERS, TrainTaggerSettings

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE",
        help="tagged words: a word, a tab and a tag a line, a blank line between sentences (CoNLL); - for stdin; "
        "several are one data set",
    ),
]


@command(
    RunSettings,
    TrainTaggerSettings,
    without=NOT_FOR_TAGGERS,
    texts={
        "seq_length": "words of a sentence that a step reads at most; of a longer one a stretch drawn anew each time"
    },
)
def train_tagger(
    given: Given,
    files: Files = None,
    config: Config = None,
    runs_dir: RunsDir = RUNS_DIR,
    json: Json = False,
) -> int:
    """Train a tagger, which labels every word.

    Names, parts of speech, or whatever the tags say. A tenth of the sentences is held out, and measured beside what
    looking each word up gets. Give it time (--budget 3m is the default), or say --epochs or --steps. Ctrl-C stops,
    saves, and says how to go on.

    Examples:
    textrnn train-tagger names.conll
    textrnn train-tagger train.conll --valid dev.conll --budget 5m --json
    textrnn train-tagger names.conll --no-lowercase --epochs 10 --seed 0
    textrnn train-tagger names.conll --resume
    """
    wanted = Wanted(given=given, files=tuple(files or ()), config=config, runs_dir=runs_dir)
    return train_and_tell_next(TAGGERS, wanted, json=json)
