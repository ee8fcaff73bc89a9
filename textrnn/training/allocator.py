"""Memory that a step frees stays with the process, so that the next step finds it there.

glibc gives the end of its heap back whenever more than a few megabytes of it are free. A training step frees all that
it took, and takes as much again: a page fault for every 4 KiB. Elsewhere nothing is done.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

# glibc's names for them, in malloc.h
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
# what may lie free at the end of the heap; and the largest block that comes from the heap, the most that glibc allows
_KEPT, _LARGEST = 256 * 2**20, 32 * 2**20


def keep_freed_memory() -> None:
    """Let this process keep what it frees, up to 256 MiB at the end of a heap, from now on."""
    if not sys.platform.startswith("linux"):
        return
    # another C library may have no such function
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _LARGEST)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
