"""`textrnn train-seq2seq`: train an encoder-decoder, which writes a text for a text."""

from __future__ import annotations

from typing import Annotated

import typer

from textrnn.cli.choosing import RUNS_DIR, RunsDir
from textrnn.cli.course import Wanted
from textrnn.cli.kinds.seq2seq import TRANSLATORS
from textrnn.cli.options import Given, Json, command
from textrnn.cli.train import Config, train_and_tell_next
from textrnn.config.run import RunSettings
from textrnn.config.seq2seq import NOT_FOR_PAIRS, TrainSeq2SeqSettings

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE",
        help="pairs of texts: a source, a tab and a target a line; .csv, .tsv or .jsonl with columns source and "
        "target; dates, additions or reversals, which are generated; - for stdin; several are one data set",
    ),
]


@command(
    RunSettings,
    TrainSeq2SeqSettings,
    without=NOT_FOR_PAIRS,
    texts={"seq_length": "units of a text at most; pairs with a longer one are left out", "head_size": (
        "units of the layer that joins the decoder's output with what attention found (default: as hidden size)"
    )},
)  # fmt: skip
def train_seq2seq(
    given: Given,
    files: Files = None,
    config: Config = None,
    runs_dir: RunsDir = RUNS_DIR,
    json: Json = False,
) -> int:
    """Train an encoder-decoder, which writes a text for a text.

    Dates in words to dates in figures, English to French, questions to answers: whatever the pairs are. A tenth of
    them is held out, every source on one side alone, and measured by BLEU, chrF and the share that is right as it
    stands. Give it time (--budget 3m is the default), or say --epochs or --steps. Ctrl-C stops, saves, and says how to
    go on.

    Examples:
    textrnn train-seq2seq dates
    textrnn train-seq2seq eng-fra.tsv --budget 5m --json
    textrnn train-seq2seq pairs.csv --attention additive --num-layers 2
    textrnn train-seq2seq eng-fra.tsv --resume
    """
    wanted = Wanted(given=given, files=tuple(files or ()), config=config, runs_dir=runs_dir)
    return train_and_tell_next(TRANSLATORS, wanted, json=json)
