"""Safetensors bytes: equal to the reference library where it is right, stricter where it is lenient."""

from __future__ import annotations

import json
import struct
import sys
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from textrnn.runs.tensors import DTYPES, not_finite, pack, read_header, unpack


def packed(arrays: dict[str, np.ndarray]) -> bytearray:
    return bytearray(b"".join(pack(arrays)))


def file_of(header: Any, data: bytes = b"", length: int | None = None) -> bytearray:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return bytearray(struct.pack("<Q", len(text) if length is None else length) + text + data)


def entry(shape: list[Any], begin: Any, end: Any, dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


named_arrays = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(lambda name: name != "__metadata__"),
    hnp.arrays(st.sampled_from([*DTYPES.values()]), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)),
    max_size=4,
)


@given(named_arrays)
def test_what_is_packed_is_read_by_the_reference_and_by_us(arrays: dict[str, np.ndarray]) -> None:
    data = packed(arrays)
    for read in (unpack(data), safetensors.numpy.load(bytes(data))):
        assert read.keys() == arrays.keys()
        for name, array in arrays.items():
            assert read[name].dtype == array.dtype and read[name].shape == array.shape
            assert read[name].tobytes() == array.tobytes()


@given(named_arrays.filter(bool))
def test_what_the_reference_writes_is_read_by_us(arrays: dict[str, np.ndarray]) -> None:
    read = unpack(bytearray(safetensors.numpy.save(arrays, metadata={"format": "np"})))
    assert {name: array.tobytes() for name, array in read.items()} == {n: a.tobytes() for n, a in arrays.items()}


def test_the_bytes_do_not_depend_on_order_layout_or_byte_order() -> None:
    a, b = np.arange(6, dtype=np.float32).reshape(2, 3), np.arange(3, dtype=np.float16)
    wanted = packed({"a": a, "b": b})
    assert packed({"b": b, "a": np.asfortranarray(a)}) == wanted
    assert packed({"b": b.astype(">f2"), "a": a.astype(">f4")}) == wanted
    assert packed({"a": np.repeat(a, 2, axis=1)[:, ::2], "b": b}) == wanted


def test_every_tensor_lies_as_its_dtype_wants_it() -> None:
    arrays = {"a": np.ones(3, np.int8), "b": np.ones(3, np.float64), "c": np.ones(1, np.float16)}
    header = read_header(packed(arrays))
    assert all(tensor.begin % tensor.dtype.itemsize == 0 for tensor in header.values())


def test_arrays_can_be_written_to() -> None:
    array = unpack(packed({"a": np.zeros(2, np.float32)}))["a"]
    array[0] = 1
    assert array.tolist() == [1, 0]


