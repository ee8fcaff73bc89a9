"""Memory that is freed stays with the process: what is taken again costs no page faults."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

CODE = """
import ctypes, resource, sys
if sys.argv[1] == "kept":
    from textrnn.training.allocator import keep_freed_memory
    keep_freed_memory()
take = ctypes.CDLL(None).malloc
take.restype, free = ctypes.c_void_p, ctypes.CDLL(None).free
def step():
    # all at once, and all given back
    blocks = [take(ctypes.c_size_t(8 << 20)) for _ in range(8)]
    for block in blocks:
        ctypes.memset(ctypes.c_void_p(block), 1, 8 << 20)
    for block in blocks:
        free(ctypes.c_void_p(block))
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="for glibc")
def test_what_a_step_took_is_there_for_the_next_one() -> None:
    def faults(mode: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", CODE, mode], capture_output=True, text=True, check=True, timeout=60
        )
        return int(done.stdout)

    # 64 MiB are at most 16,384 pages; a system with larger ones has fewer faults either way
    assert faults("kept") <= min(200, faults("as it is"))
