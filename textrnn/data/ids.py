"""The ids of a text as one array: in memory while small, on disk when large.

In: a tokenizer and a part of a corpus. Out: a one-dimensional array, documents separated by END. Knows nothing of
batches.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textrnn.errors import WorldError
from textrnn.text.corpus import CorpusPart
from textrnn.text.spool import cache_folder
from textrnn.text.tokenizer import Tokenizer
from textrnn.text.vocabulary import END

Ids = npt.NDArray[np.integer]

# an id array above this many bytes goes to disk
MEMORY_LIMIT = 64 * 2**20


def id_dtype(vocabulary_size: int) -> np.dtype[np.integer]:
    """Return the narrowest unsigned type that holds every id."""
    return np.dtype(np.min_scalar_type(vocabulary_size - 1))


def collect_ids(tokenizer: Tokenizer, part: CorpusPart, *, opening: bool = False) -> Ids:
    """Return the ids of `part`, END between its documents, and before the first where `opening`.

    Texts with conditions stand each for itself: END before the first of them and behind the last, too.

    Arrays above MEMORY_LIMIT are mapped from an unnamed file in the cache folder, which vanishes with the array.
    """
    dtype = id_dtype(len(tokenizer.symbols))
    held: list[Ids] = []
    held_bytes = 0
    chunks = _chunks(tokenizer, part, opening, dtype)
    for chunk in chunks:
        held.append(chunk)
        held_bytes += chunk.nbytes
        if held_bytes > MEMORY_LIMIT:
            try:
                return _on_disk(held, chunks, dtype)
            except OSError as error:
                what = f"no room for the ids of the text on disk ({error.strerror})"
                raise WorldError(what, mend="set TEXTRNN_CACHE to a folder with more room") from error
    return np.concatenate(held) if held else np.zeros(0, dtype)


def _chunks(tokenizer: Tokenizer, part: CorpusPart, opening: bool, dtype: np.dtype[np.integer]) -> Iterator[Ids]:
    boundary = np.array([END], dtype)
    for number, pieces in enumerate(part.documents()):
        if number > 0 or opening or part.conditions:
            yield boundary
        for ids in tokenizer.encode_pieces(pieces):
            yield ids.astype(dtype)
    if part.conditions:
        yield boundary


def _on_disk(held: list[Ids], rest: Iterator[Ids], dtype: np.dtype[np.integer]) -> Ids:
    folder: Path = cache_folder()
    with tempfile.TemporaryFile(dir=folder) as file:
        while held:
            file.write(held.pop(0).tobytes())
        for chunk in rest:
            file.write(chunk.tobytes())
        file.flush()
        # the mapping keeps the file's contents alive after its descriptor is closed
        return np.memmap(file, dtype=dtype, mode="r")