@pytest.mark.parametrize("array", [np.zeros(2, np.complex64), np.array(["a"]), np.array([object()])])
def test_what_a_file_cannot_hold_is_not_packed(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        packed({"a": array})


HUGE = [2**60, 2**31, 2**31]
BAD_FILES = {
    "empty": (bytearray(), "shorter than a header"),
    "only a length": (file_of(b""), "no JSON object"),
    "header of 2^60": (file_of({}, length=2**60), "more than any run has"),
    "header of 2^64-1": (file_of({}, length=2**64 - 1), "more than any run has"),
    "header of 200 MB": (file_of({}, length=200 * 2**20), "more than any run has"),
    "header longer than the file": (file_of({}, length=3), "declares a header of 3 bytes and has 2"),
    "header no object": (file_of(b"[]"), "no JSON object"),
    "header starts with a space": (file_of(b" {}"), "no JSON object"),
    "header no JSON": (file_of(b"{nonsense"), "not JSON"),
    "header no UTF-8": (file_of(b'{"\xff": 1}'), "not UTF-8"),
    "header with NaN": (file_of(b'{"a": NaN}'), "NaN"),
    "header with 1e999": (file_of(b'{"a": 1e999}'), "too large"),
    "header with a number of 5000 digits": (file_of(b'{"a": ' + b"1" * 5000 + b"}"), "digits"),
    "header nested deeply": (file_of(b'{"a": ' + b"[" * 200_000), "nested"),
    "two values in the header": (file_of(b"{}{}"), "not JSON"),
    "metadata no text": (file_of({"__metadata__": {"a": 1}}), "__metadata__"),
    "metadata no object": (file_of({"__metadata__": []}), "__metadata__"),
    "a name twice": (
        file_of(b'{"a":%(e)b,"a":%(e)b}' % {b"e": json.dumps(entry([1], 0, 4)).encode()}, b"1234"),
        "twice",
    ),
    "entry no object": (file_of({"a": 1}), "other fields"),
    "entry with a field more": (file_of({"a": entry([1], 0, 4) | {"x": 1}}, b"1234"), "other fields"),
    "entry without offsets": (file_of({"a": {"dtype": "F32", "shape": [1]}}, b"1234"), "other fields"),
    "unknown dtype": (file_of({"a": entry([1], 0, 4, "F33")}, b"1234"), "dtype 'F33'"),
    "dtype that numpy lacks": (file_of({"a": entry([2], 0, 4, "BF16")}, b"1234"), "dtype 'BF16'"),
    "dtype a list": (file_of({"a": entry([1], 0, 4, ["F32"])}, b"1234"), "dtype"),
    "negative side": (file_of({"a": entry([-1, -1], 0, 4)}, b"1234"), "impossible shape"),
    "side a float": (file_of({"a": entry([1.0], 0, 4)}, b"1234"), "impossible shape"),
    "side true": (file_of({"a": entry([True], 0, 4)}, b"1234"), "impossible shape"),
    "shape a number": (file_of({"a": entry(1, 0, 4)}, b"1234"), "impossible shape"),  # type: ignore[arg-type]
    "sides that overflow 64 bits to 1": (file_of({"a": entry([2**32, 2**32], 0, 4)}, b"1234"), "does not fill"),
    "tensor of 2^122": (file_of({"a": entry(HUGE, 0, 4)}, b"1234"), "does not fill"),
    "empty tensor of endless sides": (file_of({"a": entry([0, *HUGE], 0, 0)}), "does not fill"),
    "a hundred dimensions": (file_of({"a": entry([1] * 100, 0, 4)}, b"1234"), "impossible shape"),
    "negative offset": (file_of({"a": entry([1], -4, 0)}, b"1234"), "impossible offsets"),
    "offset beyond 64 bits": (file_of({"a": entry([1], 2**64, 2**64 + 4)}, b"1234"), "impossible offsets"),
    "end before begin": (file_of({"a": entry([1], 4, 0)}, b"1234"), "does not fill"),
    "three offsets": (file_of({"a": entry([1], 0, 4) | {"data_offsets": [0, 2, 4]}}, b"1234"), "impossible offsets"),
    "shape larger than its bytes": (file_of({"a": entry([2], 0, 4)}, b"1234"), "does not fill"),
    "tensor beyond the file (bomb)": (file_of({"a": entry([2**28], 0, 2**30)}, b"1234"), "declares"),
    "overlap": (file_of({"a": entry([2], 0, 8), "b": entry([1], 4, 8)}, b"12345678"), "overlaps"),
    "the same bytes twice": (file_of({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, b"1234"), "overlaps"),
    "hole at the start": (file_of({"a": entry([1], 4, 8)}, b"12345678"), "hole"),
    "hole between": (file_of({"a": entry([1], 0, 4), "b": entry([1], 8, 12)}, b"1" * 12), "hole"),
    "trailing bytes": (file_of({"a": entry([1], 0, 4)}, b"12345"), "declares"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_header_that_lies_is_refused_before_anything_is_allocated(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data, reason = BAD_FILES[case]
    monkeypatch.setattr(np, "frombuffer", lambda *_: pytest.fail("allocated"))
    with pytest.raises(ValueError, match=reason):
        read_header(data)


def test_a_file_cut_anywhere_is_refused() -> None:
    data = packed({"a": np.ones(3, np.float32), "b": np.ones((2, 2), np.float16)})
    for length in range(len(data)):
        with pytest.raises(ValueError):
            read_header(data[:length])


def test_nan_and_infinity_are_found_in_every_float() -> None:
    good = {"i": np.array([2**31 - 1], np.int32), "f": np.array([sys.float_info.max]), "e": np.zeros(0, np.float32)}
    bad = {"h": np.array([1, np.inf], np.float16), "s": np.array([[-np.inf]], np.float32), "d": np.array([np.nan])}
    assert not_finite(good | bad) == ["h", "s", "d"]
