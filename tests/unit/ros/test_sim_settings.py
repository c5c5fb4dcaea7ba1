"""Parameters of the simulated arm."""

from dataclasses import replace

import pytest
from wm_robot_ros.sim_settings import SimSettings, defaults, joint_names, sim_parameters, simulation_name
from wm_sim.appearance import SHIFTS
from wm_sim.make import TASKS

from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.robots import ROBOTS, get_robot

SO101 = get_robot("so101")


@pytest.mark.parametrize("robot", [*ROBOTS])
def test_joint_states_come_at_the_rate_of_the_arm(robot):
    spec = get_robot(robot)
    assert defaults(spec).rate_hz == min(spec.control_rate_hz, 250.0)


def test_tasks_and_shifts_are_those_of_the_simulation():
    settings = {setting.name: setting for setting in sim_parameters(SO101)}
    assert set(settings["task"].choices) == set(TASKS)
    assert set(settings["shift"].choices) == set(SHIFTS)
    assert settings["shift"].optional


def test_joints_are_called_as_the_arm_calls_them_where_nothing_else_is_said():
    names, order = joint_names(SO101, SimSettings())
    assert names == order == list(SO101.joint_names)


def test_joints_may_have_other_names_and_another_order_at_the_controller():
    given = tuple(f"j{i}" for i in range(SO101.nq))
    settings = SimSettings(ros_joint_names=given, controller_joints=given[::-1], tf_prefix="left_")
    names, order = joint_names(SO101, settings)
    assert names == [f"left_{name}" for name in given]
    assert order == names[::-1]


def test_simulations_of_two_arms_have_different_names():
    assert simulation_name(7, SimSettings()) == "ros7"
    assert simulation_name(7, SimSettings(arm_namespace="/cell/left")) == "ros7.cell.left"


def test_names_that_do_not_fit_the_arm_are_refused():
    with pytest.raises(WmrError, match="ros_joint_names has 2 names"):
        joint_names(SO101, SimSettings(ros_joint_names=("a", "b")))
    with pytest.raises(UnknownNameError):
        joint_names(SO101, SimSettings(controller_joints=("a", *SO101.joint_names[1:])))
    with pytest.raises(UnknownNameError):
        joint_names(SO101, SimSettings(controller_joints=(*SO101.joint_names, "gripper")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_hz": 500.0},
        {"image_size": 1024},
        {"task": "juggle"},
        {"real_time_factor": 0.0},
        {"seed": -1},
        {"real_time_factor": 2.0, "publish_clock": False},  # nobody would know how fast time passes
    ],
)
def test_what_cannot_be_simulated_is_refused(wrong):
    with pytest.raises(WmrError, match="valid"):
        replace(SimSettings(), **wrong)
