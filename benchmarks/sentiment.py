"""Sentiment: `train-classifier` against TF-IDF with logistic regression on the same rows, over several splits.

Where fastText and VADER (vaderSentiment) are installed, against these too.

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
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness import report
from nltk.tokenize import wordpunct_tokenize
from scipy.stats import t
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from textrnn.data.labelled import read_labelled
from textrnn.data.split import stratified_split

TEXTRNN = str(Path(sys.executable).with_name("textrnn"))
Texts = Sequence[str]
# texts and labels to train on, and texts to answer -> labels
Peer = Callable[[Texts, Texts, Texts], Texts]


def tf_idf(analyzer: str, lengths: tuple[int, int], inverse_penalty: float) -> Peer:
    """Return logistic regression on TF-IDF of runs of words or characters."""

    def answers(texts: Texts, labels: Texts, asked: Texts) -> Texts:
        vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=lengths)
        model = LogisticRegression(C=inverse_penalty, solver="liblinear").fit(vectorizer.fit_transform(texts), labels)
        return model.predict(vectorizer.transform(asked)).tolist()

    return answers


def fast_text(**settings: Any) -> Peer:
    """Return fastText; it reads words between spaces, in the case that they have."""

    def words(text: str) -> str:
        return " ".join(wordpunct_tokenize(text.lower()))

    def answers(texts: Texts, labels: Texts, asked: Texts) -> Texts:
        import fasttext

        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.writelines(f"__label__{label} {words(text)}\n" for text, label in zip(texts, labels, strict=True))
            file.flush()
            model = fasttext.train_supervised(file.name, verbose=0, thread=2, **settings)
        found, _ = model.predict([words(text) for text in asked])
        return [one[0].removeprefix("__label__") for one in found]

    return answers


def vader(texts: Texts, labels: Texts, asked: Texts) -> Texts:
    """Return what VADER's lexicon says, which learns nothing: of two labels the second by name is the good one."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    bad, good = sorted(set(labels))
    return [good if analyzer.polarity_scores(text)["compound"] >= 0 else bad for text in asked]


PEERS: dict[str, Peer] = {
    "TF-IDF words 1-2, C=1": tf_idf("word", (1, 2), 1),
    "TF-IDF words 1-2, C=10": tf_idf("word", (1, 2), 10),
    "TF-IDF characters 2-5, C=1": tf_idf("char", (2, 5), 1),
    "TF-IDF characters 2-5, C=10": tf_idf("char", (2, 5), 10),
}
if find_spec("fasttext"):
    # as its program has them, and as its tutorial ends
    PEERS["fastText"] = fast_text()
    PEERS["fastText, lr 1, 25 epochs, word pairs"] = fast_text(lr=1.0, epoch=25, wordNgrams=2)
if find_spec("vaderSentiment"):
    PEERS["VADER"] = vader


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

    texts, labels, asked = taken(rows.texts, train), taken(rows.labels, train), taken(rows.texts, held_out)
    truth = taken(rows.labels, held_out)
    found = {}
    for name in wanted:
        said = PEERS[name](texts, labels, asked)
        found[name] = statistics.mean(one == other for one, other in zip(said, truth, strict=True))
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
