"""What holds for every test: one thread, for small products gain nothing from more, and tests run side by side.

And what tests of several folders use: models of every kind with random weights, made without training.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    import numpy as np

    from textrnn.inference.classifier.model import TextClassifier
    from textrnn.inference.language_model.model import LanguageModel
    from textrnn.inference.seq2seq.model import Translator
    from textrnn.inference.tagger.model import Tagger

# a job in the background of a script ignores Ctrl-C, one under nohup the end of its terminal, and so would every
# process that a test starts
for _signal, _default in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    if hasattr(signal, _signal) and signal.getsignal(getattr(signal, _signal)) is signal.SIG_IGN:
        signal.signal(getattr(signal, _signal), _default)

# before NumPy or torch is imported, and for the processes that tests start
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

# How long an example takes says more about the machine than about the code.
settings.register_profile("textrnn", deadline=None)
settings.load_profile("textrnn")

VERSE = "To be, or not to be, that is the question:\nWhether 'tis nobler in the mind to suffer\n"


def random_model(
    text: str = VERSE,
    *,
    kind: str = "char",
    seed: int = 0,
    spread: float = 0.3,
    name: str = "tiny",
    conditions: Sequence[str] = (),
    **settings: Any,
) -> LanguageModel:
    """Return a model over the symbols of `text` whose every weight, the output's included, is noise."""
    import numpy as np

    from textrnn.config.language_model import TrainLanguageModelSettings
    from textrnn.data.conditions import Conditions
    from textrnn.inference.language_model.model import LanguageModel
    from textrnn.inference.making import run_config
    from textrnn.networks.language_model import initial_parameters
    from textrnn.networks.parameters import map_arrays
    from textrnn.text.corpus import corpus_from_text
    from textrnn.text.tokenizer import fit_tokenizer

    corpus = corpus_from_text(text)
    part = corpus.part(0, corpus.characters)
    # what makes texts start after a boundary
    part.conditions = tuple(conditions)
    tokenizer = fit_tokenizer(kind, part, min_count=None if kind == "byte" else 1)
    table = {"condition_column": "label"} if conditions else {}
    given = {"hidden_size": 12, "seed": seed, "tokenizer": kind, **table, **settings}
    checked = TrainLanguageModelSettings.check(given).settled()
    rng = np.random.default_rng(seed)
    fresh = initial_parameters(checked, len(tokenizer.symbols), rng, num_conditions=len(conditions))
    facts = {"name": "verse", "sha256": corpus.sha256, "characters": corpus.characters}
    return LanguageModel(
        name=name,
        tokenizer=tokenizer,
        settings=checked,
        parameters=map_arrays(lambda _, array: (array + rng.normal(0, spread, array.shape)).astype(np.float32), fresh),
        config=run_config(checked, facts, plan={}, validation=None, command=None),
        conditions=Conditions(tuple(conditions)),
    )


@pytest.fixture
def make_model() -> Callable[..., LanguageModel]:
    return random_model


FILMS = (
    "a lovely film", "lovely, lovely acting and a warm heart", "I loved every minute of it", "warm and witty",
    "a dull film", "dull, dull acting and no heart at all", "I hated every minute of it", "cold and witless",
)  # fmt: skip


def random_classifier(
    texts: Sequence[str] = FILMS, labels: Sequence[str] = ("neg", "pos"), *, seed: int = 0, **settings: Any
) -> TextClassifier:
    """Return a classifier whose every weight is noise, with n-grams of `texts` unless ngrams=False."""
    import numpy as np

    from textrnn.baselines.bag_of_words import BagOfWords
    from textrnn.baselines.majority import Majority
    from textrnn.config.classifier import TrainClassifierSettings
    from textrnn.inference.classifier.model import TextClassifier
    from textrnn.inference.making import run_config
    from textrnn.networks.classifier import build
    from textrnn.networks.ngrams import NgramParameters
    from textrnn.text.corpus import corpus_from_text
    from textrnn.text.ngrams import NgramReader
    from textrnn.text.tokenizer import fit_tokenizer

    checked = TrainClassifierSettings.check({"hidden_size": 6, "embed_size": 5, "seed": seed, **settings}).settled()
    corpus = corpus_from_text(list(texts))
    tokenizer = fit_tokenizer(
        checked.tokenizer, corpus.part(0, corpus.characters), lowercase=checked.lowercase,
        min_count=None if checked.tokenizer in ("byte", "bpe") else 1,
    )  # fmt: skip
    rng = np.random.default_rng(seed)

    def make(_role: str, shape: tuple[int, ...]) -> np.ndarray:
        return (0.5 * rng.standard_normal(shape)).astype(np.float32)

    columns = 1 if len(labels) == 2 else len(labels)
    keys = np.unique(NgramReader(words=(1, 2), characters=(2, 3)).read(texts)[1])
    ids = np.arange(len(texts)) % len(labels)
    made = run_config(checked, {"name": "films", "sha256": corpus.sha256}, plan={}, validation=None, command=None)
    kinds = (Majority, BagOfWords)
    return TextClassifier(
        name="tiny",
        tokenizer=tokenizer,
        labels=labels,
        settings=checked,
        parameters=build(checked, len(tokenizer.symbols), len(labels), make),
        ngrams=NgramParameters(keys, make("", (len(keys), columns)), make("", (columns,))) if checked.ngrams else None,
        config={
            **made,
            "prior": [1 / len(labels)] * (len(labels) - 2) + [0.5 / len(labels), 1.5 / len(labels)],
            "mixing": {"network": 0.75, "ngrams": 0.5},
            "calibration": None,
            "ngrams": {"words": [1, 2], "characters": [2, 3]},
        },
        baseline_arrays={
            name: array for kind in kinds for name, array in kind.fit(texts, ids, len(labels)).to_arrays().items()
        },
    )


