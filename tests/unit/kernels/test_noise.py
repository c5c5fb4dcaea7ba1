"""The numbers that every search draws."""

import numpy as np
import pytest

from wm_robot.kernels.noise import _box_muller, normals, philox


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        # The known answers that come with the generator's reference implementation (Random123, kat_vectors).
        ([0, 0, 0, 0], 0, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, 0xFFFFFFFFFFFFFFFF, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            0x299F31D0A4093822,
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_philox_gives_the_known_answers(counter, key, words):
    np.testing.assert_array_equal(philox(np.array(counter, np.uint32), key), words)


def test_a_candidates_numbers_do_not_depend_on_how_many_there_are():
    np.testing.assert_array_equal(normals(7, 2, 10, 6), normals(7, 2, 100, 6)[:10])
    np.testing.assert_array_equal(normals(7, 2, 10, 6), normals(7, 2, 10, 9)[:, :6])
    assert (normals(7, 2, 10, 6) != normals(7, 3, 10, 6)).all()
    assert (normals(7, 2, 10, 6) != normals(8, 2, 10, 6)).all()


def test_the_numbers_are_standard_normal_and_independent():
    x = normals(0, 0, 50_000, 4)
    # Standard errors at n = 50,000: mean 0.0045, variance 0.0063, covariance 0.0045, fourth moment 0.044.
    np.testing.assert_allclose(x.mean(axis=0), 0.0, atol=0.02)
    np.testing.assert_allclose(np.cov(x.T), np.eye(4), atol=0.03)
    np.testing.assert_allclose((x.astype(float) ** 4).mean(axis=0), 3.0, atol=0.2)


def test_the_float32_arithmetic_is_box_mullers():
    words = np.random.default_rng(0).integers(0, 2**32, (2, 200_000), dtype=np.uint32)
    x, y = _box_muller(*words)
    u = ((words[0] >> 8) + 0.5) * 2.0**-24
    angle = 2 * np.pi * ((words[1] & 0xFFFFFFC0) + 32) / 2.0**32 - np.pi / 4
    r = np.sqrt(-2 * np.log(u))
    # Rounding u to 24 bits next to 1 costs up to √(2 · 2⁻²⁵), the size of the radius itself there.
    np.testing.assert_allclose(x, r * np.cos(angle), atol=5e-4)
    np.testing.assert_allclose(y, r * np.sin(angle), atol=5e-4)
    np.testing.assert_allclose(np.hypot(x, y)[u < 0.9], r[u < 0.9], rtol=1e-5)
