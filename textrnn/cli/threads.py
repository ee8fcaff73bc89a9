"""How many threads the running side computes with. To be called before NumPy is imported.

NumPy's matrix products run in a BLAS that reads the number of its threads from the environment, once, when it loads.
A single stream of text is a chain of small products, which several threads only slow down: the default is one. Training
asks torch instead.
"""

from __future__ import annotations

import os
import platform
from typing import Any

from textrnn.cli import streams

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS")


def limit_threads(threads: int | None, *, default: int | None = 1) -> None:
    """Let NumPy compute with `threads`, by default with `default`; None leaves it to the BLAS and the environment."""
    note_oversubscription(threads)
    wanted = default if threads is None else threads
    for variable in VARIABLES if wanted is not None else ():
        if threads is not None or variable not in os.environ:
            os.environ[variable] = str(wanted)


def leave_cores_to_torch() -> None:
    """Let NumPy compute with one thread beside torch: each would spin while it waits for a core that the other has."""
    # elsewhere torch's own products may be OpenBLAS's
    if platform.machine() in ("x86_64", "AMD64"):
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def note_oversubscription(threads: int | None) -> None:
    """Say so when there are fewer cores than threads."""
    cores = cores_usable()
    if threads is not None and threads > cores:
        streams.note(
            f"--threads {threads} is more than the {cores} cores here: it will be slower than --threads {cores}"
        )


def cores_usable() -> int:
    """Return on how many cores this process may run."""
    affinity: Any = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
