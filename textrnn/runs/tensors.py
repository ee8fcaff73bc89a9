"""Arrays as one safetensors file, and back: named arrays in, pieces of bytes out; bytes in, arrays out.

The format (huggingface/safetensors, README "Format"): 8 bytes of header length, little-endian; the header, a JSON
object name -> {dtype, shape, data_offsets}, padded with spaces; the data, without holes. Everything the header says is
checked before anything is allocated, and more strictly than the reference does: no name may come twice. Knows no files,
no roles and no network; its errors are ValueError, whose text says what is wrong.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.runs.strict_json import parse_json, whole_number

Array = npt.NDArray[Any]

DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_METADATA = "__metadata__"
_MAX_HEADER_BYTES = 4 * 1024 * 1024
_MAX_DIMENSIONS = 8
# The data starts at a multiple of this, so that every tensor lies as its dtype wants it.
_ALIGNMENT = 64


@dataclass(frozen=True)
class Tensor:
    """What the header says of one tensor; `begin` and `end` count from the start of the file."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


def pack(arrays: Mapping[str, Array]) -> Iterator[memoryview]:
    """Yield the bytes of a safetensors file in pieces, the same for the same arrays in any order."""
    ready = {name: _little_endian(name, array) for name, array in arrays.items()}
    order = sorted(ready, key=lambda name: (-ready[name].itemsize, name))
    header, offset = {}, 0
    for name in order:
        array = ready[name]
        end = offset + array.nbytes
        header[name] = {"dtype": _NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % _ALIGNMENT)
    yield memoryview(struct.pack("<Q", len(text)) + text)
    for name in order:
        flat: Any = np.ascontiguousarray(ready[name]).reshape(-1).view(np.uint8)
        yield memoryview(flat)


def read_header(data: bytes | bytearray) -> dict[str, Tensor]:
    """Return what the file holds, in the order of the data; a header that does not fit `data` exactly is refused."""
    if len(data) < 8:
        raise ValueError("is shorter than a header")
    (length,) = struct.unpack_from("<Q", data)
    if length > _MAX_HEADER_BYTES:
        raise ValueError(f"declares a header of {length} bytes, more than any run has")
    if length > len(data) - 8:
        raise ValueError(f"declares a header of {length} bytes and has {len(data) - 8} after its length")
    start = 8 + length
    text = data[8:start]
    if not text.startswith(b"{"):
        raise ValueError("has a header that is no JSON object")
    header = parse_json(text)
    _check_metadata(header.pop(_METADATA, {}))
    found = {name: _tensor(name, entry, start) for name, entry in header.items()}
    # An empty tensor lies between its neighbours: it comes before the one that starts where it ends.
    ordered = dict(sorted(found.items(), key=lambda item: (item[1].begin, item[1].end)))
    position = start
    for name, tensor in ordered.items():
        if tensor.begin != position:
            kind = "overlaps the tensor before it" if tensor.begin < position else "leaves a hole before it"
            raise ValueError(f"holds tensor {name!r}, which {kind}")
        position = tensor.end
    if position != len(data):
        raise ValueError(f"declares {position} bytes and has {len(data)}")
    return ordered


def unpack(data: bytearray) -> dict[str, Array]:
    """Return the arrays, as views on `data` that can be written to."""
    header, whole = read_header(data), np.frombuffer(data, np.uint8)
    return {
        name: whole[tensor.begin : tensor.end].view(tensor.dtype).reshape(tensor.shape)
        for name, tensor in header.items()
    }


def not_finite(arrays: Mapping[str, Array]) -> list[str]:
    """Return the names of the arrays that hold NaN or an infinity."""
    return [name for name, array in arrays.items() if array.dtype.kind == "f" and not np.isfinite(array).all()]


def _little_endian(name: str, array: Array) -> Array:
    if not name or name == _METADATA:
        raise ValueError(f"an array cannot be named {name!r}")
    array = np.asarray(array)
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if array.dtype not in _NAMES:
        raise ValueError(f"array {name!r} is of {array.dtype}, which a run cannot hold")
    return array


def _check_metadata(metadata: Any) -> None:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError(f"has {_METADATA} that is not text by name")


def _tensor(name: str, entry: Any, start: int) -> Tensor:
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"describes tensor {name!r} by other fields than dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ValueError(f"holds tensor {name!r} of dtype {dtype!r}, which is none of {', '.join(DTYPES)}")
    if not isinstance(shape, list) or len(shape) > _MAX_DIMENSIONS or not all(map(whole_number, shape)):
        raise ValueError(f"holds tensor {name!r} of an impossible shape")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(map(whole_number, offsets)):
        raise ValueError(f"holds tensor {name!r} at impossible offsets")
    begin, end = offsets
    # Python's integers do not overflow; the second bound is for an empty tensor, whose other sizes numpy multiplies.
    size, bound = (math.prod(sizes) * DTYPES[dtype].itemsize for sizes in (shape, [max(side, 1) for side in shape]))
    if size != end - begin or bound >= 2**63:
        raise ValueError(f"holds tensor {name!r} of shape {shape}, which does not fill its {end - begin} bytes exactly")
    return Tensor(DTYPES[dtype], tuple(shape), start + begin, start + end)
