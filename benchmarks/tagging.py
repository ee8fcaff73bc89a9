"""Taggers' speed: tagging on NumPy, batched, against torch's forward pass of the same network, sentence by sentence.

Twice: from words not met before, where torch makes the embeddings of a sentence's words as its forward pass has them,
and from words that both have met, where torch is given the embeddings of all words before the clock starts. Torch's
layers are torch.nn's own, gradients are off; one thread for either. Ours goes from words to tags with probabilities.
Words a second, in turn; and the figures of the run on the same sentences. Without a run a network of the default sizes
takes a few steps on the file: as fast as any, and no figures.

    .venv/bin/python benchmarks/tagging.py --file dev.conll [--model RUN] [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from functools import partial

# before NumPy is imported
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from harness import rates, report, spread

import textrnn
from textrnn.cells.functions import namespace
from textrnn.data.tagged import read_tagged
from textrnn.inference.tagger.model import Tagger
from textrnn.networks.build import cell_of
from textrnn.networks.tagger import Batch, forward, with_shapes
from textrnn.networks.words import Words
from textrnn.text.lexicon import Lexicon
from textrnn.training.embedding import embedded
from textrnn.training.forms import native
from textrnn.training.tensors import to_tensors

Sentences = Sequence[Sequence[str]]
STEPS = 5


def ours(model: Tagger, sentences: Sentences, *, is_new: bool) -> Callable[[], int]:
    """Return what tags all sentences as `textrnn tag` does. is_new: with no memory of the words of the last time."""
    met = model.twin()

    def work() -> int:
        own = model.twin() if is_new else met
        return sum(len(one.words) for one in own.tag_words(sentences))

    return work


def sentence_by_sentence(model: Tagger, sentences: Sentences, *, is_new: bool) -> Callable[[], int]:
    """Return what calls torch's forward pass once a sentence, and takes the likeliest tags with their probability."""
    settings, cell = model.settings, cell_of(model.settings)
    p, loop = to_tensors(model.engine.parameters, torch.device("cpu")), partial(native, cell)

    def made(lexicon: Lexicon, ids: np.ndarray) -> torch.Tensor:
        shapes = torch.from_numpy(lexicon.shapes(ids)) if settings.shapes else None
        own = embedded(p, Words(*map(torch.from_numpy, lexicon.parts(ids))))
        return with_shapes(namespace(own), p, own, shapes)

    def empty() -> Lexicon:
        return Lexicon(model.tokenizer, settings.subwords, has_shapes=settings.shapes)

    met = empty()
    for words in sentences:
        met.encode_words(words)
    known = made(met, np.arange(len(met)))

    @torch.inference_mode()
    def work() -> int:
        lexicon = empty() if is_new else met
        for words in sentences:
            ids = lexicon.encode_words(words)
            table, own = (made(lexicon, ids), torch.arange(len(ids))) if is_new else (known, torch.from_numpy(ids))
            best = forward(cell, p, Batch(own[None], torch.tensor([len(ids)]), table), loop)[0].softmax(1).max(1)
            best.indices.tolist(), best.values.tolist()
        return sum(map(len, sentences))

    return work


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model")
    parser.add_argument("--file", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    sentences = read_tagged([given.file])
    model = textrnn.load(given.model) if given.model else textrnn.train_tagger(given.file, steps=STEPS, seed=0)
    assert isinstance(model, Tagger)
    rows: list[dict[str, object]] = []
    for of, is_new in (("words not met before", True), ("words met before", False)):
        work = {
            "textrnn, batched, NumPy": ours(model, sentences.words, is_new=is_new),
            "torch, sentence by sentence": sentence_by_sentence(model, sentences.words, is_new=is_new),
        }
        found = rates(work, rounds=given.rounds)
        rows += [{"of": of, "tagging": who, "words/s": spread(values)} for who, values in found.items()]
        mine, theirs = found.values()
        ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
        rows.append({"of": of, "tagging": "ratio", "times": spread(ratios)})
    if given.model:
        figures = model.evaluate(sentences).to_json()
        (baseline,) = figures["baselines"]
        for who, one in (("this run", figures), (baseline["name"], baseline)):
            rows.append({"figures": who, **{name: one[name] for name in ("span_f1", "token_accuracy")}})
    report("tagging", rows)


if __name__ == "__main__":
    main()
