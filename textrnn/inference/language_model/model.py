"""A language model at work: text in, text or figures out, on NumPy alone.

Shapes: (n,) ids.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from textrnn.baselines.ngram import NgramModel
from textrnn.config.generation import GenerationSettings, Precision
from textrnn.config.language_model import EvaluateSettings, TrainLanguageModelSettings
from textrnn.config.training import MAX_SEED
from textrnn.data.conditions import Conditions
from textrnn.errors import UserError
from textrnn.inference.language_model.choosing import engine_for
from textrnn.inference.language_model.engine import Engine
from textrnn.inference.language_model.prompt import prepare_prompt
from textrnn.inference.language_model.writing import Conversation, Generation, chosen_seed
from textrnn.networks.build import cell_of
from textrnn.networks.language_model import LanguageModelParameters, under
from textrnn.networks.parameters import named_arrays
from textrnn.text.corpus import Corpus
from textrnn.text.display import counted
from textrnn.text.endings import passage_ends
from textrnn.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from textrnn.inference.language_model.evaluation import LanguageModelEvaluation

TASK = "language-model"
_NONE = Conditions()


class LanguageModel:
    """What `textrnn.load` and `textrnn.train_lm` return.

    name: the run's. settings: those it was trained with. config: all that the run says of its making. conditions: those
    under which it writes; of a model that has some, one is chosen for each text.
    """

    def __init__(
        self,
        *,
        name: str,
        tokenizer: Tokenizer,
        settings: TrainLanguageModelSettings,
        parameters: LanguageModelParameters,
        config: Mapping[str, Any],
        model_sha256: str | None = None,
        baseline_arrays: Mapping[str, np.ndarray] | None = None,
        card: str | None = None,
        conditions: Conditions = _NONE,
    ) -> None:
        """card: what is told of the model beside it, in Markdown; `save` writes it too."""
        self.name, self.tokenizer, self.settings, self.conditions = name, tokenizer, settings, conditions
        self.config, self.model_sha256 = dict(config), model_sha256
        self._parameters, self._baseline_arrays, self.card = parameters, baseline_arrays, card
        # the next text is often under the same condition
        self._last: tuple[tuple[int | None, Precision], Engine] | None = None

    def __repr__(self) -> str:
        s, tokenizer = self.settings, self.tokenizer
        symbols = counted(len(tokenizer.symbols), tokenizer.unit)
        return f"<LanguageModel {self.name!r}: {s.cell} {s.num_layers}x{s.hidden_size}, vocabulary of {symbols}>"

    @cached_property
    def engine(self) -> Engine:
        """The network on NumPy; it reads units under any condition."""
        return self._engine(self._parameters, "fp32")

    def engine_under(self, condition: str | None, precision: Precision = "fp32") -> Engine:
        """Return the network that reads every unit under one condition; a condition that cannot be is refused."""
        number = self.conditions.number(condition, self.name)
        if number is None and precision == "fp32":
            return self.engine
        if self._last is None or self._last[0] != (number, precision):
            self._last = (number, precision), self._engine(under(self._parameters, number), precision)
        return self._last[1]

    def _engine(self, parameters: LanguageModelParameters, precision: Precision) -> Engine:
        ends = passage_ends(self.tokenizer, self.settings.hierarchy)
        return Engine(parameters, cell_of(self.settings), precision, ends)

    @cached_property
    def baseline(self) -> NgramModel | None:
        """The n-gram model fitted on the same training text; None where the run holds none."""
        return None if self._baseline_arrays is None else NgramModel.from_arrays(self._baseline_arrays)

    def write(self, prompt: str, settings: GenerationSettings) -> Generation:
        """Return a text under way: iterate it for pieces, then read its results.

        Raises UserError for a prompt with unknown units, as `settings.unknown` says.
        """
        if not isinstance(prompt, str):
            raise TypeError(f"a prompt is text (str), not {type(prompt).__name__}")
        plain = self.engine_under(settings.condition, settings.precision)
        ready = prepare_prompt(self.tokenizer, prompt, settings.unknown)
        engine, notes = engine_for(plain, settings)
        return Generation(
            engine, self.tokenizer, ready, settings,
            seed=chosen_seed(settings), notes=notes, starts_afresh=bool(self.conditions),
        )  # fmt: skip

    def generate(self, prompt: str = "", **settings: Any) -> str:
        """Return a text that goes on from `prompt`, without the prompt. settings: fields of `GenerationSettings`."""
        return self.write(prompt, _one_sample(settings)).results[0].text

    def stream(self, prompt: str = "", **settings: Any) -> Iterator[str]:
        """Yield the text of `generate` piece by piece, as it is written."""
        return iter(self.write(prompt, _one_sample(settings)))

    def conversation(self) -> Conversation:
        """Return a text that is written on in turns: its state is carried from one to the next."""
        return Conversation(self.engine_under, self.tokenizer, starts_afresh=bool(self.conditions))

    def evaluate(
        self,
        source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Corpus,
        *,
        protocol: str | None = None,
        continuation: str | tuple[int, int] | None = None,
        free_running: str | Sequence[int] | None = None,
        batch_size: int | None = None,
        seed: int = 0,
    ) -> LanguageModelEvaluation:
        """Return how well this model predicts a text: a file, several, a built-in corpus's name, or a `Corpus`.

        protocol: by default stateful:64; texts under conditions are read one by one. batch_size: spans read side by
        side; the figures are the same for any. seed: of what is written.
        """
        # here, as those who only write wait for no figures
        from textrnn.inference.language_model.evaluation import evaluate_language_model

        given = {"protocol": protocol, "continuation": continuation, "free_running": free_running}
        settings = EvaluateSettings.check({name: value for name, value in given.items() if value is not None})
        if batch_size is not None and not (isinstance(batch_size, Integral) and batch_size >= 1):
            raise UserError(repr(batch_size), which="batch_size", mend="expected a whole number, at least 1, or None")
        if not (isinstance(seed, Integral) and 0 <= seed <= MAX_SEED):
            raise UserError(repr(seed), which="seed", mend=f"expected a whole number from 0 to {MAX_SEED}")
        if not isinstance(source, Corpus):
            source = self.read([source] if isinstance(source, str | os.PathLike) else source)
        return evaluate_language_model(self, source, settings, batch_size=batch_size, seed=seed)

    def read(self, sources: Sequence[str | os.PathLike[str]], **reading: Any) -> Corpus:
        """Return texts as this model reads them: under conditions, from a table, where it was trained so.

        reading: what is to be read otherwise than in training, such as text_column or encoding.
        """
        from textrnn.data.conditioned import read_texts

        names = ("condition_column", "text_column")
        given = {**{name: getattr(self.settings, name) for name in names}, **reading}
        return read_texts(sources, **given)

    def json_roles(self) -> dict[str, Any]:
        """Return what a run holds of this model beside its weights: the roles config and tokenizer."""
        tokenizer = self.tokenizer.to_json()
        names = {"conditions": list(self.conditions.names)} if self.conditions else {}
        return {"config": self.config, "tokenizer": {**tokenizer, **names}}

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write this model as a run folder, to be opened by `textrnn.load` and every command."""
        from textrnn.runs.writer import RunWriter

        with RunWriter(Path(folder), overwrite=overwrite) as writer:
            arrays = {name: np.asarray(array, np.float32) for name, array in named_arrays(self._parameters).items()}
            weights: dict[str, Any] = {"model": arrays}
            if self._baseline_arrays is not None:
                weights["baseline"] = dict(self._baseline_arrays)
            writer.commit(task=TASK, step=0, json=self.json_roles(), arrays=weights, finished=True)
            if self.card is not None:
                writer.write_card(self.card)


def _one_sample(settings: dict[str, Any]) -> GenerationSettings:
    if settings.get("samples", 1) != 1:
        mend = "write(prompt, GenerationSettings(samples=...)).results gives several"
        raise UserError(f"samples={settings['samples']!r} for one text", mend=mend)
    return GenerationSettings.check({**settings, "samples": 1})
