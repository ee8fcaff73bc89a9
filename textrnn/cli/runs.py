"""`textrnn runs`: the runs found, with kind, size and best figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, RunsDir
from textrnn.cli.options import Json, command
from textrnn.errors import UserError

if TYPE_CHECKING:
    from textrnn.runs.find import RunSummary

COLUMNS = ("name", "kind", "network", "unit", "step", "nats/unit", "size", "state")


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
        streams.table([COLUMNS, *(_row(run) for run in found)])
    else:
        streams.note(f"no runs in {runs_dir}; textrnn train-lm makes one")
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
    settings, validation = config.get("settings") or {}, config.get("validation") or {}
    return {
        "name": summary.name,
        "folder": str(summary.folder),
        "task": summary.task or None,
        "cell": settings.get("cell"),
        "num_layers": settings.get("num_layers"),
        "hidden_size": settings.get("hidden_size"),
        "tokenizer": settings.get("tokenizer"),
        "step": summary.step,
        "finished": summary.finished,
        "committed_at": summary.committed_at or None,
        "nats_per_unit": validation.get("nats_per_unit"),
        "size_bytes": summary.size_bytes,
        "ships": summary.is_shipped,
        "problem": problem,
    }


def _row(run: dict[str, Any]) -> tuple[str, ...]:
    nats = run["nats_per_unit"]
    states = {"damaged": run["problem"], "ships with textrnn": run["ships"], "finished": run["finished"]}
    return (
        run["name"],
        run["task"] or "?",
        f"{run['cell']} {run['num_layers']}x{run['hidden_size']}" if run["cell"] else "?",
        run["tokenizer"] or "?",
        f"{run['step']:,}",
        "-" if nats is None else f"{nats:.3f}",
        f"{run['size_bytes'] / 1e6:.1f} MB",
        next((state for state, holds in states.items() if holds), "unfinished"),
    )
