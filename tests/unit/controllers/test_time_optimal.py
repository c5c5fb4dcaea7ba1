from dataclasses import replace

import numpy as np
import pytest
from wm_controllers.controller import NoSolutionError
from wm_controllers.time_optimal import time_optimal

from wm_robot.core.errors import NotFiniteError, WmrError
from wm_robot.robots import get_robot

PANDA = get_robot("panda")
HOME = np.array(PANDA.home)
CURVE = [
    HOME,
    HOME + np.array([0.4, 0.2, 0, 0.3, 0, -0.2, 0]),
    HOME + np.array([0.6, -0.2, 0.3, 0, 0.2, 0, 0.4]),
    HOME + 0.3,
]


def test_a_short_straight_way_is_bang_bang():
    # Half the way at +a, half at −a: T = 2 √(d / a), with joint 2 the slowest: 2 √(0.3 / 7.5) = 0.4 s.
    d = np.array([0.3, 0.3, 0.1, 0.2, 0.0, 0.3, 0.3])
    motion = time_optimal(PANDA, [HOME, HOME + d])
    assert motion.duration_s == pytest.approx(0.4, rel=1e-3)
    half = motion.at(0.2)
    np.testing.assert_allclose(half.q, HOME + d / 2, atol=1e-3)
    # Half way, joint 2 is at a T / 2 = 1.5 rad/s, the others in proportion.
    np.testing.assert_allclose(half.v, 1.5 * d / 0.3, rtol=1e-2)


def test_a_long_straight_way_cruises_at_full_speed():
    # Up to v and down again takes v / a each: T = d / v + v / a = 1.5 / 0.5 + 0.5 / 2 = 3.25 s.
    robot = replace(PANDA, max_velocity=(0.5,) * 7, max_acceleration=(2.0,) * 7)
    motion = time_optimal(robot, [HOME, HOME + np.array([1.5, 0, 0, 0, 0, 0, 0])])
    assert motion.duration_s == pytest.approx(3.25, rel=1e-3)


def test_on_a_curve_some_limit_binds_at_every_instant_and_none_is_exceeded():
    motion = time_optimal(PANDA, CURVE, intervals=200)
    points = [motion.at(t) for t in np.linspace(0.0, motion.duration_s, 1000)]
    speed = np.abs([point.v for point in points]) / PANDA.max_velocity
    acceleration = np.abs([point.a for point in points]) / PANDA.max_acceleration
    # Within an interval the path bends a little: 1 %.
    assert max(speed.max(), acceleration.max()) < 1.01
    # Pontryagin: the fastest motion is never free, but for the few intervals in which it switches limits.
    busy = np.maximum(speed.max(axis=1), acceleration.max(axis=1))
    assert np.mean(busy > 0.95) > 0.95


def test_positions_velocities_and_accelerations_belong_together():
    motion, h = time_optimal(PANDA, CURVE), 1e-6
    for t in np.linspace(0.1, 0.9, 5) * motion.duration_s:
        before, now, after = (motion.at(x) for x in (t - h, t, t + h))
        np.testing.assert_allclose(now.v, (after.q - before.q) / (2 * h), atol=1e-6)
        np.testing.assert_allclose(now.a, (after.v - before.v) / (2 * h), atol=1e-3)


def test_it_passes_through_every_point_and_rests_before_and_after():
    motion = time_optimal(PANDA, CURVE)
    q = np.array([motion.at(t).q for t in np.linspace(0.0, motion.duration_s, 2000)])
    for point in CURVE:
        assert np.abs(q - point).max(axis=1).min() < 5e-3
    for t, end in ((-1.0, CURVE[0]), (motion.duration_s + 1.0, CURVE[-1])):
        np.testing.assert_allclose(motion.at(t).q, end, atol=1e-9)
        np.testing.assert_array_equal(motion.at(t).v, 0.0)


def test_a_path_that_leaves_the_range_is_refused():
    with pytest.raises(NoSolutionError, match="takes panda_joint4 of 'panda' out of range"):
        time_optimal(PANDA, [HOME, HOME + np.array([0, 0, 0, 2.4, 0, 0, 0])])


def test_bad_input_is_named():
    with pytest.raises(WmrError, match="no two in a row the same"):
        time_optimal(PANDA, [HOME, HOME])
    with pytest.raises(NotFiniteError, match="q holds NaN or infinity in panda_joint3"):
        time_optimal(PANDA, [HOME, HOME * np.array([1, 1, np.nan, 1, 1, 1, 1])])
