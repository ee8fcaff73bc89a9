"""What each word adds to a verdict, from forward passes alone: Shapley values over the words of a text.

In go a text, the spans of its words, and a function from texts to numbers; out comes a weight for each word. What the
numbers mean, and what gives them, is not known here.

    φ(i) = mean over all orders of the words of v(words up to and with i) - v(words before i)      (Shapley 1953)

Along one order the differences add up to v(text) - v(text without words), so the weights do too, however few orders are
sampled (Castro et al. 2009). Each sampled order is followed by its reverse (antithetic sampling, Mitchell et al. 2022).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from textrnn.explain.groups import equal_parts, sentence_groups
from textrnn.explain.words import Explanation, Reason, Span, Words

# M words (or runs of words that are one player), G groups of them, P orders
Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.integer]
Masks = npt.NDArray[np.bool_]
Value = Callable[[Sequence[str]], npt.NDArray[np.floating]]
# how many texts were asked, and how many it will be at most
Progress = Callable[[int, int], object]

SAMPLES = 2000
FEWEST_SAMPLES = 16
# up to so many words every subset is asked
_EXACT_WORDS = 8
# With fewer orders and their reverses over all words than this, sentences come first: two were nearer to the values of
# a hundred, on reviews and a recurrent network, than what sentences first gave at the same cost.
_FEWEST_PAIRS = 2
_TEXTS_PER_GROUP = 32
# thousands of texts without a few words of a huge one would not fit into memory together, and whoever waits for them
# is told now and then
_CHARACTERS_AT_ONCE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """The weight of each word, which add up to `value` less `base` but for `completeness_error`; `texts` were asked."""

    words: Words
    weights: tuple[float, ...]
    base: float
    value: float
    completeness_error: float
    method: str
    texts: int

    def explanation(self, label: str) -> Explanation:
        """Return the weights as the reasons why the text got `label`."""
        return Explanation(
            label=label,
            reasons=tuple(
                Reason(self.words.text[start:stop], start, stop, weight)
                for (start, stop), weight in zip(self.words.spans, self.weights, strict=True)
            ),
            method=self.method,
            completeness_error=self.completeness_error,
            base=self.base,
            value=self.value,
        )


def shapley(
    text: str,
    spans: Sequence[Span],
    value: Value,
    *,
    samples: int = SAMPLES,
    seed: int,
    progress: Progress = lambda asked, most: None,
) -> Attribution:
    """Return what each word of `text` adds to value(text) over value(text without its words).

    value: texts -> (N,) numbers. samples: the most texts that it is asked for, however long the text is; with few words
    every subset is asked and the weights are exact. The same seed gives the same weights. progress: is told now and
    then how far it is.
    """
    assert samples >= FEWEST_SAMPLES
    # in a very long text runs of words are the players, and the words of a run share its weight
    runs = equal_parts(range(len(spans)), max(1, -(-2 * len(spans) // samples)))
    game = _Game(
        Words(text, [(spans[run.start][0], spans[run.stop - 1][1]) for run in runs]),
        value,
        lambda asked: progress(asked, samples),
    )
    weights, method = _weigh(game, np.random.default_rng(seed), samples)
    lengths = np.array([len(run) for run in runs], np.int64)
    weights = np.repeat(weights / lengths, lengths)
    base, total = game.ask(np.array([[False], [True]]).repeat(len(runs), axis=1)).tolist()
    return Attribution(
        words=Words(text, spans),
        weights=tuple(weights.tolist()),
        base=base,
        value=total,
        completeness_error=abs(math.fsum(weights) - (total - base)),
        method=method if len(runs) == len(spans) else f"{method}, in runs of up to {lengths.max()} words",
        texts=len(game.known),
    )


@dataclass(frozen=True)
class _Game:
    """The value of the text with any of its words, each asked for once."""

    words: Words
    value: Value
    tell: Callable[[int], object]
    known: dict[bytes, float] = field(default_factory=dict)

    def ask(self, kept: Masks) -> Floats:
        """Return the values (N,) of the texts with the words that `kept` (N, M) says."""
        keys = [row.tobytes() for row in np.packbits(kept, axis=1)] if kept.shape[1] else [b""] * len(kept)
        new = {key: row for row, key in enumerate(keys) if key not in self.known}
        at_once = max(1, _CHARACTERS_AT_ONCE // (len(self.words.text) + 1))
        for start in range(0, len(new), at_once):
            rows = [*new.values()][start : start + at_once]
            values = np.asarray(self.value([self.words.keep(kept[row]) for row in rows]), np.float64)
            assert values.shape == (len(rows),)
            self.known.update(zip((keys[row] for row in rows), values.tolist(), strict=True))
            self.tell(len(self.known))
        return np.array([self.known[key] for key in keys])


def _weigh(game: _Game, rng: np.random.Generator, samples: int) -> tuple[Floats, str]:
    """Return the weight of each word (M,), and how it was found."""
    num_words = len(game.words)
    if 2**num_words <= min(samples, 2**_EXACT_WORDS):
        return _exact(game), "Shapley values, exact"
    pairs = _affordable(samples - 2, num_words)
    if pairs < _FEWEST_PAIRS:
        return _sentences_first(game, rng, samples)
    orders = _draw_orders(rng, pairs, num_words)
    return _walk(game, orders, np.eye(num_words, dtype=bool)), f"Shapley values, {len(orders)} sampled orders"


def _exact(game: _Game) -> Floats:
    """Return φ(i) = sum over the subsets S without i of |S|! (M - |S| - 1)! / M! · (v(S with i) - v(S))."""
    num_words = len(game.words)
    subsets = np.arange(2**num_words)
    members = (subsets[:, None] >> np.arange(num_words)) & 1 == 1
    values, sizes = game.ask(members), members.sum(axis=1)
    shares = np.array([1 / (num_words * math.comb(num_words - 1, size)) for size in range(num_words)])
    weights = np.zeros(num_words)
    for word in range(num_words):
        rest = subsets[~members[:, word]]
        weights[word] = (shares[sizes[rest]] * (values[rest | 1 << word] - values[rest])).sum()
    return weights


def _sentences_first(game: _Game, rng: np.random.Generator, samples: int) -> tuple[Floats, str]:
    """Weigh groups of words first, then share the weight of each among its words, the heaviest groups first.

    The words of a group join in sampled orders after the groups before it in an order of the groups (Owen 1977). What
    the group weighs over all orders beyond what its words were seen to add, they share by the size of what they add.
    """
    groups = sentence_groups(game.words.text, game.words.spans, max(2, samples // _TEXTS_PER_GROUP))
    players = np.zeros((len(groups), len(game.words)), bool)
    for player, group in zip(players, groups, strict=True):
        player[group.start : group.stop] = True
    orders = _draw_orders(rng, max(1, _affordable(samples // 4, len(groups))), len(groups))
    totals = _walk(game, orders, players)
    chosen = _choose(groups, np.argsort(-np.abs(totals), kind="stable"), len(orders) // 2, samples - len(game.known))
    joins = [join for pair, group in chosen for join in _joins(rng, groups[group], group, orders[2 * pair :][:2])]
    single = np.eye(len(game.words), dtype=bool)
    kept = [_prefixes(join, np.logical_or.reduce(players[before]), single) for before, join in joins]
    values = game.ask(np.concatenate(kept)) if kept else np.zeros(0)
    added, times = np.zeros(len(game.words)), np.zeros(len(game.words))
    for (_, join), part in zip(joins, np.split(values, np.cumsum([len(rows) for rows in kept])[:-1]), strict=True):
        added[join] += np.diff(part)
        times[join] += 1
    added /= np.maximum(times, 1)
    for group, total in zip(groups, totals, strict=True):
        own = slice(group.start, group.stop)
        sizes = np.abs(added[own])
        shares = sizes / sizes.sum() if sizes.any() else np.full(len(group), 1 / len(group))
        added[own] += (total - added[own].sum()) * shares
    inside = len({group for _, group in chosen})
    return added, f"Shapley values, {len(orders)} sampled orders of {len(groups)} sentences, of words in {inside}"


def _choose(groups: Sequence[range], heaviest: Ids, pairs: int, texts: int) -> list[tuple[int, int]]:
    """Return in which pairs of orders to look into which groups, as (pair, group), for no more than `texts` texts."""
    chosen = []
    for pair in range(pairs):
        for group in heaviest.tolist():
            cost = 2 * (len(groups[group]) - 1)
            if cost <= texts:
                texts -= cost
                chosen.append((pair, group))
    return chosen


def _joins(rng: np.random.Generator, words: range, group: int, orders: Ids) -> list[tuple[Ids, Ids]]:
    """Return for an order of the groups and its reverse (2, G) the groups before one, and the order of its words."""
    join = rng.permutation(np.arange(words.start, words.stop))
    before, after = (order[: int(np.flatnonzero(order == group)[0])] for order in orders)
    return [(before, join), (after, join[::-1])]


def _walk(game: _Game, orders: Ids, players: Masks) -> Floats:
    """Return what each player (G,) adds, as the mean over orders (P, G); players: (G, M) the words of each."""
    nothing = np.zeros(players.shape[1], bool)
    values = game.ask(np.concatenate([_prefixes(order, nothing, players) for order in orders]))
    added = np.zeros(players.shape[0])
    for order, part in zip(orders, values.reshape(len(orders), -1), strict=True):
        added[order] += np.diff(part)
    return added / len(orders)


def _prefixes(order: Ids, start: Masks, players: Masks) -> Masks:
    """Return the words kept (n + 1, M) as the players of `order` (n,) join those of `start` (M,) one by one."""
    return np.logical_or.accumulate(np.concatenate([start[None], players[order]]), axis=0)


def _draw_orders(rng: np.random.Generator, pairs: int, num_players: int) -> Ids:
    """Return random orders (2 pairs, G), each followed by its reverse."""
    drawn = [rng.permutation(num_players) for _ in range(pairs)]
    return np.array([order for forward in drawn for order in (forward, forward[::-1])])


def _affordable(texts: int, num_players: int) -> int:
    """Return how many orders can be walked, with their reverses, at the cost of `texts` texts."""
    return texts // (2 * max(1, num_players - 1))
