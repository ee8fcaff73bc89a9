"""A unit is a subword: bytes that stand together often, merged pair by pair (byte-level BPE, Sennrich et al. 2016).

Every text is known, and comes back exactly. Learning the merges takes the tokenizers package (the `bpe` extra);
applying them does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import regex

from textrnn.errors import UserError
from textrnn.text.corpus import CorpusPart
from textrnn.text.tokenizers.byte import FIRST_BYTE, Utf8Decoder, decode_all, readable, utf8
from textrnn.text.tokenizers.char import start_id_for
from textrnn.text.tokenizers.cutting import cut
from textrnn.text.vocabulary import SPECIAL_SYMBOLS, UnknownUnit, check_sizes

Merge = tuple[int, int]

# No subword crosses these: a line break; letters, digits or marks with the space before them; other white space. They
# are bounded, so that a text without any space can be cut as it arrives.
PRETOKENS = regex.compile(
    r"\n| ?[\p{L}\p{M}]{1,64}| ?\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}]{1,32}|[^\S\n]{1,32}(?!\S)|[^\S\n]"
)
SMALLEST_SIZE = FIRST_BYTE + 256
_LEARNED_CHARACTERS = 50_000_000
_REMEMBERED_PRETOKENS = 200_000


class BpeTokenizer:
    """Ids of subwords: the 256 bytes, then what the merges make, in the order in which they were learned."""

    kind = "bpe"
    unit = "subword"

    def __init__(self, merges: list[Merge], start_id: int, notes: tuple[str, ...] = ()) -> None:
        self.start_id, self.notes, self._merges = start_id, notes, merges
        self._texts = [b"", b"", *(bytes([byte]) for byte in range(256))]
        self._rank = {pair: rank for rank, pair in enumerate(merges)}
        self._made: list[int] = []
        ids = {text: id for id, text in enumerate(self._texts)}
        for left, right in merges:
            text = self._texts[left] + self._texts[right]
            # Two pairs may make the same bytes; they are one subword.
            if text not in ids:
                ids[text] = len(self._texts)
                self._texts.append(text)
            self._made.append(ids[text])
        self.symbols = (*SPECIAL_SYMBOLS, *map(readable, self._texts[FIRST_BYTE:]))
        self._cache: dict[str, list[int]] = {}

    def encode(self, text: str) -> npt.NDArray[np.int32]:
        """Return the ids of the subwords of `text`."""
        return self._ids(PRETOKENS.findall(text))

    def encode_pieces(self, pieces: Iterable[str]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the ids of each piece; what might go on in the next goes with it."""
        return map(self._ids, cut(PRETOKENS, pieces))

    def unknown(self, text: str) -> list[UnknownUnit]:
        """Return nothing: every byte is known."""
        return []

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids`; bytes that are no UTF-8 become U+FFFD."""
        return decode_all(self.decoder(), ids)

    def decoder(self, after: str = "") -> Utf8Decoder:
        """Return a decoder; what went before does not matter to it."""
        return Utf8Decoder(self._texts)

    def to_json(self) -> dict[str, Any]:
        """Return the merges, in order, as pairs of ids."""
        return {"kind": self.kind, "start_id": self.start_id, "merges": [list(pair) for pair in self._merges]}

    def _ids(self, pretokens: list[str]) -> npt.NDArray[np.int32]:
        known = self._cache
        if len(known) > _REMEMBERED_PRETOKENS:
            known.clear()
        for pretoken in set(pretokens).difference(known):
            known[pretoken] = self._merge(utf8(pretoken))
        return np.fromiter(chain.from_iterable(map(known.__getitem__, pretokens)), dtype=np.int32)

    def _merge(self, data: bytes) -> list[int]:
        """Return the ids of one pretoken: of its pairs, the one learned first is merged first, everywhere."""
        ids, never = [FIRST_BYTE + byte for byte in data], len(self._merges)
        while len(ids) > 1:
            rank = min(self._rank.get(pair, never) for pair in pairwise(ids))
            if rank == never:
                break
            left, right = self._merges[rank]
            merged: list[int] = []
            for id in ids:
                if merged and merged[-1] == left and id == right:
                    merged[-1] = self._made[rank]
                else:
                    merged.append(id)
            ids = merged
        return ids


def fit(part: CorpusPart, *, vocabulary_size: int | None, min_count: int | None, lowercase: bool) -> BpeTokenizer:
    """Return a tokenizer with merges learned from `part`; of a very long one, from pieces spread over it.

    vocabulary_size None: grows with the square root of the text. min_count: how often a pair must stand together.
    """
    if lowercase:
        raise UserError("lower-casing needs whole words", mend="give --tokenizer word with it")
    check_sizes(vocabulary_size, min_count, smallest=SMALLEST_SIZE)
    size = default_size(part.characters) if vocabulary_size is None else vocabulary_size
    merges = learn_merges(_sample(part), size - SMALLEST_SIZE, 2 if min_count is None else min_count)
    tokenizer = BpeTokenizer(merges, start_id_for(part, FIRST_BYTE + ord("\n")))
    if vocabulary_size is not None and len(tokenizer.symbols) < vocabulary_size:
        tokenizer.notes = (f"the text yields {len(tokenizer.symbols):,} subwords, not {vocabulary_size:,}",)
    return tokenizer


def from_json(value: dict[str, Any]) -> BpeTokenizer:
    """Return the tokenizer of a run."""
    merges = [(int(left), int(right)) for left, right in value["merges"]]
    if len(set(merges)) != len(merges) or any(min(pair) < FIRST_BYTE for pair in merges):
        raise ValueError("merges are not distinct pairs of subwords")
    tokenizer = BpeTokenizer(merges, value["start_id"])
    if not 0 <= value["start_id"] < len(tokenizer.symbols):
        raise ValueError("start_id is no id")
    return tokenizer


def default_size(characters: int) -> int:
    """Return a vocabulary size for a text of so many characters: 2,000 for a million."""
    return int(min(max(2_000 * (characters / 1e6) ** 0.5, 320), 16_000))


def learn_merges(pieces: Iterable[str], number: int, min_count: int) -> list[Merge]:
    """Return the merges that the tokenizers package learns, as pairs of our ids."""
    try:
        from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
    except ImportError:
        raise UserError("--tokenizer bpe needs the tokenizers package", mend='pip install "textrnn[bpe]"') from None
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRETOKENS.pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=256 + number,
        min_frequency=min_count,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    learner.train_from_iterator(pieces, trainer)
    ids = {letter: FIRST_BYTE + byte for byte, letter in enumerate(_letters())}
    merges = []
    for left, right in json.loads(learner.to_str())["model"]["merges"]:
        merges.append((ids[left], ids[right]))
        ids.setdefault(left + right, len(ids) + FIRST_BYTE)
    return merges


def _letters() -> list[str]:
    """Return the letter that stands for each byte in that package: itself where it prints, else one from U+0100 on."""
    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in prints else next(others)) for byte in range(256)]


def _sample(part: CorpusPart) -> Iterator[str]:
    step = -(-part.characters // _LEARNED_CHARACTERS)
    pieces = (piece for document in part.documents() for piece in document)
    return islice(pieces, 0, None, max(step, 1))
