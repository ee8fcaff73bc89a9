"""How every training begins: device, threads, seed and end, from its settings or from the run that goes on.

In: settings, a run to go on with. Out: `Beginning`. Knows no task.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch

from textrnn.cells.cell import Cell
from textrnn.cells.jit import loads_numba
from textrnn.config.merge import check_resumable
from textrnn.config.training import DEFAULT_BUDGET_S, NetworkTrainingSettings
from textrnn.errors import UserError
from textrnn.inference.reading import config_of
from textrnn.networks.build import cell_of
from textrnn.networks.parameters import named_arrays
from textrnn.runs.folder import Run
from textrnn.training import division
from textrnn.training.allocator import keep_freed_memory
from textrnn.training.forms import fastest, has_rounded_products
from textrnn.training.state import TrainingState, check_facts
from textrnn.training.tensors import chosen_device

Settings = TypeVar("Settings", bound=NetworkTrainingSettings)


@dataclass(frozen=True, kw_only=True)
class Beginning(Generic[Settings]):
    """settings: with a seed and an end. before: the run's resume-state, None for a new run.

    threads: the numbers of threads worth choosing from, none where one was given. is_torch_apart: whether they are not
    torch's.
    """

    settings: Settings
    seed: int
    device: torch.device
    before: Mapping[str, Any] | None
    threads: tuple[int, ...]
    is_torch_apart: bool
    notes: tuple[str, ...]

    @property
    def threads_to_try(self) -> tuple[int, ...]:
        """What to choose from while training: nothing without a budget where bytes depend on torch's number."""
        return self.threads if self.is_torch_apart or self.settings.budget is not None else ()


def begin(
    settings: Settings,
    resumed: Run | None,
    donated: Callable[[Settings], Settings] | None = None,
    *,
    has_small_operators: bool = False,
) -> Beginning[Settings]:
    """Settle what every training needs settled first, and set the numbers of threads.

    donated: gives settings the network of a model whose weights are started from; a run that goes on has its own.
    has_small_operators: whether torch's own are faster in one thread, beside layers whose rows are divided.
    """
    notes: list[str] = []
    if resumed is not None:
        settings = settings_to_go_on(resumed, settings.given(), type(settings))
    elif donated is not None:
        settings = donated(settings)
    device = chosen_device(settings.device)
    before = None if resumed is None else _resume_state(resumed)
    there = settings.threads or division.num_threads()
    is_apart = has_small_operators and device.type == "cpu" and loads_numba() and settings.threads is None
    division.set_num_threads(there if is_apart else None)
    # torch's sums are rounded as its threads divide them: a run that goes on keeps its number of threads
    torch.set_num_threads(settings.threads or (before or {}).get("threads") or (1 if is_apart else there))
    threads = () if settings.threads is not None else thread_numbers(there)
    if not settings.has_end:
        settings = settings.replace(budget=DEFAULT_BUDGET_S)
    is_free = resumed is None and "precision" not in settings.model_fields_set and settings.budget is not None
    cell = cell_of(settings)
    if is_free and device.type == "cpu" and has_rounded_products() and _is_rounded(cell, device):
        settings = settings.replace(precision="bf16")
    if settings.precision == "bf16" and not _is_rounded(cell, device):
        notes.append(
            f"--precision bf16: products of a layer ({cell.name}) stay fp32 here, for want of instructions or of numba"
        )
    if settings.seed is None:
        settings = settings.replace(seed=secrets.randbelow(2**31))
        notes.append(f"seed {settings.seed}")
    assert settings.seed is not None
    keep_freed_memory()
    return Beginning(
        settings=settings, seed=settings.seed, device=device, before=before, threads=threads, is_torch_apart=is_apart,
        notes=tuple(notes),
    )  # fmt: skip


def _is_rounded(cell: Cell, device: torch.device) -> bool:
    return fastest(cell, device, "bf16") is not fastest(cell, device)


def seeded(command: str | None, seed: int) -> str | None:
    """Return `command` with the seed that was drawn, where it names none: without it nothing is repeated."""
    return command if command is None or "--seed" in command else f"{command} --seed {seed}"


def thread_numbers(there: int) -> tuple[int, ...]:
    """Return the numbers of threads worth choosing from: as many as there are, and one."""
    return tuple(sorted({there, 1}, reverse=True))


def settings_to_go_on(run: Run, given: Mapping[str, Any], kind: type[Settings]) -> Settings:
    """Return the settings of `run` with what is `given` now in their place; refuse what cannot change any more."""
    _, before = config_of(run, kind)
    settings = kind.check({**before.model_dump(), **given})
    check_resumable(before, settings, which=str(run.folder))
    return settings


def _resume_state(run: Run) -> dict[str, Any]:
    facts: dict[str, Any] = run.json("resume-state")
    threads = facts.get("threads")
    if (wrong := check_facts(facts)) or not (threads is None or (type(threads) is int and 1 <= threads <= 4096)):
        raise run.bad("resume-state", f"has no {', '.join(wrong) or 'threads'} that it could be")
    return facts


def restore(run: Run, state: TrainingState, facts: Mapping[str, Any], carried: Any) -> None:
    """Put back into a fresh `state` what `run` went on from, its arrays checked first.

    carried: what is carried from batch to batch, as at the start.
    """
    found = run.array_shapes("resume")
    expected = {name: array.shape for name, array in state.arrays().items()}
    if any(name.startswith("optimizer/") for name in found):
        # what an optimizer keeps is known once it has taken a step; what that does to the weights is overwritten
        for parameter in state.named.values():
            parameter.grad = torch.zeros_like(parameter)
        state.optimizers.step(0.0)
        expected = {name: array.shape for name, array in state.arrays().items()}
    if any(name.startswith("carried/") for name in found):
        expected |= {f"carried/{name}": tuple(tensor.shape) for name, tensor in named_arrays(carried).items()}
    run.check_shapes("resume", expected)
    state.restore(run.arrays("resume"), facts, dict(run.arrays("model")))


def check_same_data(run: Run, *, anew: str = "train a new run with --init-from", **given: str | None) -> None:
    """Refuse data other than the run was trained on. given: sha256 of what is there now, by the name in its config.

    anew: what to do with the other data.
    """
    data = run.json("config")["data"]
    what = "text" if run.task == "language-model" else "data"
    called = {"sha256": f"the {what}", "valid_sha256": f"the held-out {what}"}
    for name, now in given.items():
        if data.get(name) != now:
            digests = f"sha256 {str(now)[:12]}, was {str(data.get(name))[:12]}"
            raise UserError(
                f"{called[name]} is another than {run.name} was trained on ({digests})",
                mend=f"give the same again, or {anew}",
            )
