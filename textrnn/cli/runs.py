"""`textrnn runs`: the runs found, with kind, size and best figure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, RunsDir
from textrnn.cli.options import Json, command
from textrnn.errors import UserError
from textrnn.text.display import printable

if TYPE_CHECKING:
    from textrnn.runs.find import RunSummary

COLUMNS = ("name", "kind", "network", "unit", "step", "best figure", "size", "saved", "state")
# what a terminal that is too narrow goes without, in this order
DISPENSABLE = ("size", "unit", "step", "kind", "best figure", "network")
# what the tokenizers call a unit, which they are too much to be asked for
UNITS = {"char": "character", "byte": "byte", "word": "word", "bpe": "subword"}
# a run that reads numbers has no tokenizer
POINT = "point"


@command()
def runs(runs_dir: RunsDir = RUNS_DIR, json: Json = False) -> int:
    """List the runs found, the newest first, and the models that ship.

    Examples:
    textrnn runs
    textrnn runs --runs-dir checkpoints --json
    """
    from textrnn.runs.find import list_runs

    found = [facts(summary) for summary in list_runs(runs_dir)]
    if json:
        streams.json_line(found)
    elif found:
        streams.table(_fitting([COLUMNS, *(_row(run) for run in found)], streams.width()))
    else:
        streams.note(f"no runs in {runs_dir}; textrnn train-lm, train-classifier and others make them")
    return 0


def facts(summary: RunSummary) -> dict[str, Any]:
    """Return what is known of a run; of a damaged one, what is wrong with it."""
    from textrnn.runs.folder import open_run

    config: dict[str, Any] = {}
    problem = summary.problem
    if problem is None:
        try:
            config = open_run(summary.folder).json("config")
        except UserError as error:
            problem = str(error)
    settings, validation = _object(config.get("settings")), _object(config.get("validation"))
    return {
        "name": summary.name,
        "folder": str(summary.folder),
        "task": summary.task or None,
        "cell": settings.get("cell"),
        "num_layers": settings.get("num_layers"),
        "hidden_size": settings.get("hidden_size"),
        "tokenizer": settings.get("tokenizer"),
        "unit": POINT if summary.task == "forecaster" else UNITS.get(str(settings.get("tokenizer"))),
        "step": summary.step,
        "finished": summary.finished,
        "committed_at": summary.committed_at or None,
        "nats_per_unit": validation.get("nats_per_unit"),
        "accuracy": validation.get("accuracy"),
        "macro_f1": validation.get("macro_f1"),
        "token_accuracy": validation.get("token_accuracy"),
        "span_f1": validation.get("span_f1"),
        "mase": validation.get("mase"),
        "bleu": validation.get("bleu"),
        "exact_match": validation.get("exact_match"),
        "size_bytes": summary.size_bytes,
        "ships": summary.is_shipped,
        "problem": problem,
        "made_by_newer": summary.is_newer,
    }


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _row(run: dict[str, Any]) -> tuple[str, ...]:
    states = {
        "needs a newer textrnn": run["made_by_newer"],
        "damaged": run["problem"],
        "ships with textrnn": run["ships"],
        "finished": run["finished"],
    }
    return (
        run["name"],
        run["task"] or "?",
        f"{run['cell']} {run['num_layers']}x{run['hidden_size']}" if run["cell"] else "?",
        run["unit"] or "?",
        f"{run['step']:,}",
        _best_figure(run),
        f"{run['size_bytes'] / 1e6:.1f} MB",
        _local_time(run["committed_at"]),
        next((state for state, holds in states.items() if holds), "unfinished"),
    )


def _best_figure(run: dict[str, Any]) -> str:
    """Return what the held-out data said of a run when it was saved, which is the best of its evaluations."""
    named = {"accuracy": "accuracy", "span_f1": "span F1", "token_accuracy": "words right", "mase": "MASE"}
    for key, name in named.items():
        if isinstance(run[key], int | float):
            return f"{name} {run[key]:.4f}"
    if isinstance(run["bleu"], int | float):
        return f"BLEU {run['bleu']:.1f}"
    nats = run["nats_per_unit"]
    return f"{nats:.3f} nats/unit" if isinstance(nats, int | float) else "-"


def _local_time(committed_at: str | None) -> str:
    try:
        return f"{datetime.fromisoformat(committed_at or '').astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return "?"


def _fitting(rows: list[tuple[str, ...]], width: int | None) -> list[tuple[str, ...]]:
    """Return `rows` without as many columns as `width` has no room for; None is room enough."""
    for name in DISPENSABLE:
        widest = [max(len(printable(row[column])) for row in rows) for column in range(len(rows[0]))]
        if width is None or sum(widest) + 2 * (len(widest) - 1) <= width:
            break
        place = rows[0].index(name)
        rows = [(*row[:place], *row[place + 1 :]) for row in rows]
    return rows
