"""Initial weights from another model: its stack as it is, symbols by name, new rows for new symbols.

A language model starts from a language model, a classifier and a tagger from a model of any kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.config.training import NetworkTrainingSettings
from textrnn.data.conditions import Conditions
from textrnn.errors import UserError
from textrnn.inference.classifier.model import TextClassifier
from textrnn.inference.language_model.model import LanguageModel
from textrnn.inference.load import any_model
from textrnn.inference.tagger.model import Tagger
from textrnn.networks.classifier import ClassifierParameters
from textrnn.networks.language_model import LanguageModelParameters
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.tagger import TaggerParameters
from textrnn.runs.folder import Run
from textrnn.text.tokenizer import Tokenizer

Checked = TypeVar("Checked", bound=NetworkTrainingSettings)
Tree = TypeVar("Tree")

# settings that say what the weights mean
SHARED = (
    "cell",
    "activation",
    "hidden_size",
    "num_layers",
    "embed_size",
    "head_size",
    "layer_norm",
    "tied",
    "hierarchy",
)
# arrays with one row for every symbol
BY_SYMBOL = ("embedding", "output.weight", "output.bias")


# what any two networks have in common, what two have that read whole texts, and two of one kind
SHARED_BY_ALL = ("cell", "activation", "hidden_size", "num_layers", "embed_size", "layer_norm")
SHARED_BY_READERS = (*SHARED_BY_ALL, "bidirectional", "subwords")
SHARED_BY_CLASSIFIERS = (*SHARED_BY_READERS, "head_size", "pooling")
SHARED_BY_TAGGERS = (*SHARED_BY_READERS, "head_size", "shapes")

_NONE = Conditions()

Donor = LanguageModel | TextClassifier | Tagger


def donor_of(run: Run) -> Donor:
    """Return the model in `run` to start from; one that reads no text is refused."""
    model = any_model(run)
    if not isinstance(model, Donor):
        mend = "give a model that reads text"
        raise UserError(f"a {run.task}", which=f"--init-from {run.name}", mend=mend)
    return model


def settings_from(model: LanguageModel, settings: TrainLanguageModelSettings) -> TrainLanguageModelSettings:
    """Return `settings` with the network of `model`; a network setting that was given and differs is refused."""
    return _settled(model, settings, (*SHARED, "tokenizer"))


def classifier_settings_from(model: Donor, settings: TrainClassifierSettings) -> TrainClassifierSettings:
    """Return `settings` with what a classifier can have of the network of `model`; what differs is refused."""
    shared = (*_shared(model, TextClassifier, SHARED_BY_CLASSIFIERS), "tokenizer", "lowercase")
    # texts are read in passages as they were, unless they are to be read in another way
    if isinstance(model, TextClassifier) and "hierarchy" not in settings.model_fields_set:
        shared = (*shared, "hierarchy")
    return _settled(model, settings, shared)


def tagger_settings_from(model: Donor, settings: TrainTaggerSettings) -> TrainTaggerSettings:
    """Return `settings` with what a tagger can have of the network of `model`; what differs is refused."""
    if model.tokenizer.kind != "word":
        what = f"a model of {model.tokenizer.unit}s"
        raise UserError(what, which=f"--init-from {model.name}", mend="a tagger reads words: give a model of words")
    return _settled(model, settings, (*_shared(model, Tagger, SHARED_BY_TAGGERS), "lowercase"))


def _shared(model: Donor, kind: type[Donor], of_one_kind: Sequence[str]) -> Sequence[str]:
    if isinstance(model, kind):
        return of_one_kind
    return SHARED_BY_ALL if isinstance(model, LanguageModel) else SHARED_BY_READERS


def _settled(model: Donor, settings: Checked, shared: Sequence[str]) -> Checked:
    own = {name: getattr(model.settings, name) for name in shared}
    differing = [
        UserError(f"{getattr(settings, name)!r} where {model.name} has {value!r}", which="--" + name.replace("_", "-"),
                  mend="leave it out, or leave out --init-from")
        for name, value in own.items()
        if name in settings.model_fields_set and getattr(settings, name) != value
    ]  # fmt: skip
    if differing:
        raise UserError.join(differing)
    # what was given for the vocabulary may not go with that tokenizer
    return type(settings).check({**settings.given(), **own})


def warm_parameters(
    fresh: LanguageModelParameters, tokenizer: Tokenizer, model: LanguageModel, conditions: Conditions = _NONE
) -> LanguageModelParameters:
    """Return `fresh` with what `model` knows: the rows of symbols and of `conditions` that both have, and the rest."""
    warm = _warm(fresh, tokenizer, model, lambda name: name != "conditions")
    old, own = model.engine.parameters.conditions, warm.conditions
    if old is None or own is None:
        return warm
    both = [name for name in conditions.names if name in model.conditions.names]
    rows = own.copy()
    rows[[conditions.names.index(name) for name in both]] = old[[model.conditions.names.index(name) for name in both]]
    return warm._replace(conditions=rows)


def warm_classifier(
    fresh: ClassifierParameters, tokenizer: Tokenizer, labels: Sequence[str], model: Donor
) -> ClassifierParameters:
    """Return `fresh` with what `model` knows of words and of reading them.

    Of a language model that is what reads forwards: the embedding, the first layer, and those above it where they read
    that layer alone. What chooses a label is taken from a classifier of the same labels, where both or neither of them
    read passages.
    """
    is_same = isinstance(model, TextClassifier) and model.classes_ == tuple(labels)
    if isinstance(model, TextClassifier):
        is_same = is_same and ((model.settings.hierarchy == "none") == (fresh.slow is None))
    return _warm(fresh, tokenizer, model, lambda name: is_same or not name.startswith(("output", "head")))


def warm_tagger(fresh: TaggerParameters, tokenizer: Tokenizer, tags: Sequence[str], model: Donor) -> TaggerParameters:
    """Return `fresh` with what `model` knows of words and of reading them; a tagger of the same tags gives all."""
    is_same = isinstance(model, Tagger) and model.tags == tuple(tags)
    return _warm(fresh, tokenizer, model, lambda name: is_same or not name.startswith(("output", "head")))


def _warm(fresh: Tree, tokenizer: Tokenizer, model: Donor, is_wanted: Callable[[str], bool]) -> Tree:
    known = {symbol: id for id, symbol in enumerate(model.tokenizer.symbols)}
    pairs = [(id, known[symbol]) for id, symbol in enumerate(tokenizer.symbols) if symbol in known]
    ids, old_ids = (np.array(column) for column in zip(*pairs, strict=True))
    learned = named_arrays(model.engine.parameters)
    if isinstance(model, LanguageModel) and not isinstance(fresh, LanguageModelParameters):
        # what stands above a slow layer reads that too
        slow = ("layers.",) if model.settings.hierarchy != "none" else ()
        learned = {name: one for name, one in learned.items() if not name.startswith(slow) or "layers.0." in name}
    by_symbol = BY_SYMBOL if isinstance(model, LanguageModel) else BY_SYMBOL[:1]

    def warm(name: str, array: np.ndarray) -> np.ndarray:
        if name not in learned or not is_wanted(name):
            return array
        if name in by_symbol:
            rows = array.copy()
            rows[ids] = learned[name][old_ids]
            return rows
        return np.array(learned[name]) if learned[name].shape == array.shape else array

    return map_arrays(warm, fresh)
