"""What a training writes of a language model beside its weights: the card, and the figures that stand in it.

In: the model, its training data, the facts of its training. Out: text. Knows nothing of the loop.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from textrnn.config.generation import GenerationSettings
from textrnn.data.corpora import TEXT_CORPORA
from textrnn.data.ids import Ids
from textrnn.inference.language_model.model import LanguageModel
from textrnn.metrics.copying import SPAN, copied_share
from textrnn.runs.card import CardFacts, DataFacts, card_text
from textrnn.text.display import counted

# where a model lies that has not been saved yet
_UNNAMED = "FOLDER"
# the text that is looked through for quotations
# conditions that it is written under for that
_CONDITIONS = 20
COPIED_SAMPLES, COPIED_LENGTH, COPIED_SEED = 4, 1000, 0


def measured_copying(model: LanguageModel, training: Ids) -> tuple[float | None, str]:
    """Return the share of generated text that stands word for word in the training part, and how it was generated."""
    settings = GenerationSettings(samples=COPIED_SAMPLES, length=COPIED_LENGTH, seed=COPIED_SEED)
    # as many under each condition
    under = [settings.replace(condition=name) for name in model.conditions.names] or [settings]
    texts = [sample.text for one in under[:_CONDITIONS] for sample in model.write("", one).results]
    share = copied_share([model.tokenizer.encode(text) for text in texts], training)
    how = (
        f"{COPIED_SAMPLES} samples of {COPIED_LENGTH:,} {model.tokenizer.unit}s{_under(model)}, "
        f"temperature {settings.temperature}, seed {COPIED_SEED}; "
        f"a stretch of {SPAN} {model.tokenizer.unit}s or more counts"
    )
    return share, how


def _known(model: LanguageModel) -> str:
    count = len(model.conditions)
    return f"; {counted(count, 'condition')}: {model.conditions.listed()}" if count else ""


def _asked(model: LanguageModel) -> str:
    return f"--condition {shlex.quote(model.conditions.names[0])}" if model.conditions else '--prompt "..."'


def _under(model: LanguageModel) -> str:
    count = min(_CONDITIONS, len(model.conditions))
    return f" at most under each of {counted(count, 'condition')}" if count else ""


def language_model_card(
    model: LanguageModel, training: Ids | None, data: Mapping[str, Any], result: Mapping[str, Any]
) -> str:
    """Return the card of a finished run. data, result: the facts that the run and `train-lm --json` hold.

    training: looked through for what the model quotes; None leaves that out.
    """
    settings, validation = model.settings, result["validation"]
    network = f"{settings.num_layers} x {settings.hidden_size} {settings.cell.upper()}"
    if settings.hierarchy != "none":
        network += f" and a slower layer over {settings.hierarchy}"
    share, how = (None, None) if training is None else measured_copying(model, training)
    unit = model.tokenizer.unit
    known = TEXT_CORPORA.get(str(data["name"]))
    facts = CardFacts(
        name=model.name or str(data["name"]),
        kind=f"{unit} language model",
        model=f"{network}, {result['vocabulary']:,} symbols{_known(model)}",
        parameters=result["parameters"],
        data=(
            DataFacts(
                name=str(data["name"]),
                sha256=str(data["sha256"]),
                size=f"{data['characters']:,} characters",
                alphabet=f"{data['alphabet']:,} different characters",
            ),
        ),
        terms=None if known is None else known.licence,
        figures=(
            (f"nats per {unit}, held out", f"{validation['nats_per_unit']:.4f}"),
            (f"bits per {unit}, held out", f"{validation['bits_per_unit']:.4f}"),
            (f"{unit}s predicted", f"{validation['units']:,}"),
            (f"{unit}s seen in training", f"{result['units_seen']:,} in {result['seconds']:,.0f} s"),
        ),
        signature=str(result["signature"]),
        command=model.config["command"] or "textrnn.train_lm(...) in Python",
        usage=f"textrnn generate --model {shlex.quote(model.name or _UNNAMED)} {_asked(model)}",
        can_repeat_text=True,
        copied_share=share,
        copied_how=how,
    )
    return card_text(facts)
