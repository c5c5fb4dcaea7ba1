"""Every registered robot: its shipped model, its RobotSpec and both kinematics libraries agree."""

import mujoco
import numpy as np
import pytest
import wm_sim  # noqa: F401  (chooses OpenGL before mujoco does)
from wm_controllers.differential_ik import DifferentialIK
from wm_controllers.kinematics import TOOL_DOWN_QUAT_WXYZ
from wm_sim.scene import model_path

from wm_robot.core.seeding import rng
from wm_robot.robots import ROBOTS, get_robot


@pytest.fixture(params=list(ROBOTS))
def robot(request):
    return get_robot(request.param)


@pytest.fixture
def model(robot):
    return mujoco.MjModel.from_xml_path(str(model_path(robot)))


def tip_pose(robot, model, q):
    data = mujoco.MjData(model)
    for joint, value in zip(robot.joint_names, q, strict=True):
        data.qpos[model.joint(joint).qposadr[0]] = value
    mujoco.mj_kinematics(model, data)
    body = data.body(robot.end_effector)
    return body.xpos.copy(), body.xquat.copy()


def test_model_and_spec_have_the_same_joint_limits(robot, model):
    for joint, low, high in zip(robot.joint_names, robot.lower, robot.upper, strict=True):
        np.testing.assert_allclose(model.joint(joint).range, [low, high], atol=1e-5)


def test_every_joint_has_a_servo_of_its_name(robot, model):
    servos = {model.actuator(i).name for i in range(model.nu)}
    gripper = {robot.gripper_joint} if robot.gripper_joint else set()
    assert servos == set(robot.joint_names) | gripper


def test_all_shapes_are_capsules_because_meshes_render_slowly(model):
    assert set(model.geom_type.tolist()) == {int(mujoco.mjtGeom.mjGEOM_CAPSULE)}


def test_mujoco_and_pinocchio_agree_on_forward_kinematics(robot, model):
    ik, random = DifferentialIK(model_path(robot), robot), rng(0, robot.name)
    for _ in range(20):
        q = random.uniform(robot.lower, robot.upper)
        p_WE, quat_wxyz = ik.forward(q)
        p_expected, quat_expected = tip_pose(robot, model, q)
        # The shipped text keeps six digits, which both read alike.
        np.testing.assert_allclose(p_WE, p_expected, atol=1e-9)
        assert abs(quat_wxyz @ quat_expected) == pytest.approx(1.0, abs=1e-9)


def test_at_home_the_tool_is_in_the_workspace_and_points_down(robot, model):
    p_WE, quat_wxyz = tip_pose(robot, model, robot.home)
    down = np.zeros(3)
    mujoco.mju_rotVecQuat(down, np.array([0.0, 0.0, 1.0]), quat_wxyz)
    assert np.all(p_WE > np.array(robot.workspace.low) - 0.05)
    assert np.all(p_WE < np.array(robot.workspace.high) + 0.05)
    assert down[2] < -np.cos(np.deg2rad(5))


def test_every_corner_of_the_workspace_is_reached_with_the_tool_down(robot):
    ik = DifferentialIK(model_path(robot), robot)
    low, high = robot.workspace.low, robot.workspace.high
    for corner in np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T:
        q = ik.joint_target(np.array(robot.home), corner, TOOL_DOWN_QUAT_WXYZ)
        p_WE, quat_wxyz = ik.forward(q)
        down = np.zeros(3)
        mujoco.mju_rotVecQuat(down, np.array([0.0, 0.0, 1.0]), quat_wxyz)
        np.testing.assert_allclose(p_WE, corner, atol=1e-3)
        assert down[2] < -0.9999


def test_the_shipped_model_is_what_the_published_description_gives(robot, model):
    pytest.importorskip("trimesh")
    from wm_sim.assets.build import RECIPES, build
    from wm_sim.assets.urdf import DESCRIPTIONS

    if not DESCRIPTIONS.exists():
        pytest.skip("example-robot-data is not installed")
    fresh = mujoco.MjModel.from_xml_string(build(robot, RECIPES[robot.name]))
    for field in ("body_pos", "body_quat", "body_mass", "body_inertia", "jnt_range", "actuator_gainprm"):
        np.testing.assert_allclose(getattr(model, field), getattr(fresh, field), rtol=1e-4, atol=1e-6)
