"""`textrnn generate`: write on from a prompt."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, open_language_model
from textrnn.cli.options import Given, Json, check, command
from textrnn.cli.prompts import read_prompt
from textrnn.cli.threads import limit_threads
from textrnn.config.generation import GenerationSettings
from textrnn.config.settings import flag
from textrnn.config.training import MachineSettings

if TYPE_CHECKING:
    from textrnn.inference.language_model.writing import Generation

# what filters and bends the probabilities that are drawn from
DRAWING = ("temperature", "top_k", "top_p", "min_p", "typical")
BETWEEN_SAMPLES = "----"

_TEXT = ("length", "samples", "stop", "seed", "unknown", "condition")
Prompt = Annotated[
    str | None,
    typer.Option(
        "--prompt", "-p", "--prime", "--start", metavar="TEXT", rich_help_panel="Text",
        help="the text to write on from; @FILE reads a file, - reads stdin; may be empty",
    ),
]  # fmt: skip
Stream = Annotated[
    bool,
    typer.Option(
        "--stream/--no-stream", rich_help_panel="Output", help="print the text while it is written, or at the end"
    ),
]
Echo = Annotated[bool, typer.Option("--echo", rich_help_panel="Output", help="print the prompt too")]


@command(
    GenerationSettings,
    MachineSettings,
    only=["threads"],
    groups=dict.fromkeys(_TEXT, "Text"),
    texts={"threads": "threads to compute with (default: 1, best for one text)"},
)
def generate(
    given: Given,
    prompt: Prompt = None,
    model: Model = None,
    runs_dir: RunsDir = RUNS_DIR,
    stream: Stream = True,
    echo: Echo = False,
    json: Json = False,
) -> int:
    """Write on from a prompt.

    The text goes to stdout, several samples with a line ---- between them. The same seed, model and settings give
    the same text.

    Examples:
    textrnn generate --prompt "ROMEO:" --length 500 --seed 1
    textrnn generate -m my-run -p @start.txt -N 4 -t 0.7 --top-p 0.9 --json
    textrnn generate -m my-names --condition Russian -N 10
    echo "To be" | textrnn generate -p - --temperature 0
    """
    settings, machine = check(given, GenerationSettings, MachineSettings)
    limit_threads(machine.threads)
    if settings.beam is not None and (unused := [flag(name) for name in DRAWING if name in given]):
        streams.note(f"{', '.join(unused)} beside --beam: nothing is drawn, the likeliest texts are looked for")
    text = read_prompt(prompt)
    language_model = open_language_model(model, runs_dir)
    began = time.perf_counter()
    generation = language_model.write(text, settings)
    streams.notes(generation.notes)
    if settings.seed is None:
        streams.note(f"seed {generation.seed}")
    if json:
        samples = [sample._asdict() for sample in generation.results]
        seconds = time.perf_counter() - began
        under = {} if settings.condition is None else {"condition": settings.condition}
        streams.json_line({**as_json(language_model.name, text, generation, samples, seconds), **under})
    elif stream and settings.samples == 1:
        _write_sample(itertools.chain([text] if echo else [], generation))
    else:
        for number, sample in enumerate(generation.results):
            if number:
                streams.line(BETWEEN_SAMPLES)
            _write_sample([text if echo else "", sample.text])
    return 0


def as_json(
    model: str, prompt: str, generation: Generation, samples: list[dict[str, Any]], seconds: float
) -> dict[str, Any]:
    """Return what `generate --json` promises."""
    units = sum(sample["units"] for sample in samples)
    return {
        "model": model,
        "prompt": prompt,
        "seed": generation.seed,
        "engine": generation.engine,
        "seconds": round(seconds, 6),
        "units_per_second": round(units / seconds, 1) if seconds > 0 else None,
        "samples": samples,
    }


def _write_sample(pieces: Iterable[str]) -> None:
    """Write a text that is ended by a newline, its own or one more."""
    last = ""
    for piece in pieces:
        streams.text(piece)
        last = piece[-1:] or last
    if last not in ("", "\n"):
        streams.text("\n")
