"""The product as numba takes it: arrays become pointers and sizes, and a call of the instructions in `tile`.

In: the types and values that numba has for the arguments of `packed.multiply`. Out: its compiled form. Needs numba.
"""

from __future__ import annotations

from typing import Any

from textrnn.cells.digits import digits_of
from textrnn.cells.host import Host, host
from textrnn.cells.tile import Arguments, Product


def emit_product() -> Any:
    """Return the compiled form of `multiply`, for the host."""
    from numba import types
    from numba.extending import intrinsic

    machine = host()

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _Call(context, builder, machine).write(signature.args, values)
        return context.get_dummy_value()

    @intrinsic
    def product(typing_context: Any, out: Any, matrix: Any, x: Any, digits: Any) -> Any:
        return types.void(out, matrix, x, digits), generate

    return product


class _Call:
    """One call of the product, in the function that numba is compiling."""

    def __init__(self, context: Any, builder: Any, host: Host) -> None:
        self._context, self._builder, self._host = context, builder, host

    def write(self, kinds: Any, values: Any) -> None:
        """Write it. kinds, values: of out (B, ...), the matrix, x (B, ...) and digits."""
        from numba import types

        builder = self._builder
        (inputs, inputs_kind), (panels, panels_kind), scales, bias = self._parts(values[1], kinds[1])
        (whole, whole_kind), (steps, steps_kind) = self._parts(values[3], kinds[3])
        out, (rows, _), (out_stride, _) = self._array(values[0], kinds[0])
        weights, (count, padded, _), _ = self._array(panels, panels_kind)
        x, _, (x_stride, _) = self._array(values[2], kinds[2])
        product = Product(builder.module, self._host, is_int8=panels_kind.dtype == types.int8)
        steps_at, digit_stride = self._array(steps, steps_kind)[0], x_stride
        if product.is_int8:
            made = types.void(kinds[2], inputs_kind, types.intp, whole_kind, steps_kind)
            self._context.compile_internal(builder, digits_of, made, [values[2], inputs, padded, whole, steps])
            x, _, strides = self._array(whole, whole_kind)
            # two by two: as many as an instruction multiplies at once
            x_stride, digit_stride, padded = (builder.udiv(size, size.type(2)) for size in (*strides[:2], padded))
            x = builder.bitcast(x, product.pair.as_pointer())
        scales_at, bias_at = (self._array(*one)[0] for one in (scales, bias))
        found = Arguments(
            out, out_stride, weights, scales_at, bias_at, x, x_stride, digit_stride, steps_at, padded, rows, count
        )
        builder.call(product.function, found)

    def _parts(self, value: Any, kind: Any) -> list[tuple[Any, Any]]:
        """Return the values of a named tuple, each with its type."""
        return [(self._builder.extract_value(value, place), one) for place, one in enumerate(kind.types)]

    def _array(self, value: Any, kind: Any) -> tuple[Any, list[Any], list[Any]]:
        """Return an array's address, its shape, and its strides in elements."""
        builder = self._builder
        found = self._context.make_array(kind)(self._context, builder, value)
        shape, strides = (
            [builder.extract_value(sizes, place) for place in range(kind.ndim)]
            for sizes in (found.shape, found.strides)
        )
        return found.data, shape, [builder.sdiv(one, one.type(kind.dtype.bitwidth // 8)) for one in strides]
