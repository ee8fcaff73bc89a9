"""A recurrent network with its trainer, in NumPy alone: to be read, stepped through and changed.

In: sizes; then pairs of a sequence and its target. Out: parameters that answer, a record an epoch. The equations are
those of `cells`, the way back is `networks.backward`; torch is never imported.
Shapes: ... none or N examples, T time, X inputs, H units, O outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from textrnn.cells.functions import Array, log_softmax, negative_log_likelihood
from textrnn.errors import UserError, WorldError
from textrnn.learn.trainer_inputs import (
    COUNT,
    CourseSettings,
    Examples,
    NetSettings,
    checked,
    examples,
    numbers,
    one_hot,
    sequence,
)
from textrnn.learn.trainer_optimizers import Descent, norm
from textrnn.networks.backward import Recorder, dense_backward, stack_backward
from textrnn.networks.build import DenseParameters, cell_of, dense, recurrent_layers
from textrnn.networks.initial import maker
from textrnn.networks.parameters import named_arrays, with_arrays
from textrnn.networks.recurrent import LayerParameters, StackState, run_stack, start_stack


class NetParameters(NamedTuple):
    """output: (O, H) and (O,)."""

    layers: tuple[LayerParameters, ...]
    output: DenseParameters


class Epoch(NamedTuple):
    """What one pass over the examples came to: mean loss, and the mean length of the gradient before it was clipped."""

    number: int
    loss: float
    gradient_norm: float

    def __str__(self) -> str:
        return f"epoch {self.number:4}   loss {self.loss:<9.4g}   gradient {self.gradient_norm:.3g}"


class SimpleRNN:
    """A recurrent network that is trained in NumPy.

        net = SimpleRNN(input_size=1, hidden_size=16, output_size=1)
        net.train([([1, 2, 3], 4), ([2, 3, 4], 5)], epochs=300, show=print)
        net.predict([4, 5, 6])

    cell: rnn, lstm or gru. answers: "last", one output after the last step (many to one), or "every", one after each
    (many to many). loss: "squared", the mean squared error of numbers; or "cross-entropy", the nats of ids, for which
    outputs are logits. `parameters` is a tree of float64 arrays that may be read and replaced.
    """  # fmt: skip

    def __init__(
        self, input_size: int, hidden_size: int, output_size: int, *, cell: str = "rnn", activation: str = "tanh",
        num_layers: int = 1, answers: str = "last", loss: str = "squared", seed: int = 0,
    ) -> None:  # fmt: skip
        given = {
            "input_size": input_size, "hidden_size": hidden_size, "output_size": output_size, "cell": cell,
            "activation": activation, "num_layers": num_layers, "answers": answers, "loss": loss, "seed": seed,
        }  # fmt: skip
        settings: NetSettings = checked(NetSettings, given)
        if settings.loss == "cross-entropy" and settings.output_size == 1:
            raise UserError("1", which="output_size", mend="expected 2 or more, one for each id, with cross-entropy")
        # the first layer reads the inputs themselves
        self.settings = settings.replace(embed_size=settings.input_size)
        self.cell = cell_of(self.settings)
        self.parameters = _fresh(self.settings)
        self._read: tuple[Recorder, Array] | None = None

    def __repr__(self) -> str:
        names = (
            "input_size", "hidden_size", "output_size", "cell", "activation", "num_layers", "answers", "loss", "seed",
        )  # fmt: skip
        named = (f"{name}={getattr(self.settings, name)!r}" for name in names)
        return f"SimpleRNN({', '.join(named)})"

    def run(self, x: Any, state: StackState | None = None) -> tuple[Array, StackState]:
        """Read on from `state`: outputs (..., T, O), logits where the loss is cross-entropy, and the state after them.

        x: (T, X) or (N, T, X); T numbers where X is 1, T ids where it is more.
        """
        y, state, _ = self._run(sequence(x, self.settings.input_size, "inputs"), state)
        return y, state

    def forward(self, x: Any) -> Array:
        """Return the outputs for `x`, as for `run`, from an empty state, and keep what `backward` needs.

        (..., O) where the network answers at the last step, else (..., T, O).
        """
        y, _, self._read = self._run(sequence(x, self.settings.input_size, "inputs"), None)
        return y if self.settings.answers == "every" else y[..., -1, :]

    def backward(self, d: Any, *, window: int | None = None) -> NetParameters:
        """Return the gradients by the parameters, in a tree like theirs.

        d: the gradient of a loss by what `forward` last returned. window: steps of truncated BPTT, None for all.
        """
        if self._read is None:
            raise UserError("nothing to go back through", which="backward", mend="call forward first")
        if window is not None and window < 1:
            raise UserError(f"{window!r}", which="window", mend=f"expected {COUNT}, or None for all")
        recorder, hidden = self._read
        dy = numbers(d, "backward")
        is_every = self.settings.answers == "every"
        shape = (*(hidden.shape[:-1] if is_every else hidden.shape[:-2]), self.settings.output_size)
        if dy.shape != shape:
            raise UserError(f"a gradient of shape {dy.shape}", which="backward", mend=f"expected {shape}, as forward's")
        seen = hidden if is_every else hidden[..., -1, :]
        assert self.parameters.output.weight is not None
        by_weight, by_bias, d_seen = dense_backward(self.parameters.output.weight, seen, dy)
        d_hidden = d_seen
        if not is_every:
            # of all outputs of the stack, the last alone was used
            d_hidden = np.concatenate([np.zeros_like(hidden[..., :-1, :]), d_seen[..., None, :]], axis=-2)
        by_layers, _, _ = stack_backward(recorder, self.parameters.layers, d_hidden, window=window)
        return NetParameters(by_layers, DenseParameters(by_weight, by_bias))

    def predict(self, x: Any) -> Any:
        """Return the answer for one sequence: numbers (..., O), or, with cross-entropy, the probabilities of ids.

        Where outputs are single numbers, the numbers themselves.
        """
        y, _ = self.run(x)
        y = y if self.settings.answers == "every" else y[..., -1, :]
        if self.settings.loss == "cross-entropy":
            return np.exp(log_softmax(np, y))
        return y if self.settings.output_size > 1 else y[..., 0][()]

    def loss(self, pairs: Any) -> float:
        """Return the mean loss over (inputs, target) pairs."""
        batch = examples(pairs, self.settings)
        total, _ = self._judge(batch)
        return float(total / batch.targets.size)

    # what grows beyond all numbers is told by `_finite`
    @np.errstate(over="ignore", invalid="ignore")
    def train(
        self, pairs: Any, *, epochs: int = 100, lr: float | None = None, optimizer: str = "adam",
        clip: float | None = 1.0, batch_size: int | None = None, window: int | None = None,
        show: Callable[[Epoch], object] | None = None,
    ) -> list[Epoch]:  # fmt: skip
        """Train on (inputs, target) pairs; return what each epoch came to, and tell it to `show` on the way.

        optimizer: sgd, momentum or adam. clip: the longest gradient, None or 0 for any. batch_size: examples a step,
        drawn anew for every epoch; None for all at once. window: steps of truncated BPTT, None for all. The learning
        rate falls in a straight line, and would be 0 after the last epoch, so that the last steps settle.
        """
        course: CourseSettings = checked(
            CourseSettings,
            {
                "epochs": epochs, "lr": lr, "optimizer": optimizer, "clip": clip, "batch_size": batch_size,
                "window": window,
            },
        )  # fmt: skip
        if show is not None and not callable(show):
            raise UserError(repr(show), which="show", mend="expected a function such as print, or None")
        data = examples(pairs, self.settings)
        count = len(data.inputs)
        size = min(course.batch_size or count, count)
        descent = Descent(course.optimizer, lr=course.lr, clip=course.clip)
        epochs_done: list[Epoch] = []
        for number in range(1, course.epochs + 1):
            order = np.random.default_rng([self.settings.seed, number]).permutation(count)
            total, lengths = 0.0, []
            for start in range(0, count, size):
                rows = order[start : start + size]
                batch = Examples(data.inputs[rows], data.targets[rows])
                summed, d = self._judge(batch)
                total += _finite(summed, "loss", number)
                gradients = named_arrays(self.backward(d / batch.targets.size, window=course.window))
                lengths.append(_finite(norm(gradients), "gradient", number))
                factor = 1 - (number - 1) / course.epochs
                moved = descent.step(named_arrays(self.parameters), gradients, factor)
                self.parameters = with_arrays(self.parameters, moved)
            epochs_done.append(Epoch(number, total / data.targets.size, float(np.mean(lengths))))
            if show is not None:
                show(epochs_done[-1])
        return epochs_done

    def _judge(self, batch: Examples) -> tuple[float, Array]:
        """Return the loss summed over all that was predicted, and its gradient by the outputs."""
        y = self.forward(batch.inputs)
        if self.settings.loss == "squared":
            return float(np.sum((y - batch.targets) ** 2)), 2 * (y - batch.targets)
        nats = negative_log_likelihood(np, y, batch.targets)
        return float(np.sum(nats)), np.exp(log_softmax(np, y)) - one_hot(batch.targets, y.shape[-1])

    def _run(self, x: Array, state: StackState | None) -> tuple[Array, StackState, tuple[Recorder, Array]]:
        recorder = Recorder(self.cell)
        start = start_stack(self.cell, self.parameters.layers, x.shape[:-2])
        if state is not None:
            start = _fitting(state, start)
        hidden, after = run_stack(self.parameters.layers, x, start, recorder)
        assert self.parameters.output.weight is not None
        return hidden @ self.parameters.output.weight.T + self.parameters.output.bias, after, (recorder, hidden)


def _fresh(settings: NetSettings) -> NetParameters:
    """Return first parameters: what meets inputs and outputs is small, as torch.nn.RNN has it; the rest as elsewhere.

    Inputs may be any numbers, not embeddings: small weights keep the squashing near its straight middle.
    """
    rng = np.random.default_rng(settings.seed)
    draw, limit = maker(settings, rng, embedding_spread=1.0), settings.hidden_size**-0.5

    def make(role: str, shape: tuple[int, ...]) -> Array:
        array = rng.uniform(-limit, limit, shape) if role in ("input", "output") else draw(role, shape)
        return array.astype(np.float64)

    output = dense("output", settings.output_size, settings.hidden_size, make)
    return NetParameters(recurrent_layers(settings, 1, make), output)


def _fitting(state: StackState, start: StackState) -> StackState:
    """Return `state` if it is one of this network for as many sequences as `start`."""
    shapes = [{name: np.shape(part) for name, part in named_arrays(one).items()} for one in (state, start)]
    if shapes[0] != shapes[1]:
        raise UserError("what this network did not hand back for such inputs", which="state", mend="begin without one")
    return state


def _finite(value: float, what: str, epoch: int) -> float:
    """Return `value`; where it is no number, no step by it would lead anywhere."""
    if not np.isfinite(value):
        raise WorldError(
            f"a {what} that is not finite",
            which=f"epoch {epoch}",
            mend="lower lr, or clip; the parameters are those of the step before",
        )
    return value
