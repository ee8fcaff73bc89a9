"""A plain PyTorch encoder-decoder with additive attention, as tutorials have it: the peer of `translating.py`.

After what the official tutorial "NLP From Scratch: Translation with a Sequence to Sequence Network and Attention" does:
words, GRUs of 128 units, dropout 0.1, additive attention fed into the decoder's input, teacher forcing all the time,
Adam at 1e-3, batches of 32, greedy answers. Kinder than the tutorial where its way would spoil figures on raw text:
case, accents and apostrophes stay, padding is no target, and no sentence is too long.
Shapes: B pairs, S source words, T target words, H units.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

HIDDEN, BATCH, RATE, DROPOUT = 128, 32, 1e-3, 0.1
PAD, START, END, UNKNOWN = range(4)
# a word may hold apostrophes and hyphens; every other mark is a word of its own
WORD = re.compile(r"\w+(?:['’-]\w+)*['’]?|[^\w\s]")
MOST_WORDS = 60


class Vocabulary:
    """The words of texts, in the order in which they come."""

    def __init__(self, texts: Sequence[str]) -> None:
        seen = dict.fromkeys(word for text in texts for word in WORD.findall(text))
        self.words = ["<pad>", "<s>", "</s>", "<unk>", *seen]
        self._ids = {word: id for id, word in enumerate(self.words)}

    def ids(self, text: str) -> Tensor:
        """The ids of a text, ending in END."""
        return torch.tensor([*(self._ids.get(word, UNKNOWN) for word in WORD.findall(text)), END])

    def text(self, ids: Sequence[int]) -> str:
        """The words up to the end, with spaces between them: BLEU cuts marks from words by itself."""
        ids = ids[: ids.index(END)] if END in ids else ids
        return " ".join(self.words[id] for id in ids)


class Translator(nn.Module):
    """Encoder, additive attention and decoder."""

    def __init__(self, sources: int, targets: int) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(sources, HIDDEN), nn.Embedding(targets, HIDDEN)
        self.encoder = nn.GRU(HIDDEN, HIDDEN, batch_first=True)
        self.query, self.key, self.score = nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, 1)
        self.decoder = nn.GRU(2 * HIDDEN, HIDDEN, batch_first=True)
        self.output = nn.Linear(HIDDEN, targets)
        self.dropout = nn.Dropout(DROPOUT)

    def encode(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """(B, S) -> outputs (B, S, H), state (1, B, H); padding is read as tutorials do."""
        outputs: tuple[Tensor, Tensor] = self.encoder(self.dropout(self.source(ids)))
        return outputs

    def step(self, ids: Tensor, state: Tensor, memory: Tensor, keys: Tensor, is_real: Tensor) -> tuple[Tensor, Tensor]:
        """One step of the decoder: (B, 1) -> logits (B, 1, V), state."""
        scores = self.score(torch.tanh(self.query(state.transpose(0, 1)) + keys)).transpose(1, 2)  # (B, 1, S)
        context = scores.masked_fill(~is_real[:, None], -torch.inf).softmax(-1) @ memory
        embedded = self.dropout(self.target(ids))
        outputs, state = self.decoder(torch.cat([embedded, context], -1), state)
        return self.output(outputs), state

    def loss(self, sources: Tensor, targets: Tensor) -> Tensor:
        """The mean loss of a batch, each word given the true one before it."""
        memory, state = self.encode(sources)
        keys, is_real = self.key(memory), sources != PAD
        before = torch.cat([torch.full((len(targets), 1), START), targets[:, :-1]], 1)
        logits = []
        for place in range(targets.shape[1]):
            one, state = self.step(before[:, place : place + 1], state, memory, keys, is_real)
            logits.append(one)
        return cross_entropy(torch.cat(logits, 1).flatten(0, 1), targets.flatten(), ignore_index=PAD)

    @torch.inference_mode()
    def answer(self, sources: Tensor) -> list[list[int]]:
        """The likeliest word each time."""
        memory, state = self.encode(sources)
        keys, is_real = self.key(memory), sources != PAD
        ids, found = torch.full((len(sources), 1), START), []
        for _ in range(MOST_WORDS):
            logits, state = self.step(ids, state, memory, keys, is_real)
            ids = logits.argmax(-1)
            found.append(ids)
            if all(END in row for row in torch.cat(found, 1).tolist()):
                break
        return torch.cat(found, 1).tolist()


def translations(
    train: tuple[Sequence[str], Sequence[str]], asked: Sequence[str], *, seconds: float, seed: int
) -> tuple[list[str], dict[str, float]]:
    """Train for so long on sources and targets; return a text for each of those asked, and facts of the training."""
    began = time.perf_counter()
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    source, target = map(Vocabulary, train)
    pairs = [(source.ids(one), target.ids(other)) for one, other in zip(*train, strict=True)]
    model = Translator(len(source.words), len(target.words))
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    steps = 0
    for places in _batches(len(pairs), rng):
        if time.perf_counter() - began > seconds:
            break
        sides = zip(*(pairs[place] for place in places), strict=True)
        loss = model.loss(*(pad_sequence(list(side), batch_first=True, padding_value=PAD) for side in sides))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1
    wall = time.perf_counter() - began
    model.eval()
    found = []
    for start in range(0, len(asked), 100):
        ids = [source.ids(text) for text in asked[start : start + 100]]
        found += map(target.text, model.answer(pad_sequence(ids, batch_first=True, padding_value=PAD)))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return found, {"wall_s": wall, "steps": steps, "epochs": steps * BATCH / len(pairs), "parameters": parameters}


def _batches(count: int, rng: np.random.Generator) -> Iterator[list[int]]:
    while True:
        order = rng.permutation(count).tolist()
        yield from (order[start : start + BATCH] for start in range(0, count, BATCH))
