"""The YAML of each arm says nothing that its nodes do not know, and nothing that they refuse."""

from pathlib import Path

import pytest
import wm_robot_bringup
import yaml
from wm_robot_bringup.arguments import ROBOTS
from wm_robot_ros import cell_settings, safety_settings, sim_settings
from wm_robot_ros.descriptors import from_ros
from wm_robot_ros.node_parameters import node_parameters

from wm_robot.robots import get_robot

FOLDER = Path(wm_robot_bringup.__file__).parents[1] / "config"
ARM = {"fr3": "panda", "generic": "ur5e"} | {name: name for name in ROBOTS}
"""The RobotSpec that each file is for."""


@pytest.fixture(params=sorted(path.stem for path in FOLDER.glob("*.yaml")))
def name(request):
    return request.param


def flat(values, prefix=""):
    for key, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def parameters(name, *sections):
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return {k: v for s in sections for k, v in flat(content.get(s, {}).get("ros__parameters", {}))}


def test_every_arm_has_a_file_of_its_name():
    assert set(ROBOTS) <= {path.stem for path in FOLDER.glob("*.yaml")}


def test_every_parameter_is_one_that_a_node_declares(name):
    robot = get_robot(ARM[name])
    safety = {setting.name for setting in safety_settings.safety_parameters(robot)}
    simulation = {setting.name for setting in sim_settings.sim_parameters(robot)}
    planner = {setting.name for setting in cell_settings.cell_parameters()}
    assert set(parameters(name, "/**/safety_controller")) <= safety
    assert set(parameters(name, "/**/planner")) <= planner
    assert set(parameters(name, "/**")) <= safety & simulation  # what both ends of the wire have to know


def test_the_safety_controller_of_every_file_can_be_configured(name):
    robot = get_robot(ARM[name])
    given = parameters(name, "/**", "/**/safety_controller")
    declared = {setting.name: setting for setting in safety_settings.safety_parameters(robot)}
    values = {setting.name: setting.default for setting in declared.values()}
    values |= {key: from_ros(declared[key], value) for key, value in given.items()}
    settings, run = safety_settings.read(robot, values)
    assert settings.speed == 0.1  # the first motion of an arm is slow
    assert run.robot.workspace == robot.workspace  # a cell narrows it
    assert len(run.driver_config.ros_joint_names) in (0, robot.nq)


@pytest.mark.parametrize("name", ROBOTS)
def test_all_nodes_of_an_arm_tell_positions_in_one_frame(name):
    robot = get_robot(name)
    frames = {
        setting.default
        for settings in node_parameters(robot).values()
        for setting in settings
        if setting.name == "base_frame"
    }
    assert frames == {"world" if name == "so101" else "base_link"}  # it stands on a riser


def test_the_fr3_is_kept_within_limits_that_the_panda_passes():
    # franka_description, robots/fr3/joint_limits.yaml
    fr3 = [
        (-2.7437, 2.7437),
        (-1.7837, 1.7837),
        (-2.9007, 2.9007),
        (-3.0421, -0.1518),
        (-2.8065, 2.8065),
        (0.5445, 4.5169),
        (-3.0159, 3.0159),
    ]
    given = parameters("fr3", "/**/safety_controller")
    for (low, high), lower, upper in zip(fr3, given["lower"], given["upper"], strict=True):
        assert low <= lower < upper <= high
