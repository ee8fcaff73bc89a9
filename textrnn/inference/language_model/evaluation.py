"""The figures of a language model on a text it has not seen.

In: a model, a corpus, a protocol. Out: likelihood with its conditions, and, on request, how the model's continuations
compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import textrnn
from textrnn.config.language_model import EvaluateSettings
from textrnn.errors import UserError
from textrnn.inference.language_model.continuation import compare_continuations, number_of_prompts
from textrnn.inference.language_model.contract import Measurable, Reader
from textrnn.inference.language_model.free_running import free_running, number_of_places
from textrnn.inference.language_model.protocol import measure
from textrnn.inference.language_model.text import read_text
from textrnn.metrics.likelihood import Likelihood
from textrnn.metrics.signature import short_sha, signature
from textrnn.text.corpus import Corpus
from textrnn.text.display import counted, printable

# above this share of unknown units a figure says little about the text
MANY_UNKNOWN = 0.01


@dataclass(frozen=True, kw_only=True)
class LanguageModelEvaluation:
    """Likelihood of a text under a protocol; unknown: units the model does not have, fed as <unk> and not counted."""

    model: str
    unit: str
    likelihood: Likelihood
    unknown: int
    protocol: str
    signature: str
    notes: tuple[str, ...] = ()
    continuation: Mapping[str, Any] | None = field(default=None)
    free_running: Sequence[Mapping[str, Any]] | None = field(default=None)

    @property
    def units(self) -> int:
        return self.likelihood.units

    @property
    def nats_per_unit(self) -> float:
        return self.likelihood.nats_per_unit

    @property
    def bits_per_unit(self) -> float:
        return self.likelihood.bits_per_unit

    @property
    def perplexity(self) -> float | None:
        return self.likelihood.perplexity

    def to_json(self) -> dict[str, Any]:
        """Return the figures under the names that `evaluate --json` promises."""
        figures = self.likelihood.to_json()
        order = ("units", "nats_per_unit", "bits_per_unit", "perplexity")
        return {
            "model": self.model,
            "task": "language-model",
            "unit": self.unit,
            **{name: figures[name] for name in order},
            "unknown": self.unknown,
            "protocol": self.protocol,
            "signature": self.signature,
            **({} if self.continuation is None else {"continuation": dict(self.continuation)}),
            **({} if self.free_running is None else {"free_running": [dict(one) for one in self.free_running]}),
        }


def evaluate_language_model(
    model: Measurable,
    corpus: Corpus,
    settings: EvaluateSettings,
    *,
    reader: Reader | None = None,
    conditions: Mapping[str, Any] = MappingProxyType({}),
    batch_size: int | None = None,
    seed: int = 0,
    judge: Measurable | None = None,
) -> LanguageModelEvaluation:
    """Measure `model` on `corpus`. batch_size: spans read side by side. seed: of what is written.

    judge: who judges the text that it writes, beside itself.
    reader: what reads the text, by default the model's engine. conditions: what the signature says beyond the usual.
    """
    tokenizer = model.tokenizer
    text = read_text(model, corpus)
    protocol, ids = text.protocol(settings), text.ids
    if len(ids) < 2:
        raise UserError(
            counted(len(ids), tokenizer.unit),
            which=", ".join(map(printable, corpus.names)),
            mend="a text needs at least 2 to be predicted",
        )
    if settings.continuation is not None:
        # before the whole text is read for its likelihood
        number_of_prompts(len(ids), *settings.continuation)
    if settings.free_running is not None:
        number_of_places(len(ids), settings.free_running)
    reads = model.engine if reader is None else reader
    likelihood, unknown = measure(
        reads.nats, reads.start_exact, ids, protocol, inputs=text.inputs, batch_size=batch_size
    )
    if likelihood.units == 0:
        raise UserError(
            f"the model knows none of its {tokenizer.unit}s",
            which=", ".join(map(printable, corpus.names)),
            mend="use a model of this kind of text",
        )
    notes = list(corpus.notes)
    if unknown > MANY_UNKNOWN * (unknown + likelihood.units):
        share = unknown / (unknown + likelihood.units)
        notes.append(
            f"{share:.1%} of the {tokenizer.unit}s are unknown to the model and left out: the figures are of the rest"
        )
    trained_on = (model.config.get("data") or {}).get("sha256")
    if trained_on == corpus.sha256:
        notes.append("the model was trained on this very text: the figures say how well it remembers")
    continuation = None
    if settings.continuation is not None:
        continuation = compare_continuations(model, ids, *settings.continuation, seed=seed)
    running = None
    if settings.free_running is not None:
        running = free_running(model, ids, settings.free_running, seed=seed, other=judge)
    return LanguageModelEvaluation(
        model=model.name,
        unit=tokenizer.unit,
        likelihood=likelihood,
        unknown=unknown,
        protocol=protocol,
        signature=signature(
            data=short_sha(corpus.sha256),
            model=None if model.model_sha256 is None else short_sha(model.model_sha256),
            protocol=protocol,
            unit=tokenizer.unit,
            **conditions,
            textrnn=textrnn.__version__,
        ),
        notes=tuple(notes),
        continuation=continuation,
        free_running=running,
    )
