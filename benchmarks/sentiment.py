"""Sentiment: `train-classifier` against TF-IDF with logistic regression on the same rows, over several splits.

Both train on the same nine tenths and are measured on the same tenth. Of the held-out answers each half is mixed by
weights that the other half gave, and no evaluation is chosen by its figure: see docs/classifiers.md.

    .venv/bin/python benchmarks/sentiment.py rotten-tomatoes [--seeds 0 1 2 3 4] [--unlabelled imdb] [-- FLAGS]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness import report
from scipy.stats import t
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from textrnn.data.labelled import read_labelled
from textrnn.data.split import stratified_split

TEXTRNN = str(Path(sys.executable).with_name("textrnn"))
# the peers: units, shortest and longest run, inverse penalty
PEERS = {
    "words 1-2, C=1": ("word", (1, 2), 1),
    "words 1-2, C=10": ("word", (1, 2), 10),
    "characters 2-5, C=1": ("char", (2, 5), 1),
    "characters 2-5, C=10": ("char", (2, 5), 10),
}


def ours(data: str, seed: int, flags: list[str]) -> dict[str, Any]:
    """Train by the command a user types; return its result and its wall-clock time."""
    with tempfile.TemporaryDirectory() as folder:
        words = [TEXTRNN, "train-classifier", data, "--seed", str(seed), "--out", f"{folder}/run", "--json", *flags]
        began = time.perf_counter()
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)
        return {**json.loads(done.stdout), "wall_s": time.perf_counter() - began}


def peers(data: str, seed: int, wanted: list[str]) -> dict[str, float]:
    """Return the accuracy of each peer on the held-out rows of the same split."""
    # as the command has it: rows in the order of the file, divided by the seed
    rows = read_labelled([data])
    train, held_out = stratified_split(rows.labels, 0.1, seed=seed)

    def taken(values: tuple[str, ...], places: Any) -> list[str]:
        return [values[place] for place in places.tolist()]

    found = {}
    for name in wanted:
        analyzer, lengths, inverse_penalty = PEERS[name]
        vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=lengths)
        features = vectorizer.fit_transform(taken(rows.texts, train))
        model = LogisticRegression(C=inverse_penalty, solver="liblinear").fit(features, taken(rows.labels, train))
        found[name] = model.score(vectorizer.transform(taken(rows.texts, held_out)), taken(rows.labels, held_out))
    return found


def difference(ours: list[float], theirs: list[float]) -> str:
    """Return the mean difference in points, and its 95 % interval over splits (paired t)."""
    differences = [100 * (one - other) for one, other in zip(ours, theirs, strict=True)]
    mean = statistics.mean(differences)
    if len(differences) < 2:
        return f"{mean:+.2f}"
    half = float(t.ppf(0.975, len(differences) - 1)) * statistics.stdev(differences) / len(differences) ** 0.5
    return f"{mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f})"


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", default="rotten-tomatoes")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--unlabelled")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--flags", default="", help="further flags of train-classifier, as one string")
    given = parser.parse_args()
    flags = given.flags.split() + (["--unlabelled", given.unlabelled] if given.unlabelled else [])
    results, others = [], []
    for seed in given.seeds:
        results.append(ours(given.data, seed, flags))
        others.append(peers(given.data, seed, given.peers))
        figures = results[-1]["validation"]
        print(seed, f"{figures['accuracy']:.4f}", f"{results[-1]['wall_s']:.0f} s", others[-1], flush=True)
    accuracies = [result["validation"]["accuracy"] for result in results]
    rows: list[dict[str, Any]] = [
        {
            "model": f"textrnn train-classifier {given.data} {' '.join(flags)}".strip(),
            "accuracy": statistics.mean(accuracies),
            "of each split": accuracies,
            "ece": statistics.mean(result["validation"]["ece"] for result in results),
            "ece_expected": statistics.mean(result["validation"]["ece_expected"] for result in results),
            "log_loss": statistics.mean(result["validation"]["log_loss"] for result in results),
            "wall_s": statistics.mean(result["wall_s"] for result in results),
        }
    ]
    for name in given.peers:
        theirs = [found[name] for found in others]
        rows.append(
            {"model": name, "accuracy": statistics.mean(theirs), "ours less it": difference(accuracies, theirs)}
        )
    bags = [result["validation"]["baselines"][1]["accuracy"] for result in results]
    rows.append({"model": "the run's own bag of words", "accuracy": statistics.mean(bags),
                 "ours less it": difference(accuracies, bags)})  # fmt: skip
    name = f"sentiment-{given.data}" + (f"-{given.unlabelled}" if given.unlabelled else "")
    report(name, rows)


if __name__ == "__main__":
    main()
