"""The random numbers of a search: the same bits on every backend, device and number of threads.

A counter-based generator gives any number of the stream by its place in it, so whoever draws candidate k of
a round gets candidate k's numbers, however many others draw at the same time. From words to normal numbers
every step is one float32 operation in a given order; the C++ form is csrc/src/tile/noise.cpp.
"""

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.arrays import FloatArray

_ROUNDS = 10
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL = 0x9E3779B9, 0xBB67AE85
_LOW, _HIGH = np.uint64(0xFFFFFFFF), np.uint64(32)

f32 = np.float32


def normals(seed: int, round_: int, candidates: int, size: int) -> FloatArray:
    """Standard normal numbers (candidates, size) float32 of one round of a search under a 64-bit `seed`."""
    blocks = -(-size // 4)
    counter = np.zeros((candidates, blocks, 4), np.uint32)
    counter[..., 0] = np.arange(blocks)
    counter[..., 1] = np.arange(candidates)[:, None]
    counter[..., 2] = round_
    words = philox(counter, seed)
    pairs = np.stack(_box_muller(words[..., 0::2], words[..., 1::2]), axis=-1)  # (candidates, blocks, 2, 2)
    return pairs.reshape(candidates, -1)[:, :size]


def philox(counter: NDArray[np.uint32], key: int) -> NDArray[np.uint32]:
    """Four random words (..., 4) for each counter (..., 4) under a 64-bit `key`.

    Source: Philox4x32-10, Salmon et al. 2011, Parallel Random Numbers: As Easy as 1, 2, 3.
    """
    c0, c1, c2, c3 = np.moveaxis(counter.astype(np.uint64), -1, 0)
    k0, k1 = key & 0xFFFFFFFF, key >> 32 & 0xFFFFFFFF
    for _ in range(_ROUNDS):
        a, b = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1 = b >> _HIGH ^ c1 ^ np.uint64(k0), b & _LOW
        c2, c3 = a >> _HIGH ^ c3 ^ np.uint64(k1), a & _LOW
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)


def _box_muller(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> tuple[FloatArray, FloatArray]:
    """Two normal numbers from two words; the second's upper two bits are the angle's quadrant."""
    r = np.sqrt(_log(_uniform(first)) * f32(-2))
    phi = (_uniform(second << np.uint32(2)) - f32(0.5)) * f32(1.57079633)
    z = phi * phi
    s = _polynomial(z, -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1) * z * phi + phi
    c = _polynomial(z, 2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
    c = c * z * z - f32(0.5) * z + f32(1)
    quadrant = second >> 30
    a = np.where(quadrant & 1, -s, c)
    b = np.where(quadrant & 1, c, s)
    return r * np.where(quadrant >= 2, -a, a), r * np.where(quadrant >= 2, -b, b)


def _uniform(words: NDArray[np.uint32]) -> FloatArray:
    """The upper 24 bits as a number in (0, 1]."""
    return ((words >> 8).astype(f32) + f32(0.5)) * f32(2.0**-24)


def _log(u: FloatArray) -> FloatArray:
    """ln u of 0 < u ≤ 1; source: the logf polynomial of the Cephes library."""
    bits = u.view(np.int32)
    m = (bits & 0x7FFFFF | 0x3F800000).view(f32)
    large = m > f32(1.41421356)
    exponent = ((bits >> 23) - 127 + large).astype(f32)
    f = np.where(large, m * f32(0.5), m) - f32(1)
    z = f * f
    p = _polynomial(
        f,
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
    y = (p * f * z + exponent * f32(-2.12194440e-4)) - f32(0.5) * z
    return (f + y) + exponent * f32(0.693359375)


def _polynomial(x: FloatArray, *coefficients: float) -> FloatArray:
    """By Horner's rule, highest power first."""
    result = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        result = result * x + f32(coefficient)
    return result
