"""The product of rows and a packed matrix in bfloat16, in the vector instruction that multiplies pairs (AVX-512 BF16).

In: an LLVM module. Out: a function in that module, called as that of `tiles` is, on memory in the same layout. What is
computed is `rounded_matrix`'s. The instruction multiplies sixteen pairs of weights, those of a tile's row, by a pair of
inputs, and adds both products to sixteen sums: a block of rows by two tiles of outputs stays in registers from the
first input to the last.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from textrnn.cells.host import has_features
from textrnn.cells.instructions import ALIGNMENT, known, load, spread
from textrnn.training.fused.tiles import INPUTS, PAIR, ROW_BYTES, ROWS, SUMS, TILE_BYTES, Arguments, begun_product

# rows of a block: with PAIR vectors of sums each they fill half of the registers, more than additions take to come out
_HEIGHT = 8
_PAIR_BYTES = 4


def are_known() -> bool:
    """Return whether numba compiles for a processor that has the instruction; it can be told to compile for another."""
    return has_features("avx512bf16")


class DotProduct:
    """The function of a product, `function`, in a module."""

    def __init__(self, module: Any) -> None:
        from llvmlite import ir

        self._module, self._size, self._pair = module, ir.IntType(64), ir.IntType(32)
        self._sums, self._pairs = ir.VectorType(ir.FloatType(), SUMS), ir.VectorType(self._pair, SUMS)
        self.function = self._whole()

    def _whole(self) -> Any:
        """Pair by pair of outputs, and within it by blocks of rows: the weights of a pair stay in the first cache."""
        from numba.core import cgutils

        function, builder, a = begun_product(self._module)
        if builder is None:
            return function
        with cgutils.for_range(builder, a.outputs) as outputs, cgutils.for_range(builder, a.rows) as rows:
            for above in range(0, ROWS, _HEIGHT):
                self._block(builder, a, outputs.index, rows.index, above)
        builder.ret_void()
        return function

    def _block(self, builder: Any, a: Arguments, outputs: Any, tile: Any, above: int) -> None:
        """Write a block of sums, beginning with the bias: rows of a tile from `above` on, two tiles of outputs wide."""
        size, wide = self._size, range(PAIR)
        first, panel = builder.mul(outputs, size(PAIR)), builder.mul(a.inputs, size(TILE_BYTES))
        columns = [builder.mul(builder.add(first, size(own)), size(ROW_BYTES)) for own in wide]
        weights = [builder.gep(a.weights, [builder.mul(builder.add(first, size(own)), panel)]) for own in wide]
        rows = [builder.gep(a.x, [builder.mul(tile, a.x_down)])] * _HEIGHT
        rows = [builder.gep(at, [builder.mul(a.x_stride, size(above + own))]) for own, at in enumerate(rows)]
        bias = [load(builder, builder.gep(a.bias, [column]), self._sums) for column in columns]
        before, body, after = builder.block, builder.append_basic_block("inputs"), builder.append_basic_block("summed")
        builder.branch(body)
        builder.position_at_end(body)
        k = builder.phi(size)
        k.add_incoming(size(0), before)
        before_tile = [[builder.phi(self._sums) for _ in wide] for _ in range(_HEIGHT)]
        for row in before_tile:
            for one, value in zip(row, bias, strict=True):
                one.add_incoming(value, before)
        sums = self._summed(builder, a, k, before_tile, rows, weights)
        following = builder.add(k, size(1))
        k.add_incoming(following, body)
        for row, longer in zip(before_tile, sums, strict=True):
            for one, total in zip(row, longer, strict=True):
                one.add_incoming(total, body)
        builder.cbranch(builder.icmp_unsigned("<", following, a.inputs), body, after)
        builder.position_at_end(after)
        top = builder.add(builder.mul(tile, size(ROWS)), size(above))
        for own, row in enumerate(sums):
            out = builder.gep(a.out, [builder.mul(builder.add(top, size(own)), a.out_stride)])
            for column, total in zip(columns, row, strict=True):
                at = builder.bitcast(builder.gep(out, [column]), self._sums.as_pointer())
                builder.store(total, at, align=ALIGNMENT)

    def _summed(self, builder: Any, a: Arguments, k: Any, sums: list[list[Any]], rows: Any, weights: Any) -> Any:
        """Return the sums with the products by the inputs of tile `k`, pair by pair."""
        size, right, panel = self._size, builder.mul(k, a.x_right), builder.mul(k, self._size(TILE_BYTES))
        for pair in range(INPUTS // 2):
            at = builder.add(panel, size(pair * ROW_BYTES))
            factors = [load(builder, builder.gep(one, [at]), self._pairs) for one in weights]
            place = builder.add(right, size(pair * _PAIR_BYTES))
            values = [load(builder, builder.gep(row, [place]), self._pair) for row in rows]
            sums = [
                [self._joined(builder, total, value, factor) for total, factor in zip(row, factors, strict=True)]
                for row, value in zip(sums, [spread(builder, value, SUMS) for value in values], strict=True)
            ]
        return sums

    def _joined(self, builder: Any, total: Any, x: Any, weights: Any) -> Any:
        """Return the sums with both products of each pair."""
        numbers = _numbers()
        multiplied = known(
            self._module, "llvm.x86.avx512bf16.dpbf16ps.512", self._sums, [self._sums, numbers, numbers]
        )  # fmt: skip
        return builder.call(multiplied, [total, builder.bitcast(x, numbers), builder.bitcast(weights, numbers)])


@cache
def _numbers() -> Any:
    """Return the type of as many bfloat16 numbers as a vector holds, which llvmlite has no name for."""
    from llvmlite import ir

    class BFloat(ir.Type):  # type: ignore[misc]
        def _to_string(self) -> str:
            return "bfloat"

    return ir.VectorType(BFloat(), INPUTS)
