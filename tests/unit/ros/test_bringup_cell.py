"""The files of arm and cell come to one set of parameters a node; what nobody knows is refused."""

from pathlib import Path

import pytest
import wm_robot_bringup
import yaml
from wm_robot_bringup.cell import read_cell, read_names, write_parameters
from wm_robot_ros.node_parameters import names_file, node_parameters

from wm_robot.robots import ROBOTS, get_robot

CONFIG = Path(wm_robot_bringup.__file__).parents[1] / "config"
NAMES = {"planner": ["checkpoint", "mppi.samples"], "safety_controller": ["speed", "controller"]}


@pytest.fixture
def cell(tmp_path):
    """Reads texts as files, one after the other."""

    def read(*texts, namespace="/wm_robot"):
        files = [tmp_path / f"{i}.yaml" for i in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_text(text)
        return read_cell(files, NAMES, namespace)

    return read


def test_the_cell_wins_over_the_arm_whatever_the_sections(cell):
    arm = "/**:\n  ros__parameters: {}\n"
    arm += "/**/safety_controller:\n  ros__parameters: {speed: 0.1, controller: a}\n"
    mine = "/**:\n  ros__parameters: {speed: 0.05}\n"
    assert cell(arm, mine) == {"planner": {}, "safety_controller": {"speed": 0.05, "controller": "a"}}


def test_groups_are_names_with_dots_and_what_is_commented_out_is_not_said(cell):
    text = "planner:\n  ros__parameters:\n    mppi: {samples: 3}\n    checkpoint:\n"
    for section in ("/wm_robot/", "/**/", "/*/"):
        assert cell(section + text)["planner"] == {"mppi.samples": 3}
    assert cell("/**/planner:\n  ros__parameters:\n") == {"planner": {}, "safety_controller": {}}
    assert cell("wm_robot:\n  planner:\n    ros__parameters: {checkpoint: a}\n")["planner"] == {
        "checkpoint": "a"
    }


def test_a_section_is_for_the_namespace_that_it_names(cell):
    text = "/left/wm_robot/safety_controller:\n  ros__parameters: {speed: 0.3}\n"
    assert cell(text, namespace="/left/wm_robot")["safety_controller"] == {"speed": 0.3}
    assert cell(text, namespace="/right/wm_robot")["safety_controller"] == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/**/safety_controler:\n  ros__parameters: {speed: 0.1}\n", "'safety_controler'.*valid: safety_c"),
        ("/**:\n  ros__parameters: {sped: 0.1}\n", "/\\*\\* sets 'sped'.*valid: speed"),
        ("/**/planner:\n  ros__parameters: {speed: 0.1}\n", "planner sets 'speed'"),
        ("/**/planner: {checkpoint: a}\n", "is 'a'; valid: sections that hold ros__parameters"),
        ("/**/planner:\n  ros__parameters: 3\n", "is 3; valid: values by name"),
        ("a: [\n", "no YAML"),
    ],
)
def test_what_no_node_knows_is_refused_with_what_is_valid(cell, text, told):
    with pytest.raises(ValueError, match=told):
        cell(text)


def test_a_node_reads_what_was_merged(tmp_path):
    values = {"speed": 0.1, "ros_joint_names": ["1", "2"], "tf_prefix": "", "seed": 3}
    file = write_parameters(tmp_path, "planner", values)
    assert yaml.safe_load(file.read_text()) == {"/**": {"ros__parameters": values}}


def test_the_file_of_names_is_what_the_code_says():
    written = Path(wm_robot_bringup.__file__).with_name("parameter_names.yaml").read_text()
    assert written == names_file(), "it is old: see wm_robot_ros/node_parameters.py"


@pytest.mark.parametrize("robot", list(ROBOTS))
def test_every_file_that_comes_along_is_known_whatever_the_arm(robot):
    known = read_names()
    declared = node_parameters(get_robot(robot))
    assert {node: [setting.name for setting in settings] for node, settings in declared.items()} == known
    for file in CONFIG.glob("*.yaml"):
        read_cell([CONFIG / f"{robot}.yaml", file], known, "/wm_robot")
