"""Initial weights from another model: its stack as it is, symbols by name, new rows for new symbols.

A language model starts from a language model, a classifier and a tagger from a model of any kind but one that writes
another text, an encoder-decoder from an encoder-decoder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.seq2seq import TrainSeq2SeqSettings
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.config.training import NetworkTrainingSettings
from textrnn.data.conditions import Conditions
from textrnn.errors import UserError
from textrnn.inference.classifier.model import TextClassifier
from textrnn.inference.language_model.model import LanguageModel
from textrnn.inference.load import any_model
from textrnn.inference.seq2seq.model import Translator
from textrnn.inference.tagger.model import Tagger
from textrnn.networks.classifier import ClassifierParameters
from textrnn.networks.language_model import LanguageModelParameters
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.networks.seq2seq import Seq2SeqParameters
from textrnn.networks.tagger import TaggerParameters
from textrnn.runs.folder import Run
from textrnn.runs.manifest import TASKS
from textrnn.text.sides import Sides
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

SHARED_BY_TRANSLATORS = (*SHARED_BY_ALL, "bidirectional", "head_size", "attention", "tokenizer", "lowercase")

_NONE = Conditions()

# what a model that reads texts can start from
Donor = LanguageModel | TextClassifier | Tagger


def donor_of(run: Run) -> Donor:
    """Return the model in `run` to start from; one that reads no text, or writes another, is refused."""
    model = any_model(run)
    if not isinstance(model, Donor):
        mend = "give a language model, a classifier or a tagger"
        raise UserError(f"{TASKS[run.task][0]}", which=f"--init-from {run.name}", mend=mend)
    return model


def seq2seq_settings_from(model: Translator, settings: TrainSeq2SeqSettings) -> TrainSeq2SeqSettings:
    """Return `settings` with the network of `model`; a network setting that was given and differs is refused."""
    return _settled(model, settings, SHARED_BY_TRANSLATORS)


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


def _settled(model: Donor | Translator, settings: Checked, shared: Sequence[str]) -> Checked:
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
    by_symbol = dict.fromkeys(BY_SYMBOL, (tokenizer, model.tokenizer))
    warm = _warm(fresh, model.engine.parameters, by_symbol, ("conditions",))
    old, own = model.engine.parameters.conditions, warm.conditions
    if old is None or own is None:
        return warm
    both = [name for name in conditions.names if name in model.conditions.names]
    rows = own.copy()
    rows[[conditions.names.index(name) for name in both]] = old[[model.conditions.names.index(name) for name in both]]
    return warm._replace(conditions=rows)


def warm_seq2seq(fresh: Seq2SeqParameters, sides: Sides, model: Translator) -> Seq2SeqParameters:
    """Return `fresh` with what `model` knows: the rows of symbols that both have, and every array without symbols."""
    by_symbol = {f"decoder.{name}": (sides.target, model.sides.target) for name in BY_SYMBOL}
    by_symbol["encoder.embedding"] = (sides.source, model.sides.source)
    return _warm(fresh, model.engine.parameters, by_symbol)


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
    return _warm_reader(fresh, tokenizer, model, is_same=is_same)


def warm_tagger(fresh: TaggerParameters, tokenizer: Tokenizer, tags: Sequence[str], model: Donor) -> TaggerParameters:
    """Return `fresh` with what `model` knows of words and of reading them; a tagger of the same tags gives all."""
    is_same = isinstance(model, Tagger) and model.tags == tuple(tags)
    return _warm_reader(fresh, tokenizer, model, is_same=is_same)


def _warm_reader(fresh: Tree, tokenizer: Tokenizer, model: Donor, *, is_same: bool) -> Tree:
    """is_same: whether what is said of a text means the same in both."""
    left_out: tuple[str, ...] = () if is_same else ("output", "head")
    if isinstance(model, LanguageModel) and model.settings.hierarchy != "none":
        # what stands above a slow layer reads that too
        left_out += tuple(f"layers.{depth}." for depth in range(1, model.settings.num_layers + 1))
    return _warm(fresh, model.engine.parameters, {"embedding": (tokenizer, model.tokenizer)}, left_out)


def _warm(
    fresh: Tree, donor: object, by_symbol: Mapping[str, tuple[Tokenizer, Tokenizer]], left_out: tuple[str, ...] = ()
) -> Tree:
    """Return `fresh` with the arrays of `donor` that fit.

    by_symbol: names of arrays with a row a symbol, with the vocabularies of both. left_out: how names begin of arrays
    that mean something else here.
    """
    learned = named_arrays(donor)

    def warm(name: str, array: np.ndarray) -> np.ndarray:
        if name not in learned or name.startswith(left_out):
            return array
        if name in by_symbol:
            return _with_rows(array, learned[name], *by_symbol[name])
        return np.array(learned[name]) if learned[name].shape == array.shape else array

    return map_arrays(warm, fresh)


def _with_rows(fresh: np.ndarray, learned: np.ndarray, own: Tokenizer, other: Tokenizer) -> np.ndarray:
    """Return `fresh` with the learned rows of the symbols that both vocabularies have."""
    known = {symbol: id for id, symbol in enumerate(other.symbols)}
    pairs = [(id, known[symbol]) for id, symbol in enumerate(own.symbols) if symbol in known]
    ids, old_ids = (np.array(column) for column in zip(*pairs, strict=True))
    rows = fresh.copy()
    rows[ids] = learned[old_ids]
    return rows
