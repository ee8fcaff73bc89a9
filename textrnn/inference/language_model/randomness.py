"""The random stream of one sample: uniforms that depend on the seed and the number of the sample alone.

In: a seed and a sample's number. Out: an endless iterator of uniforms in [0, 1), the same on every platform and beside
any number of other samples. Knows nothing of what is drawn with them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# Drawing one by one costs more than the step it is for; larger blocks would weigh where there are many samples.
_BLOCK = 128


def uniforms(seed: int, sample: int) -> Iterator[float]:
    """Yield the uniforms of sample number `sample`, from 0, under `seed`.

    The sample's number is a spawn key: as a second part of the seed, (s, 0) would be (s mod 2^32, s div 2^32). NumPy
    promises never to change seed sequences and the raw bits of PCG64; how it makes floats of them it does not promise.
    """
    bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(sample,)))
    while True:
        # the upper 53 bits, which is what a float64 holds
        yield from ((bits.random_raw(_BLOCK) >> np.uint64(11)) * 2.0**-53).tolist()
