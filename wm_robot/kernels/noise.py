"""The random numbers of a search: the same on every backend, device and number of threads.

A counter-based generator gives any number of the stream by its place in it, so whoever draws candidate k of
a round gets candidate k's numbers, however many others draw at the same time.
"""

import numpy as np

from wm_robot.core.arrays import FloatArray

_ROUNDS = 10
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL = 0x9E3779B9, 0xBB67AE85
_LOW, _HIGH = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox(counter: FloatArray, key: int) -> FloatArray:
    """Four random words (..., 4) uint32 for each counter (..., 4) uint32 under a 64-bit `key`.

    Source: Philox4x32-10, Salmon et al. 2011, Parallel Random Numbers: As Easy as 1, 2, 3.
    """
    c0, c1, c2, c3 = np.moveaxis(np.asarray(counter, dtype=np.uint64), -1, 0)
    k0, k1 = key & 0xFFFFFFFF, key >> 32 & 0xFFFFFFFF
    for _ in range(_ROUNDS):
        a, b = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1 = b >> _HIGH ^ c1 ^ np.uint64(k0), b & _LOW
        c2, c3 = a >> _HIGH ^ c3 ^ np.uint64(k1), a & _LOW
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)


def normals(seed: int, round_: int, candidates: int, size: int) -> FloatArray:
    """Standard normal numbers (candidates, size) float32 of one round of a search; csrc/include/wm/philox.hpp.

    Box-Muller on u = (word + ½) 2⁻³², computed in float64.
    """
    blocks = -(-size // 4)
    counter = np.zeros((candidates, blocks, 4), np.uint32)
    counter[..., 0] = np.arange(blocks)
    counter[..., 1] = np.arange(candidates)[:, None]
    counter[..., 2] = round_
    uniform = (philox(counter, seed) + 0.5) * 2.0**-32
    radius = np.sqrt(-2.0 * np.log(uniform[..., 0::2]))  # (candidates, blocks, 2)
    angle = 2.0 * np.pi * uniform[..., 1::2]
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return pairs.reshape(candidates, -1)[:, :size].astype(np.float32)
