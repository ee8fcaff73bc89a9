"""From embeddings of words to a vector a text, in the form to train in.

In: a batch with its table of embeddings. Out: what pooling made of each text. `native` is the definition, out of
`networks`; `fused` is compiled, and touches memory less often.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import Tensor

from textrnn.cells.cell import Cell
from textrnn.cells.functions import namespace
from textrnn.cells.plain import Form
from textrnn.networks.classifier import Batch, ClassifierParameters
from textrnn.networks.pooling import pool
from textrnn.networks.recurrent import read_texts, turning
from textrnn.networks.words import reading_inputs
from textrnn.training.fused.layer import Fused
from textrnn.training.fused.pooling import WAYS
from textrnn.training.fused.texts import Words, pooled_texts


def text_vectors(cell: Cell, ways: Sequence[str], p: ClassifierParameters, batch: Batch, form: Form) -> Tensor:
    """Return the vector of each text, (B, pooled), in the faster form that there is. ways: of pooling."""
    top = p.layers[-1]
    if isinstance(form, Fused) and len(p.layers) == 1 and top.norm is None and set(ways) <= set(WAYS):
        return fused(cell, ways, p, batch, form)
    return native(cell, ways, p, batch, form)


def native(cell: Cell, ways: Sequence[str], p: ClassifierParameters, batch: Batch, form: Form) -> Tensor:
    """As `text_vectors`, of any stack and any ways."""
    xp, count = namespace(batch.table), len(p.layers[0].cells)
    places = turning(xp, batch.lengths, batch.ids.shape[1])
    inputs = reading_inputs(xp, batch.table, batch.ids, places, batch.masks.embedded, count)
    y = read_texts(cell, p.layers, inputs, places, partial(form, cell), batch.masks.layers)
    vectors: Tensor = pool(ways, y, batch.lengths, count, p.attention)
    return vectors


def fused(cell: Cell, ways: Sequence[str], p: ClassifierParameters, batch: Batch, form: Fused) -> Tensor:
    """As `text_vectors`, of a single layer without a norm, and ways that do not ask for the order of the units."""
    (layer,) = p.layers
    assert batch.table is not None
    words = Words(batch.table, batch.ids, batch.lengths, batch.masks.embedded)
    return pooled_texts(form, cell, ways, layer.cells, words)
