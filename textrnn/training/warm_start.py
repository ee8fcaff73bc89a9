"""Initial weights from another language model: its stack as it is, symbols by name, new rows for new symbols."""

from __future__ import annotations

import numpy as np

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.errors import UserError
from textrnn.inference.language_model import LanguageModel
from textrnn.networks.language_model import LanguageModelParameters
from textrnn.networks.parameters import map_arrays, named_arrays
from textrnn.text.tokenizer import Tokenizer

# settings that say what the weights mean
SHARED = ("cell", "activation", "hidden_size", "num_layers", "embed_size", "head_size", "layer_norm", "tied")
# arrays with one row for every symbol
BY_SYMBOL = ("embedding", "output.weight", "output.bias")


def settings_from(model: LanguageModel, settings: TrainLanguageModelSettings) -> TrainLanguageModelSettings:
    """Return `settings` with the network of `model`; a network setting that was given and differs is refused."""
    own = {name: getattr(model.settings, name) for name in (*SHARED, "tokenizer")}
    differing = [
        UserError(f"{getattr(settings, name)!r} where {model.name} has {value!r}", which="--" + name.replace("_", "-"),
                  mend="leave it out, or leave out --init-from")
        for name, value in own.items()
        if name in settings.model_fields_set and getattr(settings, name) != value
    ]  # fmt: skip
    if differing:
        raise UserError.join(differing)
    # what was given for the vocabulary may not go with that tokenizer
    return TrainLanguageModelSettings.check({**settings.given(), **own})


def warm_parameters(
    fresh: LanguageModelParameters, tokenizer: Tokenizer, model: LanguageModel
) -> LanguageModelParameters:
    """Return `fresh` with what `model` knows: the rows of symbols that both have, and every array without symbols."""
    known = {symbol: id for id, symbol in enumerate(model.tokenizer.symbols)}
    pairs = [(id, known[symbol]) for id, symbol in enumerate(tokenizer.symbols) if symbol in known]
    ids, old_ids = (np.array(column) for column in zip(*pairs, strict=True))
    learned = named_arrays(model.engine.parameters)

    def warm(name: str, array: np.ndarray) -> np.ndarray:
        if name not in BY_SYMBOL:
            return np.array(learned[name])
        rows = array.copy()
        rows[ids] = learned[name][old_ids]
        return rows

    return map_arrays(warm, fresh)
