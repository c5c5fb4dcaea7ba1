import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from wm_hardware.motion_extremes import BLOCK, MotionExtremes


def test_a_step_from_rest_is_a_velocity_an_acceleration_and_a_jerk():
    extremes = MotionExtremes(np.array([1.0]), period_s=0.1)
    extremes.add(np.array([1.2]))
    # v = 0.2 / 0.1, a = 2 / 0.1, j = 20 / 0.1
    assert np.allclose(extremes.velocity, 2.0)
    assert np.allclose(extremes.acceleration, 20.0)
    assert np.allclose(extremes.jerk, 200.0)
    extremes.add(np.array([1.2]))
    # v = 0, a = -2 / 0.1, j = (-20 - 20) / 0.1
    assert np.allclose(extremes.acceleration, 20.0)
    assert np.allclose(extremes.jerk, 400.0)
    assert (extremes.lowest[0], extremes.highest[0], extremes.count) == (1.0, 1.2, 2)


def test_a_cubic_that_starts_at_rest_has_its_own_constant_jerk():
    # q = t³ in steps of 1 s: third differences of k³ are 6 from the first interior one on;
    # from rest, 0 0 0 1 8 27: first 1 7 19, second 1 6 12, third 1 5 6.
    extremes = MotionExtremes(np.zeros(1), period_s=1.0)
    for k in range(1, 4):
        extremes.add(np.array([float(k**3)]))
    assert (extremes.velocity[0], extremes.acceleration[0], extremes.jerk[0]) == (19.0, 12.0, 6.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3 * BLOCK), st.integers(0, 2**32 - 1), st.lists(st.integers(0, 3 * BLOCK), max_size=3))
def test_blocks_and_looking_in_between_change_nothing(length, seed, looks):
    q = np.random.default_rng(seed).normal(size=(length, 2))
    extremes = MotionExtremes(np.zeros(2), period_s=0.5)
    for i, row in enumerate(q):
        if i in looks:
            assert extremes.count == i
            extremes.jerk  # noqa: B018
        extremes.add(row)
    whole = np.vstack([np.zeros((3, 2)), q])
    for order, peak in enumerate((extremes.velocity, extremes.acceleration, extremes.jerk), start=1):
        differences = np.diff(whole, n=order, axis=0) / 0.5**order
        assert np.allclose(peak, np.abs(differences).max(axis=0), rtol=1e-12)
    assert np.array_equal(extremes.lowest, whole.min(axis=0))
    assert np.array_equal(extremes.highest, whole.max(axis=0))


def test_a_stream_that_was_broken_off_goes_on_from_rest_and_keeps_what_it_saw():
    extremes = MotionExtremes(np.zeros(1), period_s=1.0)
    extremes.add(np.array([2.0]))
    extremes.rest(np.array([10.0]))
    extremes.add(np.array([10.5]))
    assert (extremes.velocity[0], extremes.highest[0], extremes.count) == (2.0, 10.5, 2)
    extremes.reset(np.zeros(1))
    assert (extremes.velocity[0], extremes.highest[0], extremes.count) == (0.0, 0.0, 0)
