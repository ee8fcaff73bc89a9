"""Arrays and named tuples as numba hands them to a function whose instructions are written out.

In: a value and the type that numba has for it. Out: LLVM's addresses and sizes. Knows nothing of what is computed.
"""

from __future__ import annotations

from typing import Any


def parts(builder: Any, value: Any, kind: Any) -> list[tuple[Any, Any]]:
    """Return the values of a named tuple, each with its type."""
    return [(builder.extract_value(value, place), one) for place, one in enumerate(kind.types)]


def array(context: Any, builder: Any, value: Any, kind: Any) -> tuple[Any, list[Any], list[Any]]:
    """Return an array's address, its shape, and its strides in elements."""
    found = context.make_array(kind)(context, builder, value)
    shape, strides = (
        [builder.extract_value(sizes, place) for place in range(kind.ndim)] for sizes in (found.shape, found.strides)
    )
    return found.data, shape, [builder.sdiv(one, one.type(kind.dtype.bitwidth // 8)) for one in strides]
