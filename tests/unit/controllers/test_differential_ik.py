from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest
import wm_sim  # noqa: F401  (chooses OpenGL before mujoco does)
from wm_controllers.differential_ik import DifferentialIK, IKConfig
from wm_sim.scene import model_path

from wm_robot.core.errors import NotFiniteError, ShapeError, UnknownNameError, WmrError
from wm_robot.core.seeding import rng
from wm_robot.robots import get_robot

DOWN = np.array([0.0, 1.0, 0.0, 0.0])
PANDA = get_robot("panda")


@pytest.fixture(scope="module")
def ik():
    return DifferentialIK(model_path(PANDA), PANDA)


def test_the_jacobian_is_the_derivative_of_forward_kinematics(ik):
    q, h = np.array(PANDA.home) + 0.1, 1e-6

    def pose(q):
        p_WE, (w, x, y, z) = ik.forward(q)
        return pin.SE3(pin.Quaternion(w, x, y, z).matrix(), p_WE)

    columns = []
    for joint in np.eye(PANDA.nq):
        # Body twist of the motion from q − h to q + h, over 2 h.
        columns.append(pin.log6(pose(q - h * joint).actInv(pose(q + h * joint))).vector / (2 * h))
    np.testing.assert_allclose(ik.jacobian(q), np.column_stack(columns), atol=1e-7)


def test_a_pose_that_some_joints_have_is_found(ik):
    random = rng(3)
    for _ in range(20):
        q_true = np.clip(np.array(PANDA.home) + random.uniform(-0.4, 0.4, PANDA.nq), PANDA.lower, PANDA.upper)
        p_WE, quat_wxyz = ik.forward(q_true)
        found_p, found_quat = ik.forward(ik.joint_target(np.array(PANDA.home), p_WE, quat_wxyz))
        np.testing.assert_allclose(found_p, p_WE, atol=2e-4)
        assert abs(found_quat @ quat_wxyz) > 1 - 1e-6


def test_the_spare_joint_goes_home_without_moving_the_tool(ik):
    p_WE = np.array([0.5, 0.1, 0.15])
    q_bent = ik.joint_target(np.array(PANDA.home) + np.array([0.5, 0, -0.5, 0, 0, 0, 0]), p_WE, DOWN)
    q = q_bent
    for _ in range(30):
        q = ik.joint_target(q, p_WE, DOWN)
    home = np.array(PANDA.home)
    assert np.linalg.norm(q - home) < np.linalg.norm(q_bent - home)
    np.testing.assert_allclose(ik.forward(q)[0], p_WE, atol=2e-4)


@pytest.mark.parametrize("target", [(2.0, 0.0, 0.1), (-0.6, 0.3, 0.4), (0.0, 0.0, 0.05)])
def test_out_of_reach_the_joints_stay_within_their_limits(ik, target):
    q = ik.joint_target(np.array(PANDA.home), np.array(target), DOWN)
    assert np.all(q >= PANDA.lower)
    assert np.all(q <= PANDA.upper)


def test_an_arm_with_free_yaw_keeps_its_tool_axis_whatever_yaw_is_asked():
    robot = get_robot("so101")
    ik = DifferentialIK(model_path(robot), robot)
    p_WE = np.array([0.16, 0.06, 0.05])
    for yaw in (0.0, 1.0, 3.0):
        # Rz(yaw) Rx(π)
        quat_wxyz = np.array([0.0, np.cos(yaw / 2), np.sin(yaw / 2), 0.0])
        found_p, (w, x, y, z) = ik.forward(ik.joint_target(np.array(robot.home), p_WE, quat_wxyz))
        np.testing.assert_allclose(found_p, p_WE, atol=5e-4)
        assert pin.Quaternion(w, x, y, z).matrix()[2, 2] < -1 + 1e-5


def test_nan_in_a_target_is_an_error_that_names_the_coordinate(ik):
    with pytest.raises(NotFiniteError, match="p_WE holds NaN or infinity in y"):
        ik.joint_target(np.array(PANDA.home), np.array([0.5, np.nan, 0.1]), DOWN)


def test_another_number_of_joints_is_a_shape_error(ik):
    with pytest.raises(ShapeError, match=r"q has shape \(6,\), expected \(7\)"):
        ik.joint_target(np.zeros(6), np.array([0.5, 0.0, 0.1]), DOWN)


def test_a_model_without_the_robots_joints_is_refused():
    with pytest.raises(UnknownNameError, match="unknown joint 'panda_joint1'; valid: elbow_joint"):
        DifferentialIK(model_path(get_robot("ur5e")), PANDA)


def test_a_model_without_the_end_effector_is_refused():
    with pytest.raises(UnknownNameError, match="unknown frame 'nose'"):
        DifferentialIK(model_path(PANDA), replace(PANDA, end_effector="nose"))


def test_a_solver_without_damping_is_refused():
    with pytest.raises(WmrError, match="damping=0"):
        IKConfig(damping=0.0)


def test_a_path_goes_on_from_joints_to_joints(ik):
    q = np.array(PANDA.home)
    points = np.array([[0.5, 0.1, 0.15], [0.45, 0.1, 0.2], [0.45, 0.0, 0.2]])
    path = ik.joint_path(q, points, DOWN)
    for p_WE, found in zip(points, path, strict=True):
        q = ik.joint_target(q, p_WE, DOWN)
        np.testing.assert_array_equal(found, q)


def test_nan_on_a_path_is_an_error_that_names_the_coordinate(ik):
    with pytest.raises(NotFiniteError, match="p_WE holds NaN or infinity in z"):
        ik.joint_path(np.array(PANDA.home), np.array([[0.5, 0.1, 0.1], [0.5, 0.1, np.nan]]), DOWN)


def test_an_orientation_that_is_no_quaternion_is_a_shape_error(ik):
    with pytest.raises(ShapeError, match=r"quat_wxyz has shape \(3,\)"):
        ik.joint_path(np.array(PANDA.home), np.array([[0.5, 0.1, 0.1]]), DOWN[:3])
