"""Faithfulness of `--explain`: leave out the words said to matter most; the verdict changes, against random words.

On held-out reviews of the model that ships. Shares of verdicts that became another, and by how many nats the log odds
fell in the mean.

    .venv/bin/python benchmarks/reasons.py [--model sentiment] [--sentences 50] [--reviews 8]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from harness import report

import textrnn
from textrnn.data.labelled import read_labelled
from textrnn.data.split import stratified_split
from textrnn.explain.faithfulness import faithfulness

# the split of the shipped model: both sets in this order, this seed
DATA, SEED, SENTENCES = ["rotten-tomatoes", "imdb"], 1, 8_530


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="sentiment")
    parser.add_argument("--sentences", type=int, default=50)
    parser.add_argument("--reviews", type=int, default=8)
    given = parser.parse_args()
    model = textrnn.load(given.model)
    assert isinstance(model, textrnn.TextClassifier)
    rows = read_labelled(DATA)
    _, held_out = stratified_split(rows.labels, 0.1, seed=SEED)

    def log_odds(texts: Sequence[str], labels: Sequence[str]) -> np.ndarray:
        found = model.log_probabilities(texts)
        own = np.array([model.classes_.index(label) for label in labels])
        others = found.copy()
        others[np.arange(len(own)), own] = -np.inf
        return found[np.arange(len(own)), own] - others.max(axis=1)

    kinds = {
        "sentences": (held_out[held_out < SENTENCES][: given.sentences], 3),
        "reviews": (held_out[held_out >= SENTENCES][: given.reviews], 20),
    }
    measured = []
    for kind, (places, words) in kinds.items():
        texts = [rows.texts[place] for place in places.tolist()]
        explained = [(text, model.explain(text)) for text in texts]
        found = faithfulness(explained, log_odds, model.predict, words=words, seed=0)
        errors = [explanation.completeness_error for _, explanation in explained]
        measured.append({"held out": kind, **found.to_json(), "largest completeness error": max(errors)})
    report("reasons", measured)


if __name__ == "__main__":
    main()
