import numpy as np
import pytest
from wm_controllers.controller import NoSolutionError
from wm_controllers.velocity_bounds import fastest_braking_speed, velocity_bounds

from wm_robot.core.seeding import rng
from wm_robot.robots import get_robot

PANDA = get_robot("panda")
T = 1.0 / PANDA.control_rate_hz
A = np.array(PANDA.max_acceleration)


def braking_distance(v, a, period_s):
    """Braking written out period by period."""
    distance = 0.0
    while v > 0:
        distance += v * period_s
        v -= a * period_s
    return distance


def test_the_fastest_speed_brakes_exactly_at_the_limit():
    for distance in rng(0).uniform(0.0, 3.0, 100):
        speed = fastest_braking_speed(np.array([distance]), np.array([7.5]), 0.004)[0]
        assert braking_distance(speed, 7.5, 0.004) == pytest.approx(distance, abs=1e-9)
        # Continuous time allows √(2 a d); a streamed velocity must be lower, by up to a T / 2.
        assert speed < np.sqrt(2 * 7.5 * distance)


def test_a_joint_at_rest_in_mid_range_is_bounded_by_its_acceleration():
    low, high = velocity_bounds(PANDA, np.array(PANDA.home), np.zeros(7))
    np.testing.assert_allclose(high, A * T)
    np.testing.assert_allclose(low, -A * T)


def test_a_joint_at_full_speed_is_bounded_by_its_speed():
    _, high = velocity_bounds(PANDA, np.array(PANDA.home), np.array(PANDA.max_velocity))
    np.testing.assert_array_equal(high, PANDA.max_velocity)


@pytest.mark.parametrize("name", ["panda", "so101", "ur5e"])
def test_bounds_never_contradict_each_other_however_they_are_used(name):
    robot, random = get_robot(name), rng(1, name)
    period_s = 1.0 / robot.control_rate_hz
    lower, upper = np.array(robot.lower), np.array(robot.upper)
    q, v = np.array(robot.home), np.zeros(robot.nq)
    reached = np.zeros(robot.nq, dtype=bool)
    towards = random.integers(0, 2, robot.nq)
    for _ in range(5000):
        low, high = velocity_bounds(robot, q, v)
        if random.random() < 0.01:
            towards = random.integers(0, 2, robot.nq)
        share = towards if random.random() < 0.9 else random.random(robot.nq)
        v = low + share * (high - low)
        q = q + v * period_s
        assert np.all(q <= upper + 1e-9)
        assert np.all(q >= lower - 1e-9)
        reached |= (q > upper - 1e-6) | (q < lower + 1e-6)
    assert reached.any()  # the limits were put to the test


def test_a_joint_that_cannot_brake_in_time_is_named():
    # 1 rad/s needs 1² / (2 · 7.5) = 67 mrad to brake; 10 mrad are left.
    q = np.array(PANDA.home)
    q[1] = PANDA.upper[1] - 0.01
    v = np.zeros(7)
    v[1] = 1.0
    with pytest.raises(NoSolutionError, match=r"joint panda_joint2 at 1.7528 rad and 1 rad/s cannot keep"):
        velocity_bounds(PANDA, q, v)


def test_a_joint_outside_its_range_is_named():
    q = np.array(PANDA.home)
    q[3] = 0.0
    with pytest.raises(NoSolutionError, match=r"joint panda_joint4 .*position \[-3.0718, -0.0698\] rad"):
        velocity_bounds(PANDA, q, np.zeros(7))


def test_a_joint_that_is_too_fast_is_named():
    v = np.zeros(7)
    v[6] = 5.0
    with pytest.raises(NoSolutionError, match=r"joint panda_joint7 .*speed 2.61 rad/s"):
        velocity_bounds(PANDA, np.array(PANDA.home), v)


def test_a_slower_control_rate_leaves_less_speed():
    # 50 mrad at 7.5 rad/s²: periods of 40 ms lose 0.3 rad/s each, and 0.04 (0.7167 + 0.4167 + 0.1167) = 0.05.
    distance, a_max = np.array([0.05]), np.array([7.5])
    assert fastest_braking_speed(distance, a_max, 0.04)[0] == pytest.approx(0.71667, abs=1e-5)
    assert fastest_braking_speed(distance, a_max, 0.004)[0] > 0.85  # √(2 · 7.5 · 0.05) − 7.5 · 4 ms / 2
