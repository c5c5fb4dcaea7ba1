"""What parameters of the safety controller come to."""

from pathlib import Path

import pytest
from wm_robot_ros.safety_settings import read, safety_parameters

from wm_robot.core.errors import WmrError
from wm_robot.robots import ROBOTS, get_robot

PANDA = get_robot("panda")


@pytest.mark.parametrize("name", list(ROBOTS))
def test_the_defaults_are_those_of_the_robot_but_slow(name):
    robot = get_robot(name)
    _, run = read(robot, {setting.name: setting.default for setting in safety_parameters(robot)})
    assert run.robot == robot
    assert run.control.safety.speed == 0.1


def test_no_parameter_has_the_name_of_another():
    names = [setting.name for setting in safety_parameters(PANDA)]
    assert len(set(names)) == len(names)


def test_every_parameter_is_explained():
    assert [setting.name for setting in safety_parameters(PANDA) if not setting.help] == []


def test_a_cell_narrows_what_the_robot_may():
    box = (0.4, -0.1, 0.02, 0.6, 0.1, 0.2)
    settings, run = read(
        PANDA,
        {
            "rate_hz": 100.0,
            "speed": 0.5,
            "workspace": box,
            "watchdogs.plan_s": 2.0,
            "safety.distance_m": 0.02,
            "controller": "arm_controller",
            "form": "joint_trajectory",
            "base_frame": "world",
        },
    )
    assert (run.robot.control_rate_hz, run.robot.watchdogs.plan_s) == (100.0, 2.0)
    assert (*run.robot.workspace.low, *run.robot.workspace.high) == box
    assert (run.control.safety.speed, run.control.safety.distance_m) == (0.5, 0.02)
    assert (run.driver_config.controller, run.driver_config.form) == ("arm_controller", "joint_trajectory")
    assert settings.base_frame == "world"


def test_a_cell_narrows_joint_limits_and_never_widens_them():
    lower = (-1.0, *PANDA.lower[1:])
    _, run = read(PANDA, {"lower": lower})
    assert run.robot.lower == lower
    with pytest.raises(WmrError, match=r"panda_joint1 are -3\.0 and 2\.8973 rad; valid: within"):
        read(PANDA, {"lower": (-3.0, *PANDA.lower[1:])})
    with pytest.raises(WmrError, match="upper needs one entry for each joint"):
        read(PANDA, {"upper": PANDA.upper[1:]})


def test_a_value_that_makes_no_sense_is_refused_with_its_name():
    with pytest.raises(WmrError, match=r"speed is 2\.0"):
        read(PANDA, {"speed": 2.0})


def test_two_arms_of_a_kind_have_two_latches():
    _, left = read(PANDA, {"arm_namespace": "/cell/left"})
    _, alone = read(PANDA, {})
    assert (left.station, alone.station) == ("cell.left.panda", "panda")
    assert read(PANDA, {"arm": "left_one"})[1].station == "left_one"


def test_flight_logs_go_where_ros_keeps_its_own(monkeypatch):
    monkeypatch.setenv("ROS_HOME", "/data/ros")
    assert read(PANDA, {})[1].folder.parent == Path("/data/ros/wm_robot")
    assert read(PANDA, {"output": "/data/flights"})[1].folder.parent == Path("/data/flights")
