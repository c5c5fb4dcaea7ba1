from dataclasses import replace

import numpy as np
import pytest
from wm_controllers.controller import NoSolutionError
from wm_controllers.online_trajectory import OnlineTrajectory, OnlineTrajectoryConfig

from wm_robot.core.errors import NotFiniteError, ShapeError, WmrError
from wm_robot.core.seeding import rng
from wm_robot.robots import get_robot

PANDA = get_robot("panda")
HOME = np.array(PANDA.home)


def started(robot=PANDA, **config):
    online = OnlineTrajectory(robot, OnlineTrajectoryConfig(**config))
    online.reset(np.array(robot.home))
    return online


def steps_until_rest(online, target):
    for k in range(1, 100_000):
        point = online.step(target)
        if np.allclose(point.q, target, atol=1e-9) and np.allclose(point.v, 0.0, atol=1e-9):
            return k
    raise AssertionError("never at rest")


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_from_rest_to_rest_it_takes_what_jerk_and_acceleration_allow(scale):
    # One joint, d = 0.4 rad, a = 2 rad/s², j = 20 rad/s³, full speed never reached. With t_j = a / j = 0.1 s
    # of jerk and t_a at constant a, d = a (t_j + t_a) (2 t_j + t_a), so 0.2 = (0.1 + t_a) (0.2 + t_a),
    # t_a = 0.3 s, and the motion takes 4 t_j + 2 t_a = 1.0 s. σ = ½ doubles it.
    robot = replace(PANDA, max_velocity=(9.0,) * 7, max_acceleration=(2.0,) * 7, max_jerk=(20.0,) * 7)
    target = HOME + np.array([0.4, 0, 0, 0, 0, 0, 0])
    assert steps_until_rest(started(robot, speed_scale=scale), target) == pytest.approx(250 / scale, abs=1)


@pytest.mark.parametrize("name", ["panda", "so101", "ur5e"])
@pytest.mark.parametrize("scale", [1.0, 0.4])
def test_targets_that_change_in_flight_never_break_a_limit(name, scale):
    robot, random = get_robot(name), rng(0, name)
    online, period_s = started(robot, speed_scale=scale), 1.0 / robot.control_rate_hz
    points = []
    for k in range(2000):
        if k % 40 == 0:
            target = random.uniform(robot.lower, robot.upper)
            v = random.uniform(-0.2, 0.2, robot.nq) if k % 80 == 0 else None
        points.append(online.step(target, v))
    q, v, a = (np.array([getattr(point, x) for point in points]) for x in "qva")
    jerk = np.diff(a, axis=0) / period_s
    largest = [
        np.abs(x).max(axis=0) / limit
        for x, limit in (
            (v, scale * np.array(robot.max_velocity)),
            (a, scale**2 * np.array(robot.max_acceleration)),
            (jerk, scale**3 * np.array(robot.max_jerk)),
        )
    ]
    assert np.max(largest) <= 1 + 1e-6
    assert all(x.max() > 0.99 for x in largest)  # each limit is used
    # Positions, velocities and accelerations belong together: over a period at constant jerk,
    # q⁺ − q = (v + v⁺) T / 2 − (a⁺ − a) T² / 12. Jerk may switch within a period, by up to 2 j_max.
    moved = (v[:-1] + v[1:]) / 2 * period_s - (a[1:] - a[:-1]) * period_s**2 / 12
    np.testing.assert_allclose(np.diff(q, axis=0), moved, atol=2 * max(robot.max_jerk) * period_s**3 / 12)


def test_all_joints_arrive_together():
    online, target = started(), HOME + np.array([0.6, 0.1, 0, 0.2, 0, 0, 0])
    halfway = [online.step(target) for _ in range(steps_until_rest(started(), target) // 2)][-1]
    assert np.all(np.abs(halfway.v[[0, 1, 3]]) > 0.01)
    assert np.abs(halfway.q - target)[[0, 1, 3]].min() > 0.01


def test_a_target_speed_is_reached_where_it_is_asked_for():
    online = started()
    target, v = HOME + 0.2, np.full(7, 0.1)
    passed = [online.step(target, v) for _ in range(400)]
    nearest = min(passed, key=lambda point: np.abs(point.q - target).max())
    np.testing.assert_allclose(nearest.q, target, atol=0.1 * 0.004)
    np.testing.assert_allclose(nearest.v, v, atol=0.02)


def test_a_target_out_of_range_is_refused_and_the_motion_goes_on():
    online, fresh = started(), started()
    for _ in range(50):
        online.step(HOME + 0.3)
        fresh.step(HOME + 0.3)
    out = HOME.copy()
    out[3] = 0.2
    with pytest.raises(NoSolutionError, match=r"panda_joint4 is 0\.2 rad, valid: \[-3\.0718, -0\.0698\] rad"):
        online.step(out)
    with pytest.raises(NoSolutionError, match=r"panda_joint1 is 3 rad/s, valid: up to 2\.175 rad/s"):
        online.step(HOME, np.full(7, 3.0))
    with pytest.raises(NotFiniteError, match="target q holds NaN or infinity in panda_joint1"):
        online.step(HOME + np.array([np.inf, 0, 0, 0, 0, 0, 0]))
    with pytest.raises(ShapeError, match=r"target v has shape \(6,\), expected \(7\)"):
        online.step(HOME, np.zeros(6))
    np.testing.assert_array_equal(online.step(HOME + 0.3).q, fresh.step(HOME + 0.3).q)


def test_without_a_start_there_is_no_motion():
    with pytest.raises(WmrError, match="call reset"):
        OnlineTrajectory(PANDA).step(HOME)


@pytest.mark.parametrize("scale", [0.0, 1.1, float("nan")])
def test_a_speed_scale_beyond_the_limits_is_refused(scale):
    with pytest.raises(WmrError, match="speed_scale"):
        OnlineTrajectoryConfig(speed_scale=scale)
