"""The product of rows and a packed matrix in bfloat16, in the instructions that multiply tiles (AMX).

In: an LLVM module. Out: a function in that module. What is computed, and of which layout, is `rounded_matrix`'s. A
processor with AMX holds eight tiles of 16 rows of 64 bytes: 16 sums of 16 rows here take four, two pairs of factors the
others, so that each tile that is read is used twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from textrnn.cells.host import has_features
from textrnn.cells.instructions import begun, known

# rows of a tile, and the bytes of each
ROWS, ROW_BYTES = 16, 64
# what a tile holds: sums in float32, inputs in bfloat16
SUMS, INPUTS = ROW_BYTES // 4, ROW_BYTES // 2
TILE_BYTES = ROWS * ROW_BYTES
# tiles side by side
PAIR = 2
# the first of the tiles that hold rows, and of those that hold weights; sums come before
_ROWS_AT, _WEIGHTS_AT = 4, 6
_PALETTE, _TILES = 1, 8


def are_known() -> bool:
    """Return whether numba compiles for a processor that has tiles; it can be told to compile for another."""
    return has_features("amx-tile", "amx-bf16")


class Arguments(NamedTuple):
    """What a product is called with: addresses of bytes, distances in bytes, and numbers of tiles.

    x_stride: from row to row of a tile. x_right, x_down: from a tile to the next one of the same rows, and of the same
    inputs. outputs: in pairs of tiles.
    """

    out: Any
    out_stride: Any
    weights: Any
    bias: Any
    x: Any
    x_stride: Any
    x_right: Any
    x_down: Any
    rows: Any
    outputs: Any
    inputs: Any


def begun_product(module: Any) -> tuple[Any, Any, Arguments]:
    """Return the function of a product as `instructions.begun` does."""
    from llvmlite import ir

    at, size = ir.IntType(8).as_pointer(), ir.IntType(64)
    types = Arguments(at, size, at, at, at, size, size, size, size, size, size)
    return begun(module, "textrnn_rounded_product", types)


class TileProduct:
    """The function of a product, `function`, in a module."""

    def __init__(self, module: Any) -> None:
        from llvmlite import ir

        self._ir, self._module = ir, module
        self._byte, self._size = ir.IntType(8), ir.IntType(64)
        self.function = self._whole()

    def _whole(self) -> Any:
        """Pair by pair of outputs, and within it by pairs of rows: what is read again and again is the rows."""
        from numba.core import cgutils

        ir, at = self._ir, self._byte.as_pointer()
        function, builder, a = begun_product(self._module)
        if builder is None:
            return function
        # other code of this thread may count on the shapes that it gave to the tiles
        before = builder.bitcast(builder.alloca(ir.ArrayType(self._byte, ROW_BYTES)), at)
        builder.call(self._known("sttilecfg", at), [before])
        builder.call(self._known("ldtilecfg", at), [builder.bitcast(self._shapes(), at)])
        with cgutils.for_range(builder, a.outputs) as outputs:
            for row, rows in self._runs(builder, a.rows):
                self._block(builder, a, outputs.index, row, rows)
        builder.call(self._known("ldtilecfg", at), [before])
        builder.ret_void()
        return function

    def _shapes(self) -> Any:
        """Return what all tiles look like: the palette, 16-bit widths from byte 16 on, heights from byte 48 on."""
        ir = self._ir
        told = bytearray(ROW_BYTES)
        told[0] = _PALETTE
        for tile in range(_TILES):
            told[16 + 2 * tile] = ROW_BYTES
            told[48 + tile] = ROWS
        value = ir.Constant(ir.ArrayType(self._byte, ROW_BYTES), told)
        found = ir.GlobalVariable(self._module, value.type, "textrnn_tiles")
        found.initializer, found.global_constant, found.linkage = value, True, "internal"
        return found

    def _runs(self, builder: Any, total: Any) -> Iterator[tuple[Any, int]]:
        """Write a loop over pairs, and one over what is left; the body is the caller's."""
        from numba.core import cgutils

        first = self._size(0)
        for size in (PAIR, 1):
            count = builder.udiv(builder.sub(total, first), self._size(size))
            with cgutils.for_range(builder, count) as loop:
                yield builder.add(first, builder.mul(loop.index, self._size(size))), size
            first = builder.add(first, builder.mul(count, self._size(size)))

    def _block(self, builder: Any, a: Arguments, outputs: Any, row: Any, rows: int) -> None:
        """Write a block of sums: `rows` tiles high, two wide, beginning with the bias."""
        from numba.core import cgutils

        size, width = self._size, self._size(ROW_BYTES)
        first = builder.mul(outputs, size(PAIR))
        x = [self._after(builder, a.x, builder.add(row, size(own)), a.x_down) for own in range(rows)]
        down = builder.mul(a.out_stride, size(ROWS))
        out = [self._after(builder, a.out, builder.add(row, size(own)), down) for own in range(rows)]
        columns = [builder.mul(builder.add(first, size(own)), width) for own in range(PAIR)]
        panel = builder.mul(a.inputs, size(TILE_BYTES))
        weights = [self._after(builder, a.weights, builder.add(first, size(own)), panel) for own in range(PAIR)]
        sums = [(high, wide, high * PAIR + wide) for high in range(rows) for wide in range(PAIR)]
        for _, wide, tile in sums:
            # each row of the bias is the same
            self._load(builder, tile, builder.gep(a.bias, [columns[wide]]), size(0))
        with cgutils.for_range(builder, a.inputs) as k:
            for high in range(rows):
                self._load(builder, _ROWS_AT + high, self._after(builder, x[high], k.index, a.x_right), a.x_stride)
            for wide in range(PAIR):
                at = self._after(builder, weights[wide], k.index, size(TILE_BYTES))
                self._load(builder, _WEIGHTS_AT + wide, at, width)
            for high, wide, tile in sums:
                numbers = [self._byte(tile), self._byte(_ROWS_AT + high), self._byte(_WEIGHTS_AT + wide)]
                builder.call(self._known("tdpbf16ps", *[self._byte] * 3), numbers)
        for high, wide, tile in sums:
            store = self._known("tilestored64", self._byte, self._byte.as_pointer(), size)
            builder.call(store, [self._byte(tile), builder.gep(out[high], [columns[wide]]), a.out_stride])

    def _after(self, builder: Any, address: Any, count: Any, step: Any) -> Any:
        return builder.gep(address, [builder.mul(count, step)])

    def _load(self, builder: Any, tile: int, address: Any, stride: Any) -> None:
        load = self._known("tileloadd64", self._byte, address.type, self._size)
        builder.call(load, [self._byte(tile), address, stride])

    def _known(self, instruction: str, *types: Any) -> Any:
        return known(self._module, f"llvm.x86.{instruction}", self._ir.VoidType(), types)
