"""The NumPy trainer: it learns, its gradients and steps are torch's, it needs no torch, and it refuses what it must."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from textrnn.errors import UserError, WorldError
from textrnn.learn.trainer import SimpleRNN
from textrnn.learn.trainer_optimizers import OPTIMIZERS, clipped, norm
from textrnn.networks.parameters import map_arrays, named_arrays, with_arrays

# the example of the documentation; 4 5 6 is not in it
NUMBERS = [([n, n + 1, n + 2], n + 3) for n in (1, 2, 3, 5, 6, 7)]
KINDS: list[dict[str, Any]] = [
    {"cell": "rnn"},
    {"cell": "rnn", "activation": "relu", "answers": "every"},
    {"cell": "lstm", "num_layers": 2, "answers": "every", "loss": "cross-entropy"},
    {"cell": "gru", "loss": "cross-entropy"},
]
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind.values())))


def pairs_for(net: SimpleRNN, count: int = 5, steps: int = 6) -> list[tuple[Any, Any]]:
    rng, settings = np.random.default_rng(3), net.settings
    shape = (steps,) if settings.answers == "every" else ()
    if settings.loss == "cross-entropy":
        targets: Any = rng.integers(0, settings.output_size, (count, *shape))
    else:
        targets = rng.normal(0, 1, (count, *shape, settings.output_size))
    return list(zip(rng.normal(0, 1, (count, steps, settings.input_size)), targets, strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_the_classic_toy(seed: int) -> None:
    """Trained on 1 2 3 -> 4, 2 3 4 -> 5, 3 4 5 -> 6 and a few more, it answers 7 to 4 5 6, which it has never seen."""
    net = SimpleRNN(input_size=1, hidden_size=32, output_size=1, cell="rnn", seed=seed)
    history = net.train(NUMBERS, epochs=500)
    assert net.predict([4, 5, 6]) == pytest.approx(7, abs=0.1)
    assert history[-1].loss < 1e-3 < history[0].loss
    assert history[-1].loss == pytest.approx(net.loss(NUMBERS), abs=1e-3)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_small_character_model(cell: str) -> None:
    text = "hello world, " * 8
    symbols = sorted(set(text))
    ids = [symbols.index(character) for character in text]
    pairs = [(ids[i : i + 20], ids[i + 1 : i + 21]) for i in range(0, len(ids) - 21, 4)]
    net = SimpleRNN(len(symbols), 24, len(symbols), cell=cell, answers="every", loss="cross-entropy")
    # before the first step it knows next to nothing
    assert net.loss(pairs) == pytest.approx(np.log(len(symbols)), abs=0.3)
    net.train(pairs, epochs=60, lr=0.03, batch_size=8)
    logits, state = net.run(ids[:6])
    written = ""
    for _ in range(40):
        best = int(np.argmax(logits[-1]))
        written += symbols[best]
        logits, state = net.run([best], state)
    assert text[6:46] == written
    assert net.predict(ids[:6]).sum(axis=-1) == pytest.approx(np.ones(6))


@kinds
def test_gradients_are_those_of_torch(kind: dict[str, Any]) -> None:
    """The whole network put together from torch's own layers, and torch's own losses."""
    net = SimpleRNN(3, 4, 2 if kind.get("loss") is None else 5, seed=1, **kind)
    pairs = pairs_for(net)
    x, targets = (np.stack([pair[i] for pair in pairs]) for i in (0, 1))
    modules = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    options = {"nonlinearity": kind.get("activation", "tanh")} if kind["cell"] == "rnn" else {}
    module = modules[kind["cell"]](3, 4, kind.get("num_layers", 1), batch_first=True, **options).double()
    for depth, layer in enumerate(net.parameters.layers):
        for name, array in layer.cell._asdict().items():
            getattr(module, f"{name}_l{depth}").data = torch.tensor(array)
    dense = torch.nn.Linear(4, net.settings.output_size).double()
    dense.weight.data, dense.bias.data = map(torch.tensor, net.parameters.output)
    hidden, _ = module(torch.tensor(x))
    y = dense(hidden if kind.get("answers") == "every" else hidden[:, -1])
    if kind.get("loss") == "cross-entropy":
        loss = torch.nn.functional.cross_entropy(y.flatten(0, -2), torch.tensor(targets).flatten())
    else:
        loss = torch.nn.functional.mse_loss(y, torch.tensor(targets))
    (by_outputs,) = torch.autograd.grad(loss, y, retain_graph=True)
    loss.backward()
    np.testing.assert_allclose(net.forward(x), y.detach().numpy(), rtol=1e-12, atol=1e-12)
    assert net.loss(pairs) == pytest.approx(float(loss.detach()), rel=1e-12)
    gradients = net.backward(by_outputs.numpy())
    for depth, layer in enumerate(gradients.layers):
        for name, found in layer.cell._asdict().items():
            expected = getattr(module, f"{name}_l{depth}").grad.numpy()
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(gradients.output.weight, dense.weight.grad.numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(gradients.output.bias, dense.bias.grad.numpy(), rtol=1e-10, atol=1e-12)
    assert net.train(pairs, epochs=1)[0].gradient_norm == pytest.approx(norm(named_arrays(gradients)), rel=1e-10)


@kinds
def test_a_loss_falls_along_its_gradient(kind: dict[str, Any]) -> None:
    """What `train` goes by is the slope of what `loss` says: a difference along it, and one small step of SGD."""
    net = SimpleRNN(3, 4, 5, seed=2, **kind)
    pairs = pairs_for(net)
    before, parameters = net.loss(pairs), net.parameters
    (epoch,) = net.train(pairs, epochs=1, optimizer="sgd", lr=1e-5, clip=None)
    assert epoch.loss == pytest.approx(before, rel=1e-12)
    assert (before - net.loss(pairs)) / 1e-5 == pytest.approx(epoch.gradient_norm**2, rel=1e-3)
    assert all(not np.array_equal(*pair) for pair in zip(flat(net), named_arrays(parameters).values(), strict=True))


def flat(net: SimpleRNN) -> list[np.ndarray]:
    return list(named_arrays(net.parameters).values())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_torch(name: str) -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(size=(3, 2)), None
    theirs = torch.tensor(ours, requires_grad=True)
    made: dict[str, Any] = {
        "sgd": lambda: torch.optim.SGD([theirs], lr=0.1),
        "momentum": lambda: torch.optim.SGD([theirs], lr=0.1, momentum=0.9),
        "adam": lambda: torch.optim.Adam([theirs], lr=0.1),
    }
    by_torch = made[name]()
    memory = (np.zeros((3, 2)),) * OPTIMIZERS[name].memories
    for step in range(1, 30):
        g = rng.normal(size=(3, 2)) * 10.0 ** rng.integers(-3, 3)
        change, memory = OPTIMIZERS[name].rule(g, memory, 0.1, step)
        ours = ours + change
        theirs.grad = torch.tensor(g)
        by_torch.step()
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-12, atol=1e-12)


def test_clipping_shortens_and_never_turns() -> None:
    rng = np.random.default_rng(0)
    gradients = {"a": rng.normal(size=(3, 2)), "b": rng.normal(size=4)}
    length = norm(gradients)
    assert length == pytest.approx(float(np.sqrt((gradients["a"] ** 2).sum() + (gradients["b"] ** 2).sum())))
    short = clipped(gradients, length / 4)
    assert norm(short) == pytest.approx(length / 4)
    for name, g in gradients.items():
        np.testing.assert_allclose(short[name] * 4, g)
        assert np.array_equal(clipped(gradients, length * 1.01)[name], g)


def test_clip_limits_the_step() -> None:
    moved = {}
    for clip in (1e-3, None, 0):
        net = SimpleRNN(1, 4, 1)
        before = net.parameters
        net.train(NUMBERS, epochs=1, optimizer="sgd", lr=1.0, clip=clip)
        changes = zip(named_arrays(before).items(), flat(net), strict=True)
        moved[clip] = norm({name: after - array for (name, array), after in changes})
    assert moved[1e-3] == pytest.approx(1e-3)
    assert moved[None] == moved[0] > 1


def test_one_output_is_no_choice() -> None:
    """With one id its probability is always 1, and the loss 0: nothing would be learned."""
    with pytest.raises(UserError, match="1 in output_size: expected 2 or more, one for each id, with cross-entropy"):
        SimpleRNN(1, 4, 1, loss="cross-entropy")
    assert SimpleRNN(1, 4, 2, loss="cross-entropy").settings.output_size == 2


def test_what_cannot_show_is_refused_before_the_first_step() -> None:
    net = SimpleRNN(1, 4, 1)
    before = flat(net)
    with pytest.raises(UserError, match="True in show: expected a function such as print, or None"):
        net.train(NUMBERS, epochs=1, show=True)  # type: ignore[arg-type]
    assert all(np.array_equal(*pair) for pair in zip(before, flat(net), strict=True))


def test_it_says_what_it_is() -> None:
    net = SimpleRNN(2, 4, 3, cell="gru", num_layers=2, answers="every", seed=5)
    again = eval(repr(net))
    assert again.settings == net.settings
    assert all(np.array_equal(*pair) for pair in zip(flat(again), flat(net), strict=True))


def test_windows_truncate() -> None:
    net = SimpleRNN(2, 3, 1, cell="gru", answers="every")
    x = np.random.default_rng(0).normal(size=(2, 9, 2))
    y = net.forward(x)
    whole, cut = (named_arrays(net.backward(np.ones_like(y), window=window)) for window in (None, 3))
    same = named_arrays(net.backward(np.ones_like(y), window=9))
    for name in whole:
        np.testing.assert_allclose(same[name], whole[name], rtol=1e-12)
    assert not np.allclose(cut["layers.0.cell.weight_hh"], whole["layers.0.cell.weight_hh"])
    assert np.array_equal(cut["output.weight"], whole["output.weight"])
    with pytest.raises(UserError, match="0 in window: expected a whole number from 1"):
        net.backward(np.ones_like(y), window=0)
    # and training goes by them
    pairs = [(row, target) for row, target in zip(x, np.ones((2, 9)), strict=True)]
    first = {
        window: SimpleRNN(2, 3, 1, answers="every").train(pairs, epochs=1, window=window) for window in (1, 9, None)
    }
    assert first[1][0].loss == first[9][0].loss
    assert first[1][0].gradient_norm != first[9][0].gradient_norm == first[None][0].gradient_norm


def test_an_epoch_goes_over_all_examples_once() -> None:
    """With batches too, the uneven last included: the loss of an epoch without steps is that of all."""
    for batch_size in (1, 4, 6, 100, None):
        net = SimpleRNN(1, 4, 1)
        expected = net.loss(NUMBERS)
        (epoch,) = net.train(NUMBERS, epochs=1, optimizer="sgd", lr=1e-300, batch_size=batch_size)
        assert epoch.loss == pytest.approx(expected, rel=1e-12)


def test_a_seed_is_a_training(capsys: pytest.CaptureFixture[str]) -> None:
    def trained(seed: int) -> list[np.ndarray]:
        net = SimpleRNN(1, 4, 1, seed=seed)
        net.train(NUMBERS, epochs=5, batch_size=2)
        return flat(net)

    assert all(np.array_equal(*pair) for pair in zip(trained(1), trained(1), strict=True))
    assert not np.array_equal(trained(1)[0], trained(2)[0])
    assert capsys.readouterr() == ("", "")


def test_epochs_are_shown_as_they_pass(capsys: pytest.CaptureFixture[str]) -> None:
    history = SimpleRNN(1, 4, 1).train(NUMBERS, epochs=3, show=print)
    assert [epoch.number for epoch in history] == [1, 2, 3]
    lines = capsys.readouterr().out.splitlines()
    assert lines == [str(epoch) for epoch in history]
    assert lines[0].startswith("epoch    1   loss ")
    assert SimpleRNN(1, 4, 1).train(NUMBERS, epochs=0) == []


def test_many_sequences_are_each_alone() -> None:
    net = SimpleRNN(2, 3, 4, cell="lstm")
    x = np.random.default_rng(0).normal(size=(3, 5, 2))
    together = net.forward(x)
    for row in range(3):
        np.testing.assert_allclose(net.forward(x[row]), together[row], rtol=1e-12)
        np.testing.assert_allclose(net.predict(x[row]), together[row], rtol=1e-12)


def test_reading_on_is_one_long_reading() -> None:
    net = SimpleRNN(2, 3, 1, cell="lstm", num_layers=2)
    x = np.random.default_rng(0).normal(size=(3, 5, 2))
    whole, after = net.run(x)
    first, state = net.run(x[:, :2])
    second, state = net.run(x[:, 2:], state)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, rtol=1e-12)
    for part, expected in zip(named_arrays(state).values(), named_arrays(after).values(), strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-12)


@pytest.mark.parametrize("other", [5, (), "state"])
def test_a_state_that_does_not_fit_is_refused(other: Any) -> None:
    net = SimpleRNN(1, 3, 1, cell="lstm")
    _, state = net.run(np.zeros((4, 2, 1)))
    for wrong in (other, state, tuple(state[0])):
        with pytest.raises(UserError, match="in state: begin without one"):
            net.run([1, 2], wrong)


def test_numbers_beyond_all_bounds_end_in_words() -> None:
    with pytest.raises(WorldError, match="not finite in epoch 1"):
        SimpleRNN(1, 4, 1).train([([1e308, 1e308], 1e308)])


def test_parameters_may_be_replaced() -> None:
    net = SimpleRNN(1, 3, 1)
    net.parameters = map_arrays(lambda _, array: np.zeros_like(array), net.parameters)
    assert net.predict([1, 2]) == 0
    bias = {**named_arrays(net.parameters), "output.bias": np.array([3.0])}
    net.parameters = with_arrays(net.parameters, bias)
    assert net.predict([1, 2]) == 3


SIZES: list[tuple[dict[str, Any], str]] = [
    ({"hidden_size": 0}, "0 in hidden_size: expected a whole number from 1 to 4096"),
    ({"hidden_size": 8.5}, "8.5 in hidden_size: expected a whole number"),
    ({"hidden_size": -1, "input_size": 0}, r"^(?=.*-1 in hidden_size)(?=.*0 in input_size)(?!.*embed)"),
    ({"output_size": "many"}, "'many' in output_size"),
    ({"hidden_size": "4"}, "'4' in hidden_size: expected a whole number from 1 to 4096"),
    ({"num_layers": 0}, "0 in num_layers"),
    ({"cell": "transformer"}, "'transformer' in cell: expected rnn, lstm or gru"),
    ({"cell": "lstm", "activation": "relu"}, "only --cell rnn has a choice"),
    ({"answers": "never"}, "'never' in answers: expected 'last' or 'every'"),
    ({"loss": "hinge"}, "'hinge' in loss"),
    ({"seed": -1}, "-1 in seed"),
]


@pytest.mark.parametrize(("given", "line"), SIZES, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_bad_sizes_are_refused(given: dict[str, Any], line: str) -> None:
    with pytest.raises(UserError, match=line):
        SimpleRNN(**{"input_size": 1, "hidden_size": 4, "output_size": 1, **given})


COURSES: list[tuple[dict[str, Any], str]] = [
    *(({"lr": lr}, "in lr: expected a finite number above 0") for lr in (float("nan"), float("inf"), 0, -1, "fast")),
    *(({"clip": clip}, "in clip: expected a finite number above 0") for clip in (-1, float("nan"), float("inf"))),
    ({"epochs": -1}, "-1 in epochs"),
    ({"epochs": 1.5}, "1.5 in epochs"),
    ({"batch_size": 0}, "0 in batch_size"),
    ({"epochs": "3"}, "'3' in epochs: expected a whole number from 0"),
    ({"window": 0}, "0 in window"),
    ({"optimizer": "lion"}, "'lion' in optimizer"),
]


@pytest.mark.parametrize(("given", "line"), COURSES, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_bad_courses_are_refused_before_the_first_step(given: dict[str, Any], line: str) -> None:
    net = SimpleRNN(1, 4, 1)
    before = net.parameters
    with pytest.raises(UserError, match=line):
        net.train(NUMBERS, **given)
    assert net.parameters is before


NAN = float("nan")
DATA: list[tuple[Any, str]] = [
    ([([1, 2, NAN], 4)], r"nan in examples\[0\]: every number must be finite"),
    ([([1, 2], 4), ([1, float("inf")], 4)], r"inf in examples\[1\]"),
    ([([1, 2], NAN)], r"nan in the target of examples\[0\]"),
    ([([1, 2, 3], 4), ([1, 2], 3)], r"2 steps, not 3 as in the first in examples\[1\]: give all examples the same"),
    ([([[1], [2, 3]], 4)], r"no array of numbers in examples\[0\]"),
    ([([[1, 2], [2, 3]], 4)], r"an input of shape \(2, 2\) in examples\[0\]: expected steps of 1 number"),
    ([([], 4)], r"an input of shape \(0,\) in examples\[0\]"),
    ([([1, 2], [3, 4])], r"a target of shape \(2,\) in examples\[0\]: expected 1 number for the whole sequence"),
    ([(["one", "two"], 3)], r"no array of numbers in examples\[0\]"),
    ([([1, 2], None)], r"no array of numbers in the target of examples\[0\]"),
    ([(["1", "2"], 3)], r"no array of numbers in examples\[0\]"),
    ([([1j, 2], 3)], r"no array of numbers in examples\[0\]"),
    ([[1, 2, 3]], r"no pair in examples\[0\]: expected \(inputs, target\)"),
    ([5], r"no pair in examples\[0\]"),
    (["ab"], r"no pair in examples\[0\]"),
    ([], r"nothing to learn from in examples"),
    ("abc", r"no list in examples"),
    (None, r"no list in examples"),
    (iter([1]), r"no list in examples"),
    ({"1 2": 3}, r"no list in examples"),
    (np.array([[1, 2], [3, 4]]), r"an input of shape \(\) in examples\[0\]"),
    (np.array(5), r"no list in examples"),
    ([([10**400, 2], 3)], r"no array of numbers in examples\[0\]"),
]


@pytest.mark.parametrize(("pairs", "line"), DATA, ids=[str(number) for number in range(len(DATA))])
def test_bad_examples_are_refused_in_one_line(pairs: Any, line: str) -> None:
    net = SimpleRNN(1, 4, 1)
    with pytest.raises(UserError, match=line) as refused:
        net.train(pairs)
    assert "\n" not in str(refused.value)


def test_bad_ids_are_refused() -> None:
    net = SimpleRNN(3, 4, 3, answers="every", loss="cross-entropy")
    for pairs, line in [
        ([([0, 3], [0, 1])], r"3 as an id in examples\[0\]: expected 0 to 2"),
        ([([0, 1.5], [0, 1])], "1.5 as an id"),
        ([([0, 1], [0, -1])], r"-1 as an id in the target of examples\[0\]"),
        ([([0, 1], [0, 1, 2])], r"a target of shape \(3,\) in examples\[0\]: expected one id for each of 2 steps"),
    ]:
        with pytest.raises(UserError, match=line):
            net.train(pairs)
    for x in ([0, 3], [[[[0, 0, 1]]]], [NAN, 1], "abc", 7):
        with pytest.raises(UserError, match="in inputs"):
            net.predict(x)


def test_going_back_needs_a_way_forwards_and_its_shape() -> None:
    net = SimpleRNN(1, 4, 2)
    with pytest.raises(UserError, match="call forward first"):
        net.backward([1.0, 1.0])
    net.forward([1, 2, 3])
    with pytest.raises(UserError, match="nan in backward: every number must be finite"):
        net.backward([NAN, 1.0])
    with pytest.raises(UserError, match=r"a gradient of shape \(3, 2\) in backward: expected \(2,\)"):
        net.backward(np.ones((3, 2)))


def test_a_rate_far_too_large_stops_before_the_parameters_break() -> None:
    net = SimpleRNN(1, 4, 1, activation="relu")
    with np.errstate(all="ignore"), pytest.raises(WorldError, match=r"not finite in epoch \d+: lower lr"):
        net.train(NUMBERS, epochs=100, optimizer="sgd", lr=1e100, clip=None)
    assert all(np.isfinite(array).all() for array in flat(net))


def test_a_gradient_that_is_no_number_stops_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    net = SimpleRNN(1, 4, 1)
    before = net.parameters
    broken = map_arrays(lambda _, array: np.full_like(array, np.inf), before)
    monkeypatch.setattr(net, "backward", lambda d, window=None: broken)
    with pytest.raises(WorldError, match="not finite in epoch 1"):
        net.train(NUMBERS, epochs=2)
    assert net.parameters is before


def test_no_torch_is_needed() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from textrnn.learn.trainer import SimpleRNN\n"
        "net = SimpleRNN(1, 4, 1, cell='lstm')\n"
        "net.train([([1, 2], 3)], epochs=2)\n"
        "print(net.predict([1, 2]) == net.predict([1, 2]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "True\n"), ran.stderr
