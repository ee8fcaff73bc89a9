"""From embeddings of words to a vector a text, in the form to train in.

In: a batch with its table of embeddings. Out: what pooling made of each text. `native` is the definition, out of
`networks`; `fused` touches memory less often: it pools each direction as it reads.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from textrnn.cells.cell import Cell
from textrnn.cells.functions import namespace
from textrnn.cells.jit import loads_numba
from textrnn.networks.classifier import Batch, ClassifierParameters
from textrnn.networks.pooling import pool
from textrnn.networks.recurrent import Loop, read_directions, read_texts, turning
from textrnn.networks.words import reading_inputs
from textrnn.training import pooling
from textrnn.training.reading import spread


def text_vectors(cell: Cell, ways: Sequence[str], p: ClassifierParameters, batch: Batch, loop: Loop) -> Tensor:
    """Return the vector of each text, (B, pooled), in the faster form that there is. ways: of pooling."""
    top = p.layers[-1]
    is_plain = len(p.layers) == 1 and top.norm is None and set(ways) <= set(pooling.WAYS)
    is_fast = is_plain and batch.lengths.device.type == "cpu" and loads_numba()
    return (fused if is_fast else native)(cell, ways, p, batch, loop)


def native(cell: Cell, ways: Sequence[str], p: ClassifierParameters, batch: Batch, loop: Loop) -> Tensor:
    """As `text_vectors`, of any stack and any ways."""
    xp, count = namespace(batch.table), len(p.layers[0].cells)
    places = turning(xp, batch.lengths, batch.ids.shape[1])
    inputs = reading_inputs(xp, batch.table, batch.ids, places, batch.masks.embedded, count)
    y = read_texts(cell, p.layers, inputs, places, loop, batch.masks.layers)
    vectors: Tensor = pool(ways, y, batch.lengths, count, p.attention)
    return vectors


def fused(cell: Cell, ways: Sequence[str], p: ClassifierParameters, batch: Batch, loop: Loop) -> Tensor:
    """As `text_vectors`, of a single layer without a norm, and ways that do not ask for the order of the units."""
    (layer,) = p.layers
    assert batch.table is not None
    inputs = spread(batch.table, batch.ids, batch.lengths, batch.masks.embedded, len(layer.cells))
    return pooling.pooled(ways, read_directions(cell, layer, inputs, loop), batch.lengths)
