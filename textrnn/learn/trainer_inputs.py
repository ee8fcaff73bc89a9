"""What the NumPy trainer is given, checked where it enters: sizes and settings, sequences, examples.

In: Python lists or arrays as people write them. Out: float64 arrays of equal length with every number finite, or one
`UserError` that says what is wrong and where. Shapes: N examples, T time, X inputs, O outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from textrnn.cells.functions import Array
from textrnn.config.model import RecurrentSettings
from textrnn.config.settings import MAX_COUNT, Integer, Number, Settings, ZeroIsOff, choices, facts, setting
from textrnn.errors import UserError

COUNT = "a whole number from 1"
SIZE = "a whole number from 1 to 65536"


class NetSettings(RecurrentSettings):
    """Sizes and kind of a `SimpleRNN`."""

    # larger matrices are nothing for float64 without a compiled loop
    hidden_size: Integer = setting(..., "units in a layer", expected="a whole number from 1 to 4096", ge=1, le=4096)
    input_size: Integer = setting(..., "numbers in an input", expected=SIZE, ge=1, le=65536)
    output_size: Integer = setting(..., "numbers in an output", expected=SIZE, ge=1, le=65536)
    answers: Literal["last", "every"] = setting(..., "when it answers", expected="'last' or 'every'")
    loss: Literal["squared", "cross-entropy"] = setting(..., "its loss", expected="'squared' or 'cross-entropy'")
    seed: Integer = setting(..., "of the first parameters", expected="a whole number from 0", ge=0, le=2**63 - 1)


class CourseSettings(Settings):
    """How a `SimpleRNN` is trained."""

    epochs: Integer = setting(..., "passes over the examples", expected="a whole number from 0", ge=0, le=MAX_COUNT)
    lr: Number | None = setting(..., "learning rate", expected="a finite number above 0", gt=0)
    optimizer: Literal["sgd", "momentum", "adam"] = setting(..., "optimizer", expected="'sgd', 'momentum' or 'adam'")
    clip: Annotated[Number | None, ZeroIsOff] = setting(
        ..., "longest gradient", expected="a finite number above 0, or None or 0 for any", gt=0
    )
    batch_size: Integer | None = setting(..., "examples a step", expected=f"{COUNT}, or None for all", ge=1)
    window: Integer | None = setting(..., "steps of truncated BPTT", expected=f"{COUNT}, or None for all", ge=1)


class Examples(NamedTuple):
    """inputs: (N, T, X). targets: (N, O) or (N, T, O), of ids without O."""

    inputs: Array
    targets: Array


def checked(kind: type[Any], values: dict[str, Any]) -> Any:
    """Return the settings `kind` of `values`, whose errors call them by their own names.

    Numbers as text, which a command line must take, are an oversight in Python.
    """
    for name, value in values.items():
        field = kind.model_fields[name]
        if isinstance(value, str) and not choices(field):
            raise UserError(repr(value), which=name, mend=f"expected {facts(field)['expected']}")
    return kind.check(values, where={name: name for name in values})


def sequence(x: Any, size: int, where: str, *, may_be_many: bool = True) -> Array:
    """Return `x` as (T, X), or as (N, T, X) where there are many sequences.

    T numbers are a sequence of inputs of size 1; T whole numbers below `size` are one of ids, each a 1 among zeros.
    """
    array = numbers(x, where)
    if array.ndim == 1 and size > 1:
        array = one_hot(ids(array, size, where), size)
    elif array.ndim == 1:
        array = array[:, None]
    if array.ndim not in ((2, 3) if may_be_many else (2,)) or array.shape[-1] != size or 0 in array.shape:
        raise UserError(
            f"an input of shape {np.shape(x)}",
            which=where,
            mend=f"expected steps of {size} number{'s' * (size > 1)}" + (f", or ids below {size}" if size > 1 else ""),
        )
    return array


def one_hot(ids: Array, size: int) -> Array:
    """Return each id as a 1 among zeros: (...) -> (..., size)."""
    return (ids[..., None] == np.arange(size)).astype(np.float64)


def ids(array: Array, size: int, where: str) -> Array:
    """Return `array` as integers from 0 to size - 1, which its numbers must be."""
    is_id = (array == np.floor(array)) & (array >= 0) & (array < size)
    if not is_id.all():
        raise UserError(f"{array[~is_id].flat[0]:g} as an id", which=where, mend=f"expected 0 to {size - 1}")
    return array.astype(np.int64)


def examples(pairs: Any, settings: NetSettings) -> Examples:
    """Return (inputs, target) pairs as arrays; all inputs must have the same number of steps."""
    if isinstance(pairs, np.ndarray) and pairs.ndim:
        pairs = list(pairs)
    if isinstance(pairs, str | bytes) or not isinstance(pairs, Sequence):
        raise UserError("no list", which="examples", mend="expected a list of (inputs, target) pairs")
    if len(pairs) == 0:
        raise UserError("nothing to learn from", which="examples", mend="expected a list of (inputs, target) pairs")
    inputs, targets = [], []
    for number in range(len(pairs)):
        where, pair = f"examples[{number}]", pairs[number]
        if isinstance(pair, str | bytes) or not isinstance(pair, Sequence | np.ndarray) or len(pair) != 2:
            raise UserError("no pair", which=where, mend="expected (inputs, target)")
        inputs.append(sequence(pair[0], settings.input_size, where, may_be_many=False))
        targets.append(_target(pair[1], settings, len(inputs[-1]), where))
        if len(inputs[-1]) != len(inputs[0]):
            raise UserError(
                f"{len(inputs[-1])} steps, not {len(inputs[0])} as in the first",
                which=where,
                mend="give all examples the same number, or train on one length after the other",
            )
    return Examples(np.stack(inputs), np.stack(targets))


def _target(target: Any, settings: NetSettings, steps: int, where: str) -> Array:
    array, size = numbers(target, f"the target of {where}"), settings.output_size
    is_every, is_ids = settings.answers == "every", settings.loss == "cross-entropy"
    shape = ((steps,) if is_every else ()) + (() if is_ids else (size,))
    # of outputs of size 1, the number itself will do
    if not is_ids and size == 1 and array.shape == shape[:-1]:
        array = array[..., None]
    if array.shape != shape:
        raise UserError(
            f"a target of shape {array.shape}",
            which=where,
            mend=f"expected {'one id' if is_ids else f'{size} number' + 's' * (size > 1)}"
            + (f" for each of {steps} steps" if is_every else " for the whole sequence"),
        )
    return ids(array, size, f"the target of {where}") if is_ids else array


def numbers(x: Any, where: str) -> Array:
    """Return `x` as a float64 array in which every number is finite."""
    try:
        array = np.asarray(x)
        if array.dtype.kind not in "biuf":
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise UserError("no array of numbers", which=where, mend="expected numbers, every step with as many") from None
    if not np.isfinite(array).all():
        raise UserError(f"{array[~np.isfinite(array)].flat[0]}", which=where, mend="every number must be finite")
    return array
