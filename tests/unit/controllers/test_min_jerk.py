from dataclasses import replace

import numpy as np
import pytest
from wm_controllers.controller import NoSolutionError
from wm_controllers.min_jerk import min_jerk

from wm_robot.core.errors import NotFiniteError, ShapeError, WmrError
from wm_robot.robots import get_robot

PANDA = get_robot("panda")
HOME = np.array(PANDA.home)


def test_between_two_points_it_is_the_polynomial_of_flash_and_hogan():
    d, T = np.linspace(-0.3, 0.3, 7), 2.0
    q = min_jerk(PANDA, [HOME, HOME + d], [1.0, 1.0 + T])
    t = np.linspace(0.0, T, 50)
    tau = (t / T)[:, None]
    np.testing.assert_allclose(q(1.0 + t), HOME + d * (10 * tau**3 - 15 * tau**4 + 6 * tau**5), atol=1e-5)
    # Half way, 30τ² − 60τ³ + 30τ⁴ = 1.875.
    np.testing.assert_allclose(q.derivative()(1.0 + T / 2), 1.875 * d / T, atol=1e-4)


def test_through_points_it_is_smooth_to_the_fourth_derivative():
    points = [HOME, HOME + 0.2, HOME + np.array([0.1, 0.1, -0.2, 0.2, 0, 0, 0.3]), HOME]
    times = [0.0, 0.7, 1.8, 2.5]
    q = min_jerk(PANDA, points, times)
    np.testing.assert_allclose(q(times), points, atol=1e-7)
    h = 1e-9
    # Jerk and snap are free at a point in between, so the minimum makes them continuous too.
    for order, tolerance in ((1, 1e-5), (2, 1e-5), (3, 1e-2), (4, 1e-1)):
        f = q.derivative(order)
        for t in times[1:-1]:
            np.testing.assert_allclose(f(t - h), f(t + h), atol=tolerance)
    np.testing.assert_allclose(q.derivative(1)(times[-1]), 0, atol=1e-6)
    np.testing.assert_allclose(q.derivative(2)(times[0]), 0, atol=1e-5)


def test_a_speed_limit_that_would_be_exceeded_binds():
    # Free, the peak is 1.875 · 0.5 / 1 = 0.94 rad/s; at 0.8 rad/s the same half radian still fits into 1 s.
    robot = replace(PANDA, max_velocity=(0.8,) * 7)
    points = [HOME, HOME + 0.25, HOME + 0.5]
    q = min_jerk(robot, points, [0.0, 0.5, 1.0])
    speed = np.abs(q.derivative()(np.linspace(0, 1, 500)))
    assert speed.max() == pytest.approx(0.8, rel=1e-2)


def test_too_little_time_is_an_error_that_says_so():
    # 1 rad in 0.2 s needs 5 rad/s on average; joint 1 does 2.175.
    with pytest.raises(NoSolutionError, match=r"through these 2 points in 0\.2 s .*give it more time"):
        min_jerk(PANDA, [HOME, HOME + np.array([1.0, 0, 0, 0, 0, 0, 0])], [0.0, 0.2])


def test_a_point_out_of_range_is_an_error():
    with pytest.raises(NoSolutionError, match="points within its joints' range"):
        min_jerk(PANDA, [HOME, HOME + np.array([0, 2.0, 0, 0, 0, 0, 0])], [0.0, 10.0])


def test_bad_input_is_named():
    with pytest.raises(WmrError, match="increasing times"):
        min_jerk(PANDA, [HOME, HOME], [1.0, 1.0])
    with pytest.raises(ShapeError, match=r"times_s has shape \(3,\), expected \(2\)"):
        min_jerk(PANDA, [HOME, HOME], [0.0, 1.0, 2.0])
    with pytest.raises(NotFiniteError, match="q holds NaN or infinity in panda_joint3"):
        min_jerk(PANDA, [HOME, HOME * np.array([1, 1, np.nan, 1, 1, 1, 1])], [0.0, 1.0])
