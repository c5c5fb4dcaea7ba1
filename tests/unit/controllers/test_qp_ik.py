from dataclasses import replace

import cvxpy as cp
import numpy as np
import pinocchio as pin
import pytest
from wm_controllers.controller import NoSolutionError, PoseTarget
from wm_controllers.kinematics import load_arm
from wm_controllers.pose_error import pose_error
from wm_controllers.qp_ik import QPIK, QPIKConfig
from wm_controllers.velocity_bounds import velocity_bounds
from wm_sim.scene import model_path

from wm_robot.core.errors import NotFiniteError, WmrError
from wm_robot.core.seeding import rng
from wm_robot.robots import get_robot

DOWN = np.array([0.0, 1.0, 0.0, 0.0])


def as_target(X, V_WE=None):
    x, y, z, w = pin.Quaternion(X.rotation).coeffs()
    quat_wxyz = np.array([w, x, y, z])
    return PoseTarget(
        p_WE=X.translation.copy(), quat_wxyz=quat_wxyz, V_WE=np.zeros(6) if V_WE is None else V_WE
    )


def stream(ik, q, targets):
    """Joint positions and velocities (T, nq) of following `targets`, one a control period."""
    period_s, v = 1.0 / ik.arm.robot.control_rate_hz, np.zeros(len(q))
    qs, vs = [], []
    for target in targets:
        v = ik.step(q, v, target)
        q = q + v * period_s
        qs.append(q)
        vs.append(v)
    return np.array(qs), np.array(vs)


def test_the_jacobian_is_the_derivative_of_the_placement(any_arm):
    h = 1e-6
    q = np.array(any_arm.robot.home) + 0.1
    columns = []
    for joint in np.eye(len(q)):
        before = any_arm.place(q - h * joint).copy()
        columns.append(pin.log6(before.actInv(any_arm.place(q + h * joint))).vector / (2 * h))
    any_arm.place(q)
    np.testing.assert_allclose(any_arm.jacobian(), np.column_stack(columns), atol=1e-7)


def test_the_jacobian_is_the_slope_of_half_the_squared_pose_error(any_arm):
    rows = 5 if any_arm.robot.free_tool_yaw else 6
    q, h = np.array(any_arm.robot.home), 1e-6
    X_WT = any_arm.place(q + 0.3).copy()

    def half_square(q):
        error = pose_error(any_arm.place(q).actInv(X_WT), rows)
        return 0.5 * error @ error

    slope = [(half_square(q + h * joint) - half_square(q - h * joint)) / (2 * h) for joint in np.eye(len(q))]
    error = pose_error(any_arm.place(q).actInv(X_WT), rows)
    np.testing.assert_allclose(slope, -any_arm.jacobian()[:rows].T @ error, atol=1e-7)


def test_a_tool_that_points_the_opposite_way_is_half_a_turn_off():
    upside_down = pin.SE3(np.diag([1.0, -1.0, -1.0]), np.zeros(3))
    assert np.linalg.norm(pose_error(upside_down, 5)[3:]) == pytest.approx(np.pi)


@pytest.mark.parametrize("name", ["panda", "so101", "ur5e"])
def test_a_pose_within_reach_is_reached_and_kept(name):
    robot = get_robot(name)
    arm = load_arm(model_path(robot), robot)
    low, high = np.array(robot.workspace.low), np.array(robot.workspace.high)
    p_WE = low + 0.75 * (high - low)
    ik = QPIK(arm)
    target = PoseTarget(p_WE=p_WE, quat_wxyz=DOWN)
    qs, vs = stream(ik, np.array(robot.home), [target] * round(8 * robot.control_rate_hz))
    X_WE = arm.place(qs[-1])
    # Posture and damping weigh 1e-5 and less of the task.
    np.testing.assert_allclose(X_WE.translation, p_WE, atol=1e-4)
    assert X_WE.rotation[2, 2] == pytest.approx(-1.0, abs=1e-6)
    assert np.abs(vs[-1]).max() < 0.02


def test_a_target_with_its_velocity_is_followed_without_lag(panda):
    X_WE = panda.place(np.array(panda.robot.home)).copy()
    rate_hz, speed = panda.robot.control_rate_hz, 0.1
    t = np.arange(round(1.0 * rate_hz)) / rate_hz
    poses = [pin.SE3(X_WE.rotation, X_WE.translation + np.array([0, speed * s, 0])) for s in t]
    twist = np.array([0, speed, 0, 0, 0, 0])
    qs, _ = stream(QPIK(panda), np.array(panda.robot.home), [as_target(X, twist) for X in poses])
    lag = [np.linalg.norm(panda.place(qs[-1]).translation - poses[-1].translation - twist[:3] / rate_hz)]
    blind, _ = stream(QPIK(panda), np.array(panda.robot.home), [as_target(X) for X in poses])
    lag += [np.linalg.norm(panda.place(blind[-1]).translation - poses[-1].translation)]
    # A proportional law alone lags by speed / gain = 0.1 / 10 = 10 mm (one period of 0.4 mm less).
    assert lag[1] == pytest.approx(0.0096, abs=1e-3)
    assert lag[0] < 2e-4