@pytest.fixture
def make_classifier() -> Callable[..., TextClassifier]:
    return random_classifier


TAGGED = (
    "Anna/B-person Berg/I-person flew to Oslo/B-place .", "The ferry to Split/B-place was late .", "Again !",
    "Anna/B-person met Ravi/B-person in New/B-place York/I-place , not in OSLO/B-place .",
)  # fmt: skip


def tagged_words(lines: Sequence[str]) -> tuple[list[list[str]], list[list[str]]]:
    """Return words and tags of lines in which a word that is not O has its tag behind a slash."""
    cells = [[word.partition("/") for word in line.split()] for line in lines]
    return [[word for word, _, _ in row] for row in cells], [[tag or "O" for _, _, tag in row] for row in cells]


def random_tagger(lines: Sequence[str] = TAGGED, *, seed: int = 0, **settings: Any) -> Tagger:
    """Return a tagger whose every weight is noise."""
    import numpy as np

    from textrnn.baselines.frequent_tag import FrequentTag
    from textrnn.config.tagger import TrainTaggerSettings
    from textrnn.data.tag_data import prepare_tagged
    from textrnn.data.tagged import sentences_of
    from textrnn.inference.making import run_config
    from textrnn.inference.tagger.model import Tagger
    from textrnn.networks.tagger import build

    given = {"hidden_size": 6, "embed_size": 5, "subwords": 50, "seed": seed, **settings}
    checked = TrainTaggerSettings.check(given)
    sentences = sentences_of(*tagged_words(lines), name="places")
    data = prepare_tagged(sentences, checked, seed=seed, valid=sentences)
    rng = np.random.default_rng(seed)
    return Tagger(
        name="tiny",
        tokenizer=data.tokenizer,
        tags=data.tags,
        settings=checked,
        parameters=build(
            checked, len(data.tokenizer.symbols), len(data.tags),
            lambda _, shape: (0.7 * rng.standard_normal(shape)).astype(np.float32),
        ),
        config=run_config(checked, data.facts, plan={}, validation=None, command=None),
        baseline_arrays=FrequentTag.fit(data.train.words, data.train.tags).to_arrays(),
    )  # fmt: skip


@pytest.fixture
def make_tagger() -> Callable[..., Tagger]:
    return random_tagger


@pytest.fixture
def tagged() -> Callable[[Sequence[str]], tuple[list[list[str]], list[list[str]]]]:
    """Words and tags of lines such as `Anna/B-person flew`."""
    return tagged_words


PAIRED = (
    ("Ana ran.", "Ana a couru."), ("Nobody saw it.", "Personne ne l'a vu."), ("b a b", "B A B"), ("Who?", "Qui ?"),
)  # fmt: skip


def random_translator(pairs: Sequence[tuple[str, str]] = PAIRED, *, seed: int = 0, **settings: Any) -> Translator:
    """Return an encoder-decoder whose every weight is noise."""
    import numpy as np

    from textrnn.config.seq2seq import TrainSeq2SeqSettings
    from textrnn.data.pair_data import prepare_pairs
    from textrnn.data.pairs import pairs_of
    from textrnn.inference.making import run_config
    from textrnn.inference.seq2seq.model import Translator
    from textrnn.networks.seq2seq import build

    checked = TrainSeq2SeqSettings.check({"hidden_size": 6, "embed_size": 5, "seed": seed, **settings})
    given = pairs_of(*zip(*pairs, strict=True), name="pairs")
    data = prepare_pairs(given, checked, seed=seed, valid=given)
    rng = np.random.default_rng(seed)
    return Translator(
        name="tiny",
        sides=data.sides,
        settings=checked,
        parameters=build(
            checked, *data.sides.sizes, lambda _, shape: (0.9 * rng.standard_normal(shape)).astype(np.float32)
        ),
        config=run_config(checked, data.facts, plan={}, validation=None, command=None),
    )


@pytest.fixture
def make_translator() -> Callable[..., Translator]:
    return random_translator
