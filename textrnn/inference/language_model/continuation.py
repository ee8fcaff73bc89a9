"""Continuations of held-out prompts, compared with how the text really goes on.

In: a model, the ids of a text, the units of a prompt and of its continuation. Out: BLEU and chrF against the true
text, distinct-n and self-BLEU, for the model, for an n-gram model fitted on the same training text, and for held-out
text. Shapes: R prompts, P units of each, C units of a continuation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textrnn.baselines.ngram import NgramModel
from textrnn.config.generation import GenerationSettings
from textrnn.data.ids import Ids
from textrnn.errors import UserError
from textrnn.inference.language_model.contract import Measurable
from textrnn.inference.language_model.randomness import uniforms
from textrnn.inference.language_model.sampler import Sampler
from textrnn.metrics.diversity import distinct, self_bleu
from textrnn.metrics.translation import translation_scores
from textrnn.text.display import counted
from textrnn.text.tokenizer import Tokenizer, has_end

# prompts taken from a text, evenly spread over it
PROMPTS = 100
# others that each continuation is compared with for self-BLEU; the cost grows with their number, the figure hardly
SELF_REFERENCES = 10
# units of the prompts fed at once: memory, not results, depends on it
FED = 256


def compare_continuations(model: Measurable, ids: Ids, prompt_units: int, units: int, *, seed: int) -> dict[str, Any]:
    """Return the figures of `model`, of the n-gram model in its run, and of held-out text, under the usual temperature.

    Held-out text is judged as the continuation of another prompt: true text that does not belong there.
    """
    length, count = prompt_units + units, number_of_prompts(len(ids), prompt_units, units)
    starts = np.arange(count) * (len(ids) // count)
    rows = np.asarray(ids[starts[:, None] + np.arange(length)], dtype=np.int64)  # (R, P + C)
    prompts, truth = rows[:, :prompt_units], rows[:, prompt_units:]
    settings = GenerationSettings()
    candidates: dict[str, npt.NDArray[np.int64]] = {"model": continued(model, prompts, units, settings, seed)}
    if model.baseline is not None:
        candidates["ngram"] = _continue_by_ngram(model.baseline, prompts, units, settings, seed)
    candidates["held_out"] = np.roll(truth, 1, axis=0)
    texts = {name: _texts(model.tokenizer, found) for name, found in candidates.items()}
    references = _texts(model.tokenizer, truth)
    return {
        "prompts": count,
        "prompt_units": prompt_units,
        "continued_units": units,
        "temperature": settings.temperature,
        "seed": seed,
        **{name: _figures(written, references, candidates[name]) for name, written in texts.items()},
    }


def number_of_prompts(length: int, prompt_units: int, units: int) -> int:
    """Return how many prompts a text of `length` units gives; one that gives fewer than two is refused."""
    count = min(PROMPTS, length // (prompt_units + units))
    if count < 2:
        needed = 2 * (prompt_units + units)
        mend = f"two prompts and their continuations need {needed:,}"
        raise UserError(f"a text of {counted(length, 'unit')}", which="--continue", mend=mend)
    return count


def continued(
    model: Measurable, prompts: npt.NDArray[np.int64], units: int, settings: GenerationSettings, seed: int
) -> npt.NDArray[np.int64]:
    """Continue every prompt by `units`, side by side: (R, P) -> (R, C)."""
    engine = model.engine
    state = engine.start(len(prompts))
    for start in range(0, prompts.shape[1], FED):
        logits, state = engine.feed(prompts[:, start : start + FED], state)
    unit, ends = model.tokenizer.unit, has_end(model.tokenizer)
    samplers = [Sampler(settings, engine.vocabulary_size, prompt, unit=unit, has_end=ends) for prompt in prompts]
    draws = [uniforms(seed, row) for row in range(len(prompts))]
    columns = []
    for _ in range(units):
        column = [sampler.step(row, next(draw))[0] for sampler, row, draw in zip(samplers, logits, draws, strict=True)]
        columns.append(column)
        logits, state = engine.feed(np.array(column)[:, None], state)
    return np.array(columns).T


def _continue_by_ngram(
    ngram: NgramModel, prompts: npt.NDArray[np.int64], units: int, settings: GenerationSettings, seed: int
) -> npt.NDArray[np.int64]:
    rng = np.random.default_rng([seed, len(prompts)])
    return np.array([ngram.continue_(prompt, units, rng, temperature=settings.temperature) for prompt in prompts])


def _texts(tokenizer: Tokenizer, rows: npt.NDArray[np.int64]) -> list[str]:
    return [tokenizer.decode(row.tolist()) for row in rows]


def _figures(texts: Sequence[str], references: Sequence[str], rows: npt.NDArray[np.int64]) -> dict[str, Any]:
    scores = translation_scores(texts, references)
    sequences = [text.split() for text in texts]
    return {
        "bleu": scores.bleu,
        "chrf": scores.chrf,
        "distinct_1": distinct(sequences, 1),
        "distinct_2": distinct(sequences, 2),
        "self_bleu": self_bleu(texts, max_references=SELF_REFERENCES),
        "signature": scores.signature,
    }
