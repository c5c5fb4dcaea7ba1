"""Seeds that are derived, never guessed: the same keys give the same stream everywhere."""

import zlib

import numpy as np


def derive_seed(seed: int, *keys: str | int) -> int:
    """A 63-bit seed for the stream named by `keys` below `seed`.

    Streams with different keys are statistically independent (numpy SeedSequence).

    >>> derive_seed(1, "collect", 0) == derive_seed(1, "collect", 0)
    True
    """
    words = [zlib.crc32(k.encode()) if isinstance(k, str) else int(k) for k in keys]
    state = np.random.SeedSequence([seed, *words]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


def rng(seed: int, *keys: str | int) -> np.random.Generator:
    """A counter-based (Philox) generator for the stream named by `keys` below `seed`."""
    return np.random.Generator(np.random.Philox(derive_seed(seed, *keys)))
