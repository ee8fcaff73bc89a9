"""The product of rows and a packed matrix in vector instructions, written down one by one for LLVM.

In: an LLVM module and a host. Out: a function in that module. A compiler left to itself keeps the sums of such a
product in memory, and reads weights in int8 half a vector at a time; here sums stay in registers from the first input
to the last. Nothing is of one processor but the host's figures. What is computed, and of which layout, is `packed`'s.

A tile is a few rows by one panel, or one row by several panels: as many as there are registers for their sums. For
each input (each pair of inputs in int8) the panel's row is read once and joined to the sums of every row. Each output
has a sum of its own, or one for each digit of the inputs, made of the same steps in the same order in every tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from textrnn.cells.host import VECTORS, Host
from textrnn.cells.instructions import ALIGNMENT, begun, known, load, spread

# panels that a single row is multiplied by at once: sums enough to fill the time that one addition takes
_PANELS_OF_A_ROW = 2
_DIGITS = 2


class Arguments(NamedTuple):
    """What a product or a tile is called with: pointers, and 64-bit numbers of elements.

    weights, scales, bias: at the first panel. x: float32, or pairs of 16-bit digits as 32 bits. x_stride: from row to
    row; digit_stride: from a row's first digits to its second. steps: two a row. inputs: or pairs of inputs. rows,
    panels: of the whole product; a tile has its own.
    """

    out: Any
    out_stride: Any
    weights: Any
    scales: Any
    bias: Any
    x: Any
    x_stride: Any
    digit_stride: Any
    steps: Any
    inputs: Any
    rows: Any
    panels: Any


class Product:
    """The function of a product in float32 or int8, `function`, and its tiles, in one module."""

    def __init__(self, module: Any, host: Host, *, is_int8: bool) -> None:
        from llvmlite import ir

        self._ir, self._module, self._host, self.is_int8 = ir, module, host, is_int8
        self._size, self.pair, self._float = ir.IntType(64), ir.IntType(32), ir.FloatType()
        self._floats = ir.VectorType(self._float, host.lanes)
        # what a step of a sum takes from memory: one weight for each lane, or a pair of them
        self._weights = ir.VectorType(ir.IntType(8), 2 * host.lanes) if is_int8 else self._floats
        self._sums = ir.VectorType(self.pair, host.lanes) if is_int8 else self._floats
        self._digits = _DIGITS if is_int8 else 1
        self.function = self._whole()

    def _whole(self) -> Any:
        """Panel by panel, and within a panel by as many rows as fit; or a single row by several panels at once."""
        function, builder, a = self._begun("product")
        if builder is None:
            return function
        none = self._size(0)
        with builder.if_else(builder.icmp_signed("==", a.rows, self._size(1))) as (single, several):
            with single:
                for panel, panels in self._runs(builder, a.panels, [_PANELS_OF_A_ROW, 1]):
                    self._call(builder, a, none, 1, panel, panels)
            with several:
                for panel, _ in self._runs(builder, a.panels, [1]):
                    for row, rows in self._runs(builder, a.rows, self._heights()):
                        self._call(builder, a, row, rows, panel, 1)
        builder.ret_void()
        return function

    def _heights(self) -> list[int]:
        """How many rows a tile may have: as many as leave registers for the weights and an input, or fewer."""
        free = self._host.registers - VECTORS - 1
        most = max(free // (VECTORS * self._digits), 1)
        return [most, *(height for height in (4, 2, 1) if height < most)]

    def _runs(self, builder: Any, total: Any, sizes: list[int]) -> Iterator[tuple[Any, int]]:
        """Write loops over `total` things: the largest size while it fits, then the next; the body is the caller's."""
        from numba.core import cgutils

        first = self._size(0)
        for size in sizes:
            count = builder.udiv(builder.sub(total, first), self._size(size))
            with cgutils.for_range(builder, count) as loop:
                yield builder.add(first, builder.mul(loop.index, self._size(size))), size
            first = builder.add(first, builder.mul(count, self._size(size)))

    def _call(self, builder: Any, a: Arguments, row: Any, rows: int, panel: Any, panels: int) -> None:
        column = builder.mul(panel, self._size(self._host.width))
        moved = a._replace(
            out=builder.gep(a.out, [builder.add(builder.mul(row, a.out_stride), column)]),
            weights=builder.gep(a.weights, [builder.mul(panel, self._panel_size(builder, a))]),
            scales=builder.gep(a.scales, [column]),
            bias=builder.gep(a.bias, [column]),
            x=builder.gep(a.x, [builder.mul(row, a.x_stride)]),
            steps=builder.gep(a.steps, [builder.mul(row, self._size(_DIGITS))]),
        )
        builder.call(self._tile(rows, panels), moved)

    def _tile(self, rows: int, panels: int) -> Any:
        """Write the tile's sums times its columns' scales plus their bias."""
        function, builder, a = self._begun(f"tile_{rows}_{panels}")
        if builder is None:
            return function
        vectors = range(panels * VECTORS)
        sums = self._summed(builder, a, rows, panels)
        for row in range(rows):
            for vector in vectors:
                own = [sums[(row * self._digits + digit) * len(vectors) + vector] for digit in range(self._digits)]
                column = self._size(vector * self._host.lanes)
                place = builder.add(builder.mul(self._size(row), a.out_stride), column)
                total = self._scaled(builder, a, row, column, own) if self.is_int8 else own[0]
                total = builder.fadd(total, self._load(builder, a.bias, column, self._floats))
                pointer = builder.bitcast(builder.gep(a.out, [place]), self._floats.as_pointer())
                builder.store(total, pointer, align=ALIGNMENT)
        builder.ret_void()
        return function

    def _summed(self, builder: Any, a: Arguments, rows: int, panels: int) -> list[Any]:
        """Return the sums over all inputs: of each row, of each of its digits, of each vector of the panels."""
        ir, before = self._ir, builder.block
        body, after = builder.append_basic_block("input"), builder.append_basic_block("summed")
        builder.branch(body)
        builder.position_at_end(body)
        k = builder.phi(self._size)
        k.add_incoming(self._size(0), before)
        sums = [builder.phi(self._sums) for _ in range(rows * self._digits * panels * VECTORS)]
        for one in sums:
            one.add_incoming(ir.Constant(self._sums, None), before)
        weights = self._panel_rows(builder, a, k, panels)
        longer: list[Any] = []
        for row in range(rows):
            for digit in range(self._digits):
                x = self._input(builder, a, k, row, digit)
                for weight in weights:
                    longer.append(self._joined(builder, sums[len(longer)], weight, x))
        following = builder.add(k, self._size(1))
        k.add_incoming(following, body)
        for one, joined in zip(sums, longer, strict=True):
            one.add_incoming(joined, body)
        builder.cbranch(builder.icmp_unsigned("<", following, a.inputs), body, after)
        builder.position_at_end(after)
        return longer

    def _panel_rows(self, builder: Any, a: Arguments, k: Any, panels: int) -> list[Any]:
        """Return the weights by which input `k` is multiplied, as vectors; in int8 as 16-bit integers."""
        size, found = self._weights.count, []
        for panel in range(panels):
            first = builder.add(
                builder.mul(self._size(panel), self._panel_size(builder, a)), builder.mul(k, self._size(size * VECTORS))
            )
            for vector in range(VECTORS):
                place = builder.add(first, self._size(vector * size))
                found.append(self._load(builder, a.weights, place, self._weights))
        wide = self._ir.VectorType(self._ir.IntType(16), size)
        return [builder.sext(weight, wide) for weight in found] if self.is_int8 else found

    def _input(self, builder: Any, a: Arguments, k: Any, row: int, digit: int) -> Any:
        """Return the row's input `k`, or pair of digits, in every lane."""
        start = builder.add(builder.mul(self._size(row), a.x_stride), builder.mul(self._size(digit), a.digit_stride))
        value = builder.load(builder.gep(a.x, [builder.add(start, k)]))
        everywhere = self._spread(builder, value)
        if not self.is_int8:
            return everywhere
        return builder.bitcast(everywhere, self._ir.VectorType(self._ir.IntType(16), 2 * self._host.lanes))

    def _joined(self, builder: Any, total: Any, weight: Any, x: Any) -> Any:
        """Return sum + weight * x; in int8 the sum of both products of each pair."""
        if not self.is_int8:
            # one rounding where the processor has such an instruction, two where it has not; the same in every tile
            return builder.call(
                self._known(f"llvm.fmuladd.v{self._host.lanes}f32", self._floats, 3), [weight, x, total]
            )
        if self._host.pairs is not None:
            pairs = builder.call(self._known(self._host.pairs, self._sums, 2, weight.type), [weight, x])
            return builder.add(total, pairs)
        for place in range(2):
            factors = (self._every_second(builder, one, place) for one in (weight, x))
            total = builder.add(total, builder.mul(*factors))
        return total

    def _scaled(self, builder: Any, a: Arguments, row: int, column: Any, digits: list[Any]) -> Any:
        """Return the digits' sums, times what each digit counts, times the column's scales."""
        total = None
        for number, whole in enumerate(digits):
            step = self._spread(builder, builder.load(builder.gep(a.steps, [self._size(row * _DIGITS + number)])))
            part = builder.fmul(builder.sitofp(whole, self._floats), step)
            total = part if total is None else builder.fadd(total, part)
        return builder.fmul(total, self._load(builder, a.scales, column, self._floats))

    def _panel_size(self, builder: Any, a: Arguments) -> Any:
        return builder.mul(a.inputs, self._size(self._weights.count * VECTORS))

    def _load(self, builder: Any, pointer: Any, place: Any, vector: Any) -> Any:
        return load(builder, builder.gep(pointer, [place]), vector)

    def _spread(self, builder: Any, value: Any) -> Any:
        return spread(builder, value, self._host.lanes)

    def _every_second(self, builder: Any, vector: Any, first: int) -> Any:
        ir, lanes = self._ir, self._host.lanes
        places = ir.Constant(ir.VectorType(self.pair, lanes), [*range(first, 2 * lanes, 2)])
        return builder.sext(builder.shuffle_vector(vector, vector, places), self._sums)

    def _known(self, name: str, result: Any, arguments: int, type: Any = None) -> Any:
        """Return an instruction of LLVM's by its name."""
        return known(self._module, name, result, [type or result] * arguments)

    def _begun(self, name: str) -> tuple[Any, Any, Arguments]:
        """Return a new function of this name, with a builder for it; or the one that there is, and no builder."""
        ir, floats = self._ir, self._float.as_pointer()
        weights, x = (ir.IntType(8).as_pointer(), self.pair.as_pointer()) if self.is_int8 else (floats, floats)
        size = self._size
        types = Arguments(floats, size, weights, floats, floats, x, size, size, floats, size, size, size)
        return begun(self._module, f"textrnn_{name}_{'int8' if self.is_int8 else 'fp32'}", types)
