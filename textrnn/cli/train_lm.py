"""`textrnn train-lm`: train a language model."""

from __future__ import annotations

from typing import Annotated

import typer

from textrnn.cli.choosing import RUNS_DIR, RunsDir
from textrnn.cli.course import Wanted
from textrnn.cli.kinds.language_model import LANGUAGE_MODELS
from textrnn.cli.options import Given, Json, command
from textrnn.cli.train import Config, train_and_tell_next
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.run import RunSettings

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE",
        help="text files, folders, - for stdin, or the name of a built-in corpus",
        show_default=LANGUAGE_MODELS.default,
    ),
]


@command(RunSettings, TrainLanguageModelSettings)
def train_lm(
    given: Given,
    files: Files = None,
    config: Config = None,
    runs_dir: RunsDir = RUNS_DIR,
    json: Json = False,
) -> int:
    """Train a language model.

    Give it time, and it chooses every size that you do not give (--budget 3m is the default); or say --steps or
    --epochs, and nothing depends on how fast this machine is. Ctrl-C stops, saves, and says how to go on.

    Examples:
    textrnn train-lm
    textrnn train-lm my.txt --budget 10m --out checkpoints/mine
    textrnn train-lm poems/ --tokenizer word --cell gru --epochs 20 --json
    textrnn train-lm names.tsv --condition-column language --out checkpoints/names
    textrnn train-lm plays/ --hierarchy lines --num-layers 2
    cat *.txt | textrnn train-lm - --steps 200
    textrnn train-lm my.txt --resume
    """
    wanted = Wanted(given=given, files=tuple(files or ()), config=config, runs_dir=runs_dir)
    return train_and_tell_next(LANGUAGE_MODELS, wanted, json=json)
