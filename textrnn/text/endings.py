"""Which units of a vocabulary end a passage, for a network that reads a text unit by unit and sees no next one.

In: a tokenizer, the kind of passages. Out: a truth value for every id. The boundary of documents ends every passage.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textrnn.text.passages import ENDS
from textrnn.text.tokenizer import Tokenizer
from textrnn.text.vocabulary import END


def passage_ends(tokenizer: Tokenizer, hierarchy: str) -> npt.NDArray[np.bool_] | None:
    """Return which ids end a passage, (V,); None where there are none to be told."""
    if hierarchy == "none":
        return None
    ends = ENDS[hierarchy]
    return np.array([id == END or ends(tokenizer.decode([id])) for id in range(len(tokenizer.symbols))], np.bool_)
