"""The reference page and parameter files say what is so."""

import re
from pathlib import Path

import pytest
import yaml
from wm_robot_ros.interfaces import ACTIONS, SERVICES, TOPICS
from wm_robot_ros.node_parameters import node_parameters
from wm_robot_ros.parameter_file import parameter_file
from wm_robot_ros.reference import page

from wm_robot.robots import ROBOTS, get_robot

ROOT = Path(__file__).parents[3]
MESSAGES = ROOT / "ros2_ws" / "src" / "wm_robot_msgs"


def test_the_page_is_what_the_code_says():
    shown = (ROOT / "docs" / "ros2_reference.md").read_text()
    assert shown == page(MESSAGES), "docs/ros2_reference.md is old: see wm_robot_ros/reference.py"


def test_every_message_of_ours_is_used_and_every_one_that_is_used_exists():
    used = {one.type for one in (*TOPICS, *SERVICES, *ACTIONS) if one.type.startswith("wm_robot_msgs/")}
    written = {f"wm_robot_msgs/{path.parent.name}/{path.stem}" for path in MESSAGES.glob("*/*.*")}
    parts = {"wm_robot_msgs/msg/CameraAge"}  # of a heartbeat
    assert used == written - parts


def test_no_name_is_taken_twice_and_each_says_what_it_is():
    names = [one.name for one in (*TOPICS, *SERVICES, *ACTIONS)]
    assert len(set(names)) == len(names)
    assert all(one.help for one in (*TOPICS, *SERVICES, *ACTIONS))


@pytest.mark.parametrize("robot", list(ROBOTS))
def test_a_parameter_file_holds_nothing_that_differs_and_names_everything_that_can(robot):
    nodes = node_parameters(get_robot(robot))
    text = parameter_file(nodes, robot)
    live = {node: content["ros__parameters"] for node, content in yaml.safe_load(text).items()}
    assert live == {
        "/**/planner": {"robot": robot},
        "/**/safety_controller": {"robot": robot},
        "/**/sim_robot": {"robot": robot},
        "/**/recorder": {"arm_namespace": ""},
    }
    everything = yaml.safe_load(re.sub(r"^    #(?! )", "    ", text, flags=re.MULTILINE))
    for node, settings in nodes.items():
        values = everything[f"/**/{node}"]["ros__parameters"]
        assert list(values) == [setting.name for setting in settings]
        for setting in settings:
            if setting.name != "robot":
                name, written = setting.name, values[setting.name]
                assert (name, written) == (name, _plain(setting.default, written))


def _plain(default, written):
    if default is None:
        return written if written in ("", 0, []) else None
    return list(default) if isinstance(default, tuple) else default