@pytest.mark.parametrize("name", ["panda", "so101", "ur5e"])
def test_targets_that_jump_about_never_lead_past_a_joint_limit(name):
    robot, random = get_robot(name), rng(0, name)
    arm = load_arm(model_path(robot), robot)
    targets = []
    for _ in range(30):
        p_WE, quat_wxyz = random.uniform(-1.0, 1.0, 3), random.normal(size=4)
        targets += [PoseTarget(p_WE=p_WE, quat_wxyz=quat_wxyz, V_WE=random.uniform(-1, 1, 6))] * 60
    qs, vs = stream(QPIK(arm), np.array(robot.home), targets)
    accelerations = np.diff(vs, axis=0, prepend=0.0) * robot.control_rate_hz
    assert np.all(qs <= np.array(robot.upper) + 1e-9)
    assert np.all(qs >= np.array(robot.lower) - 1e-9)
    assert np.all(np.abs(vs) <= np.array(robot.max_velocity) + 1e-9)
    assert np.all(np.abs(accelerations) <= np.array(robot.max_acceleration) * (1 + 1e-6) + 1e-6)
    # The limits were met, not merely never approached.
    assert np.abs(accelerations).max() > 0.99 * robot.max_acceleration[0]


def test_the_solution_is_that_of_the_written_programme(panda):
    random, config = rng(0), QPIKConfig()
    ik = QPIK(panda)
    W = np.diag([1, 1, 1, *[config.orientation_weight] * 3])
    for _ in range(5):
        q = np.array(panda.robot.home) + random.uniform(-0.3, 0.3, 7)
        v_now = random.uniform(-0.5, 0.5, 7)
        X_WT = panda.place(q + random.uniform(-0.02, 0.02, 7)).copy()  # near: no speed is saturated
        found = ik.step(q, v_now, as_target(X_WT))
        low, high = velocity_bounds(panda.robot, q, v_now)
        error = config.task_gain * pose_error(panda.place(q).actInv(X_WT), 6)
        J, v = panda.jacobian(), cp.Variable(7)
        posture = v - config.posture_gain * (np.array(panda.robot.home) - q)
        cost = (
            cp.sum_squares(W @ (J @ v - error))
            + config.posture_weight**2 * cp.sum_squares(posture)
            + config.damping_weight**2 * cp.sum_squares(v)
        )
        cp.Problem(cp.Minimize(cost), [v >= low, v <= high]).solve(solver=cp.CLARABEL)
        np.testing.assert_allclose(found, v.value, atol=1e-5)


def test_the_spare_joint_goes_home_while_the_tool_stays(panda):
    home = np.array(panda.robot.home)
    bent = home + np.array([0.3, 0, -0.3, 0, 0, 0, 0])
    target = as_target(panda.place(bent).copy())
    qs, _ = stream(QPIK(panda), bent, [target] * 2500)
    assert np.linalg.norm(qs[-1] - home) < 0.9 * np.linalg.norm(bent - home)
    np.testing.assert_allclose(panda.place(qs[-1]).translation, target.p_WE, atol=1e-4)


def test_an_arm_with_free_yaw_does_not_turn_for_a_yaw(so101):
    home = np.array(so101.robot.home)
    X_WE = so101.place(home).copy()
    yawed = pin.SE3(X_WE.rotation @ pin.utils.rotate("z", 1.0), X_WE.translation)
    np.testing.assert_allclose(
        QPIK(so101).step(home, np.zeros(5), as_target(yawed)),
        QPIK(so101).step(home, np.zeros(5), as_target(X_WE)),
        atol=1e-7,
    )


def test_joints_that_cannot_keep_their_limits_are_an_error_not_a_command(panda):
    home = np.array(panda.robot.home)
    with pytest.raises(NoSolutionError, match=r"joint panda_joint1 .*cannot keep its limits"):
        QPIK(panda).step(home + 3.0, np.zeros(7), as_target(panda.place(home)))


def test_a_solver_that_gives_up_is_an_error_not_a_command(panda):
    ik, home = QPIK(panda), np.array(panda.robot.home)
    ik._solver.settings.max_iter = 0
    with pytest.raises(NoSolutionError, match="MAX_ITER"):
        ik.step(home, np.zeros(7), PoseTarget(p_WE=np.array([0.5, 0.2, 0.1]), quat_wxyz=DOWN))


def test_a_step_repeats_bit_for_bit_wherever_its_memory_lies(panda):
    home, still, random = np.array(panda.robot.home), np.zeros(7), rng(4)
    targets = [PoseTarget(p_WE=random.uniform(-0.5, 0.5, 3), quat_wxyz=DOWN) for _ in range(200)]
    ik, again, elsewhere = QPIK(panda), QPIK(panda), []
    first = [ik.step(home, still, target) for target in targets]
    for target, v in zip(targets[::-1], first[::-1], strict=True):
        elsewhere.append(np.zeros(random.integers(1, 50)))  # shifts what is allocated next
        np.testing.assert_array_equal(again.step(home, still, target), v)


def test_after_an_error_the_next_command_is_that_of_a_fresh_controller(panda):
    home, still = np.array(panda.robot.home), np.zeros(7)
    target = PoseTarget(p_WE=np.array([0.5, 0.1, 0.2]), quat_wxyz=DOWN)
    ik = QPIK(panda)
    ik.step(home, still, target)
    with pytest.raises(NotFiniteError, match="p_WE holds NaN or infinity in z"):
        ik.step(home, still, replace(target, p_WE=np.array([0.5, 0.1, np.nan])))
    with pytest.raises(NoSolutionError):
        ik.step(home + 4.0, still, target)
    np.testing.assert_array_equal(ik.step(home, still, target), QPIK(panda).step(home, still, target))


def test_an_orientation_of_zero_length_is_refused(panda):
    with pytest.raises(WmrError, match="which is no orientation"):
        QPIK(panda).step(
            np.array(panda.robot.home), np.zeros(7), PoseTarget(p_WE=np.zeros(3), quat_wxyz=np.zeros(4))
        )


def test_a_gain_of_zero_is_refused():
    with pytest.raises(WmrError, match=r"task_gain=0\.0; it must be finite and > 0"):
        QPIKConfig(task_gain=0.0)
