"""How long, how fast and on what machine to train; what to save."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from textrnn.config.model import RecurrentSettings
from textrnn.config.settings import MAX_COUNT, Duration, Integer, Number, Settings, ZeroIsOff, setting

DEFAULT_BUDGET_S = 180.0
MAX_SEED = 2**63 - 1
# peak learning rate where none is given
DEFAULT_RATE = {"adamw": 4e-3, "adam": 4e-3, "sgd": 0.3, "rmsprop": 2e-3, "muon": 3e-2}


class MachineSettings(Settings):
    """Where to compute."""

    heading: ClassVar[str] = "Machine"

    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:[0-9]{1,2})?)$")] = setting(
        "auto", "auto, cpu, cuda or cuda:1", expected="auto, cpu, cuda or cuda:N", resumable=True
    )
    threads: Integer | None = setting(
        None,
        "threads to compute with (default: all cores)",
        expected="a whole number from 1 to 4096",
        resumable=True,
        ge=1,
        le=4096,
    )


class TrainingSettings(MachineSettings):
    """The course of training."""

    heading: ClassVar[str] = "Training"

    budget: Duration | None = setting(
        None,
        "wall-clock time from start to exit, such as 90s, 3m, 1h (default 3m when neither epochs nor steps are given)",
        expected="a duration such as 90s, 3m or 1h, at least 5s",
        resumable=True,
        ge=5,
    )
    epochs: Number | None = setting(
        None,
        "stop after so many passes over the data",
        "--max-epochs",
        expected="a number from 0 to 1e9",
        resumable=True,
        ge=0,
        le=1e9,
    )
    steps: Integer | None = setting(
        None,
        "stop after so many steps",
        "--max-steps",
        expected=f"a whole number from 0 to {MAX_COUNT}",
        resumable=True,
        ge=0,
        le=MAX_COUNT,
    )
    seq_length: Integer = setting(
        64, "steps of truncated backpropagation through time", "--bptt", "--block-size",
        expected=f"a whole number from 1 to {2**20}", ge=1, le=2**20,
    )  # fmt: skip
    batch_size: Integer = setting(
        32, "rows in a batch", "-b", expected=f"a whole number from 1 to {2**20}", ge=1, le=2**20
    )
    optimizer: Literal["adamw", "adam", "sgd", "rmsprop", "muon"] = setting(
        "adamw", "muon: on matrices, adamw on the rest", expected="adamw, adam, sgd, rmsprop or muon"
    )
    lr: Number | None = setting(
        None, "peak learning rate (default: the optimizer's own)", "--learning-rate",
        expected="a number above 0, at most 1e6", resumable=True, gt=0, le=1e6,
    )  # fmt: skip
    weight_decay: Number = setting(
        0.01, "weight decay", expected="a number from 0 to 1e6", resumable=True, ge=0, le=1e6
    )
    clip: Annotated[Number | None, ZeroIsOff] = setting(
        1.0,
        "gradient norm limit, 0 for none",
        "--grad-clip",
        expected="a number above 0, or 0 for none",
        resumable=True,
        gt=0,
    )
    precision: Literal["fp32", "bf16"] = setting(
        "fp32", "of products in training, a layer's and Muon's; under a budget bf16 where the processor has "
        "instructions for it",
        expected="fp32 or bf16",
    )  # fmt: skip
    scheduled_sampling: Literal["none", "linear", "exponential", "inverse-sigmoid"] = setting(
        "none", "how teacher forcing fades, a coin per step and row",
        expected="none, linear, exponential or inverse-sigmoid",
    )  # fmt: skip
    val_frac: Number = setting(0.1, "share of the data held out", expected="a number p with 0 < p < 1", gt=0, lt=1)
    patience: Integer | None = setting(
        None,
        "stop after so many evaluations without gain",
        expected=f"a whole number from 1 to {MAX_COUNT}",
        resumable=True,
        ge=1,
        le=MAX_COUNT,
    )
    seed: Integer | None = setting(
        None, "seed of everything drawn at random (printed when not given)",
        expected=f"a whole number from 0 to {MAX_SEED}", ge=0, le=MAX_SEED,
    )  # fmt: skip
    save_every: Duration = setting(
        30.0, "commit at least so often", expected="a duration such as 30s or 5m, at least 1s", resumable=True, ge=1
    )

    @property
    def rate(self) -> float:
        """The peak learning rate: the one that was given, or the optimizer's own."""
        return self.lr or DEFAULT_RATE[self.optimizer]

    @property
    def has_end(self) -> bool:
        """Whether anything says when to stop."""
        return self.budget is not None or self.epochs is not None or self.steps is not None


class NetworkTrainingSettings(RecurrentSettings, TrainingSettings):
    """What every training of a recurrent network can be told."""
