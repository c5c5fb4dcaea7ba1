"""Inverse kinematics in C++ against the loop in Python that defines it."""

import numpy as np
import pytest
import wm_sim  # noqa: F401  (chooses OpenGL before mujoco does)
from wm_controllers.differential_ik import DifferentialIK
from wm_sim.scene import model_path

from wm_robot.core.seeding import rng
from wm_robot.kernels import native
from wm_robot.robots import get_robot

pytestmark = pytest.mark.skipif(not native.is_available(), reason="compiled kernels are not built")

DOWN = np.array([0.0, 1.0, 0.0, 0.0])


@pytest.fixture(params=["panda", "so101", "ur5e"])
def both(request, monkeypatch):
    robot = get_robot(request.param)
    compiled = DifferentialIK(model_path(robot), robot)
    monkeypatch.setattr(native, "is_available", lambda: False)
    return robot, compiled, DifferentialIK(model_path(robot), robot)


def test_along_a_straight_way_both_give_the_same_joints(both):
    robot, compiled, reference = both
    random = rng(0)
    for _ in range(20):
        ends = random.uniform(robot.workspace.low, robot.workspace.high, (2, 3))
        points = ends[0] + (ends[1] - ends[0]) * np.linspace(0.0, 1.0, 20)[:, None]
        paths = [ik.joint_path(np.array(robot.home), points, DOWN) for ik in (compiled, reference)]
        # A few hundred operations in double precision, of numbers around 1.
        np.testing.assert_allclose(*paths, rtol=0, atol=1e-12)


def test_from_anywhere_to_any_pose_even_out_of_reach_both_give_the_same_joints(both):
    robot, compiled, reference = both
    random = rng(1)
    for number in range(100):
        q = random.uniform(robot.lower, robot.upper)
        p_WE = (1 + 2 * (number % 5 == 0)) * random.uniform(robot.workspace.low, robot.workspace.high)
        quat_wxyz = random.normal(size=4)
        found = [ik.joint_target(q, p_WE, quat_wxyz) for ik in (compiled, reference)]
        # Near singular places an iteration magnifies rounding, by up to (1 / damping)² = 10⁶.
        np.testing.assert_allclose(*found, rtol=0, atol=1e-8)


def test_half_a_turn_away_both_turn_the_same_way(both):
    robot, compiled, reference = both
    q = np.array(robot.home)
    p_WE, (w, x, y, z) = reference.forward(q)
    for axis in np.eye(3):
        # q_E ⊗ (cos, sin axis) of half a turn less 1 mrad, about an axis of the tool.
        c, (a, b, d) = np.cos(np.pi / 2 - 5e-4), np.sin(np.pi / 2 - 5e-4) * axis
        wanted = np.array(
            [
                w * c - x * a - y * b - z * d,
                w * a + x * c + y * d - z * b,
                w * b - x * d + y * c + z * a,
                w * d + x * b - y * a + z * c,
            ]
        )
        found = [ik.joint_target(q, p_WE, wanted) for ik in (compiled, reference)]
        np.testing.assert_allclose(*found, rtol=0, atol=1e-8)
