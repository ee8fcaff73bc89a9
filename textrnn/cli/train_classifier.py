"""`textrnn train-classifier`: train a text classifier."""

from __future__ import annotations

from typing import Annotated

import typer

from textrnn.cli.choosing import RUNS_DIR, RunsDir
from textrnn.cli.course import Wanted
from textrnn.cli.kinds.classifier import CLASSIFIERS
from textrnn.cli.options import Given, Json, command
from textrnn.cli.train import Config, train_and_tell_next
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.run import ClassifierRunSettings

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE",
        help="labelled texts: .csv, .tsv or .jsonl, fastText lines, a folder per label, - for stdin, or the name of a "
        "built-in corpus; several are one data set",
        show_default=CLASSIFIERS.default,
    ),
]
# every label is given its text whole, and bytes that are no text are no text for a classifier either
WITHOUT = ("scheduled_sampling", "allow_binary")


@command(
    ClassifierRunSettings,
    TrainClassifierSettings,
    without=WITHOUT,
    texts={"seq_length": "units of a text that a step reads at most; of a longer one a stretch drawn anew each time"},
)
def train_classifier(
    given: Given,
    files: Files = None,
    config: Config = None,
    runs_dir: RunsDir = RUNS_DIR,
    json: Json = False,
) -> int:
    """Train a text classifier.

    Any number of labels. A tenth of each label's rows is held out, measured beside what simple methods get, and used
    to calibrate the probabilities. Give it time (--budget 3m is the default), or say --epochs or --steps. Ctrl-C
    stops, saves, and says how to go on.

    Examples:
    textrnn train-classifier
    textrnn train-classifier reviews.csv --text-column review --label-column stars
    textrnn train-classifier topics/ --budget 1m --out checkpoints/topics --json
    textrnn train-classifier rotten-tomatoes --unlabelled imdb
    textrnn train-classifier imdb --hierarchy sentences --seq-length 4096
    textrnn train-classifier train.jsonl --valid test.jsonl --epochs 5 --seed 0
    textrnn train-classifier reviews.csv --resume
    """
    wanted = Wanted(given=given, files=tuple(files or ()), config=config, runs_dir=runs_dir)
    return train_and_tell_next(CLASSIFIERS, wanted, json=json)
