"""The processor that numba compiles for: how wide its vectors are, how many it holds, how it multiplies pairs.

In: numba's own choice (its environment variables included). Out: a `Host`. Needs numba. Knows nothing of matrices.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

# vectors side by side in a panel of a packed matrix
VECTORS = 4


class Host(NamedTuple):
    """lanes: float32 values in a vector. registers: vectors held. pairs: LLVM's name of an instruction, or None.

    That instruction multiplies vectors of 16-bit integers and adds neighbours into 32 bits; without one the same sums
    take more instructions.
    """

    lanes: int
    registers: int
    pairs: str | None

    @property
    def width(self) -> int:
        """How many outputs a panel of a packed matrix holds."""
        return self.lanes * VECTORS


@cache
def host() -> Host:
    """Return what numba compiles for."""
    machine, features = _target()
    return host_of(machine, features)


@cache
def has_features(*names: str) -> bool:
    """Return whether numba compiles for a processor that has all of these, as LLVM names them: "avx512bf16"."""
    return {f"+{name}" for name in names} <= set(_target()[1].split(","))


def _target() -> tuple[str, str]:
    from numba.core.registry import cpu_target

    triple, _, features = cpu_target.target_context.codegen().magic_tuple()
    return triple.partition("-")[0], features


def host_of(machine: str, features: str) -> Host:
    """Return what a machine with these features has, as LLVM names them: "+avx,+avx2,-avx512f"."""
    has = set(features.split(","))
    if "+avx512f" in has:
        return Host(16, 32, "llvm.x86.avx512.pmaddw.d.512" if "+avx512bw" in has else None)
    if "+avx" in has:
        return Host(8, 16, "llvm.x86.avx2.pmadd.wd" if "+avx2" in has else None)
    if "+sse2" in has:
        return Host(4, 16, "llvm.x86.sse2.pmadd.wd")
    return Host(4, 32 if machine in {"aarch64", "arm64"} else 16, None)
