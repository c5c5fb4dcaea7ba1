"""Every registered controller on every registered robot."""

from dataclasses import fields, replace

import numpy as np
import pinocchio as pin
import pytest
from wm_controllers.controller import CONTROLLERS, JointTarget
from wm_controllers.dynamics import torque_limit
from wm_controllers.kinematics import load_arm
from wm_sim.scene import model_path

from wm_robot.core.errors import NotFiniteError, ShapeError
from wm_robot.core.seeding import rng
from wm_robot.robots import ROBOTS, get_robot


@pytest.fixture(params=list(ROBOTS))
def robot(request):
    return get_robot(request.param)


@pytest.fixture(params=list(CONTROLLERS))
def make(request):
    def make(robot):
        return CONTROLLERS.get(request.param)(load_arm(model_path(robot), robot))

    return make


def target_at(controller, q):
    """The target, at rest, at which joints `q` already are."""
    if controller.target is JointTarget:
        return JointTarget(q=q, v=np.zeros(len(q)), a=np.zeros(len(q)))
    X_WE = controller.arm.place(q)
    x, y, z, w = pin.Quaternion(X_WE.rotation).coeffs()
    return controller.target(p_WE=X_WE.translation.copy(), quat_wxyz=np.array([w, x, y, z]))


def near_home(robot, seed=0):
    return np.array(robot.home) + rng(seed, robot.name).uniform(-0.05, 0.05, robot.nq)


def test_at_its_target_and_at_rest_it_moves_nothing(make, robot):
    controller, q, still = make(robot), np.array(robot.home), np.zeros(robot.nq)
    command = controller.step(q, still, target_at(controller, q))
    if controller.command == "velocity":
        np.testing.assert_allclose(command, 0.0, atol=1e-6)
    else:
        arm = controller.arm
        # M v̇ = τ − g, at rest: no acceleration, unless the motor is too weak to hold the arm at all.
        gravity = pin.computeGeneralizedGravity(arm.model, arm.data, q[arm.into_model])[arm.order]
        limit = torque_limit(arm)
        np.testing.assert_allclose(command, np.clip(gravity, -limit, limit), atol=1e-6)


def test_it_moves_towards_its_target(make, robot):
    controller, q, still = make(robot), np.array(robot.home), np.zeros(robot.nq)
    here, there = target_at(controller, q), target_at(controller, near_home(robot))
    pull = controller.step(q, still, there) - controller.step(q, still, here)
    towards = near_home(robot) - q
    # Joint motion that pays: towards the target, in the joints or at the end effector.
    if controller.target is JointTarget:
        assert pull @ towards > 0
    else:
        controller.arm.place(q)
        J = controller.arm.jacobian()[: 5 if robot.free_tool_yaw else 6]
        work = pull @ towards if controller.command == "torque" else (J @ pull) @ (J @ towards)
        assert work > 0


def test_the_same_arguments_give_the_same_command_whatever_came_before(make, robot):
    controller, fresh = make(robot), make(robot)
    q, v, target = near_home(robot, 1), np.zeros(robot.nq), target_at(fresh, near_home(robot, 2))
    for seed in range(3, 8):
        controller.step(near_home(robot, seed), v, target_at(controller, near_home(robot, seed + 9)))
    np.testing.assert_array_equal(controller.step(q, v, target), fresh.step(q, v, target))


def test_joints_are_matched_by_name(make, robot):
    # The same arm, its joints named in reverse.
    backwards = replace(
        robot,
        **{
            field.name: getattr(robot, field.name)[::-1]
            for field in fields(robot)
            if field.name in ("joint_names", "lower", "upper", "home") or field.name.startswith("max_")
        },
    )
    q, v = near_home(robot, 1), rng(2).uniform(-0.01, 0.01, robot.nq)
    controller, reverse = make(robot), make(backwards)
    command = controller.step(q, v, target_at(controller, near_home(robot, 3)))
    mirrored = reverse.step(q[::-1], v[::-1], target_at(reverse, near_home(robot, 3)[::-1]))
    np.testing.assert_allclose(mirrored[::-1], command, atol=1e-6)


def test_its_arguments_are_left_alone(make, robot):
    controller, q, v = make(robot), near_home(robot), np.full(robot.nq, 0.01)
    target = target_at(controller, near_home(robot, 1))
    arrays = [q, v, *(getattr(target, field.name) for field in fields(target))]
    before = [array.copy() for array in arrays]
    command = controller.step(q, v, target)
    command[:] = 0.0
    for array, kept in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_nan_anywhere_is_an_error_and_not_a_command(make, robot):
    controller, q, v = make(robot), np.array(robot.home), np.zeros(robot.nq)
    target = target_at(controller, q)
    for bad in (np.nan, np.inf):
        spoilt = q.copy()
        spoilt[-1] = bad
        with pytest.raises(NotFiniteError, match=robot.joint_names[-1]):
            controller.step(spoilt, v, target)
        with pytest.raises(NotFiniteError, match=robot.joint_names[-1]):
            controller.step(q, spoilt, target)
        for field in fields(target):
            value = getattr(target, field.name).copy()
            value[0] = bad
            with pytest.raises(NotFiniteError):
                controller.step(q, v, replace(target, **{field.name: value}))


def test_another_number_of_joints_is_a_shape_error(make, robot):
    controller, q, v = make(robot), np.array(robot.home), np.zeros(robot.nq)
    target = target_at(controller, q)
    with pytest.raises(ShapeError):
        controller.step(q[:-1], v, target)
    with pytest.raises(ShapeError):
        controller.step(q, np.zeros(robot.nq + 1), target)
