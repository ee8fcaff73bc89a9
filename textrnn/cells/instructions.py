"""Functions whose instructions are written down one by one for LLVM: what all that write such have in common.

In: an LLVM module or builder. Out: functions and values of it. Knows nothing of what is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

Arguments = TypeVar("Arguments", bound=NamedTuple)

# where a vector may begin: at any float32; a promise of more gains nothing on processors of this century
ALIGNMENT = 4


def begun(module: Any, name: str, types: Arguments) -> tuple[Any, Any, Arguments]:
    """Return a new function of this name, with a builder for it; or the one that there is, and no builder.

    types: those of its arguments, in whose place the arguments come back.
    """
    from llvmlite import ir

    if name in module.globals:
        return module.globals[name], None, types
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), types), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    return function, ir.IRBuilder(function.append_basic_block()), type(types)(*function.args)


def known(module: Any, name: str, result: Any, types: Sequence[Any]) -> Any:
    """Return an instruction of LLVM's by its name, declared where it is not yet."""
    from llvmlite import ir

    if name in module.globals:
        return module.globals[name]
    return ir.Function(module, ir.FunctionType(result, types), name)


def load(builder: Any, address: Any, kind: Any) -> Any:
    """Return what lies at an address, as a value of this type."""
    return builder.load(builder.bitcast(address, kind.as_pointer()), align=ALIGNMENT)


def spread(builder: Any, value: Any, lanes: int) -> Any:
    """Return a vector with the value in every lane."""
    from llvmlite import ir

    place = ir.IntType(32)
    vector = ir.VectorType(value.type, lanes)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, place(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(place, lanes), [0] * lanes))
