"""`textrnn demo`: the main road once: train on Shakespeare, write, and name what to try next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, RunsDir
from textrnn.cli.course import Wanted, command_line
from textrnn.cli.kinds import LANGUAGE_MODELS
from textrnn.cli.options import Given, check, command
from textrnn.cli.train import train
from textrnn.config.generation import GenerationSettings
from textrnn.config.training import TrainingSettings
from textrnn.errors import UserError

BUDGET = "2m"
NAME = "demo"
PROMPT = "ROMEO:"
DEFAULT_TEXT = LANGUAGE_MODELS.default


@command(TrainingSettings, only=["budget"], texts={"budget": f"time to train (default: {BUDGET})"})
def demo(given: Given, runs_dir: RunsDir = RUNS_DIR) -> int:
    """Train on Shakespeare for two minutes, write, and say what to try next.

    The model is kept as the run "demo", which the next demo replaces.

    Examples:
    textrnn demo
    textrnn demo --budget 30s
    """
    wanted: dict[str, Any] = {"budget": BUDGET, **given}
    check(wanted, TrainingSettings)
    folder = runs_dir / NAME
    _check_place(folder)
    streams.plain(
        f"Training a character model on {DEFAULT_TEXT} for {wanted['budget']}: "
        f"{command_line('train-lm', DEFAULT_TEXT, '--budget', wanted['budget'])}\n"
    )
    course, code = train(
        LANGUAGE_MODELS,
        Wanted(given={**wanted, "out": str(folder), "overwrite": True}, files=(DEFAULT_TEXT,), runs_dir=runs_dir),
        json=False,
    )
    if course is None or code:
        return code
    prompt = command_line("generate", "--model", str(folder), "--prompt", PROMPT)
    streams.plain(f"\nWhat it writes after {PROMPT} ({prompt})\n")
    generation = course.training.model().write(PROMPT, GenerationSettings.check({"seed": 1}))
    streams.text(PROMPT)
    for piece in generation:
        streams.text(piece)
    streams.text("\n")
    streams.plain(
        "\nTry next:\n"
        f"  {prompt} --temperature 0.5\n"
        f"  {command_line('repl', '--model', str(folder))}\n"
        f"  {command_line('train-lm', 'YOUR.txt', '--budget', '3m')}\n"
        f"  {command_line('evaluate', 'YOUR.txt', '--model', str(folder))}\n"
        f"  {command_line('--help')}"
    )
    return 0


def _check_place(folder: Path) -> None:
    """Refuse a folder that the demo's run cannot replace; where it lies is said by another flag than in training."""
    from textrnn.runs.target import check_available

    try:
        check_available(folder, overwrite=True)
    except UserError as error:
        mend = "give another --runs-dir" if "--out" in (error.mend or "") else error.mend
        raise UserError(error.what, which=error.which, mend=mend) from None
