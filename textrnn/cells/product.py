"""The product as numba takes it: arrays become pointers and sizes, and a call of the instructions in `tile`.

In: the types and values that numba has for the arguments of `packed.multiply`. Out: its compiled form. Needs numba.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from textrnn.cells.arguments import array, parts
from textrnn.cells.digits import digits_of
from textrnn.cells.host import Host, host
from textrnn.cells.tile import Arguments, Product


def emit_product() -> Any:
    """Return the compiled form of `multiply`, for the host."""
    from numba import types
    from numba.extending import intrinsic

    machine = host()

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _call(context, builder, machine, signature.args, values)
        return context.get_dummy_value()

    @intrinsic
    def product(typing_context: Any, out: Any, matrix: Any, x: Any, digits: Any) -> Any:
        return types.void(out, matrix, x, digits), generate

    return product


def _call(context: Any, builder: Any, host: Host, kinds: Any, values: Any) -> None:
    """Write a call in the function that numba is compiling. kinds, values: of `multiply`'s arguments."""
    from numba import types

    of = partial(array, context, builder)
    (inputs, inputs_kind), (panels, panels_kind), scales, bias = parts(builder, values[1], kinds[1])
    (whole, whole_kind), (steps, steps_kind) = parts(builder, values[3], kinds[3])
    out, (rows, _), (out_stride, _) = of(values[0], kinds[0])
    weights, (count, padded, _), _ = of(panels, panels_kind)
    x, _, (x_stride, _) = of(values[2], kinds[2])
    product = Product(builder.module, host, is_int8=panels_kind.dtype == types.int8)
    steps_at, digit_stride = of(steps, steps_kind)[0], x_stride
    if product.is_int8:
        made = types.void(kinds[2], inputs_kind, types.intp, whole_kind, steps_kind)
        context.compile_internal(builder, digits_of, made, [values[2], inputs, padded, whole, steps])
        x, _, strides = of(whole, whole_kind)
        # two by two: as many as an instruction multiplies at once
        x_stride, digit_stride, padded = (builder.udiv(size, size.type(2)) for size in (*strides[:2], padded))
        x = builder.bitcast(x, product.pair.as_pointer())
    scales_at, bias_at = (of(*one)[0] for one in (scales, bias))
    found = Arguments(
        out, out_stride, weights, scales_at, bias_at, x, x_stride, digit_stride, steps_at, padded, rows, count
    )
    builder.call(product.function, found)
