import numpy as np
import pytest
import wm_sim
from wm_sim.scene import robot_scene

from wm_robot.core.errors import NotFiniteError, ShapeError, WmrError
from wm_robot.robots import get_robot

PANDA = get_robot("panda")


@pytest.fixture
def robot():
    return wm_sim.MujocoRobot(PANDA, robot_scene(PANDA, PANDA.workspace).compile())


def test_reading_an_arm_that_is_not_connected_is_an_error(robot):
    with pytest.raises(WmrError, match="'panda' is not connected"):
        robot.read()


def test_connecting_puts_the_arm_at_rest_at_home(robot):
    robot.connect()
    state = robot.read()
    assert state.joint_names == PANDA.joint_names
    np.testing.assert_array_equal(state.q, PANDA.home)
    np.testing.assert_array_equal(state.v, 0.0)


def test_a_commanded_joint_gets_there_in_a_control_period(robot):
    robot.connect()
    target = np.array(PANDA.home) + 0.02
    robot.command(target)
    robot.advance(0.2)
    # A critically damped servo of 45 rad/s has e^-9 (1 + 9) = 0.1 % of the step left after 0.2 s,
    # and its inertia at home is only that of the joint alone: allow 2 %.
    np.testing.assert_allclose(robot.read().q, target, atol=0.02 * 0.02)
    assert robot.read().stamp_ns == 200_000_000


def test_commands_beyond_the_limits_stop_at_the_limits(robot):
    robot.connect()
    robot.command(np.full(PANDA.nq, 10.0))
    ctrl = [robot.data.actuator(name).ctrl[0] for name in PANDA.joint_names]
    np.testing.assert_array_equal(ctrl, PANDA.upper)


def test_stop_holds_the_present_position(robot):
    robot.connect()
    robot.command(np.array(PANDA.home) + 0.5)
    robot.advance(0.1)
    here = robot.read().q
    robot.stop()
    ctrl = [robot.data.actuator(name).ctrl[0] for name in PANDA.joint_names]
    np.testing.assert_array_equal(ctrl, here)


def test_stop_is_valid_before_connecting(robot):
    robot.stop()


@pytest.mark.parametrize(
    ("q", "error"), [(np.zeros(6), ShapeError), (np.array([0, 0, 0, np.nan, 0, 0, 0]), NotFiniteError)]
)
def test_a_bad_command_is_refused(robot, q, error):
    robot.connect()
    with pytest.raises(error, match="joint command"):
        robot.command(q)
