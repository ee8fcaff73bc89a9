"""Whether `evaluate` gives one figure: the same nats for any batch, and those of a plain torch computation.

.venv/bin/python benchmarks/evaluation.py FILE
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from harness import report
from torch.nn.functional import cross_entropy

import textrnn
from textrnn.text.corpus import corpus_from_text

CHARACTERS = 20_000


def by_torch(model: textrnn.LanguageModel, ids: np.ndarray, window: int) -> float:
    """Return nats per unit by nn.LSTM in float64, window by window."""
    p = model.engine.parameters
    layers = len(p.layers)
    hidden = p.layers[0].cell.weight_hh.shape[1]
    lstm = torch.nn.LSTM(p.embedding.shape[1], hidden, layers, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for depth, layer in enumerate(p.layers):
            for name, array in zip(layer.cell._fields, layer.cell, strict=True):
                getattr(lstm, f"{name}_l{depth}").copy_(torch.tensor(array))
        embedding, weight, bias = (
            torch.tensor(array, dtype=torch.float64) for array in (p.embedding, p.output.weight, p.output.bias)
        )
        total, count, all_ids = 0.0, 0, torch.tensor(ids.astype(np.int64))
        for start in range(0, len(ids) - 1, window):
            targets = all_ids[start + 1 : start + 1 + window]
            y, _ = lstm(embedding[all_ids[start : start + len(targets)]][None])
            total += float(cross_entropy(y[0] @ weight.T + bias, targets, reduction="sum"))
            count += len(targets)
    return total / count


def main() -> None:
    """Compare the shipped model's figure under several batches, and with torch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    text = parser.parse_args().file.read_text(encoding="utf-8")[:CHARACTERS]
    model = textrnn.load("shakespeare")
    ids = model.tokenizer.encode(text)
    text = model.tokenizer.decode(ids[ids > 1].tolist())
    corpus = corpus_from_text(text)
    rows = []
    for protocol in ("window:256", "stateful:64", "stateful:7"):
        nats = [
            model.evaluate(corpus, protocol=protocol, batch_size=size).nats_per_unit for size in (1, 3, 16, 64, 500)
        ]
        rows.append({"protocol": protocol, "nats": nats[0], "relative spread over batches": max(nats) / min(nats) - 1})
        report("evaluation", rows[-1:], all_rows=rows)
    reference = by_torch(model, model.tokenizer.encode(text), 256)
    difference = abs(reference - rows[0]["nats"])
    rows.append({"protocol": "window:256 by torch", "nats": reference, "difference": difference})
    report("evaluation", rows[-1:], all_rows=rows)


if __name__ == "__main__":
    main()
