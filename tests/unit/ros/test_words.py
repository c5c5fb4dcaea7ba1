"""What `ros2 param describe` and `ros2 interface show` say can be read."""

import re
from pathlib import Path

import pytest
from wm_robot_ros.descriptors import describe
from wm_robot_ros.node_parameters import node_parameters

from wm_robot.robots import get_robot

MESSAGES = Path(__file__).parents[3] / "ros2_ws" / "src" / "wm_robot_msgs"
PATHS = sorted(path for kind in ("msg", "srv", "action") for path in (MESSAGES / kind).iterdir())

SETTINGS = {
    f"{node}/{setting.name}": setting
    for node, settings in node_parameters(get_robot("ur5e")).items()
    for setting in settings
}

QUANTITY = re.compile(r"_(s|m|ms|hz|rad|gb|m_s)$")
"""How the name of a parameter with a unit ends."""


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_every_field_of_a_message_says_what_it_is(path):
    lines = [line for line in path.read_text().splitlines() if line and line[0] not in "#-"]
    fields = [line for line in lines if not re.match(r"\w+ +\w+=", line)]
    assert [line for line in fields if not line.partition("#")[2].strip()] == []
    assert path.read_text().startswith("# ")  # what it is for
    assert [line for line in lines if len(line) > 120] == []


@pytest.mark.parametrize("name", SETTINGS)
def test_every_parameter_says_what_it_is_in_which_unit_and_what_is_valid(name):
    setting = SETTINGS[name]
    described = describe(setting)
    assert re.fullmatch(r"\S(.*\S)?", described.description, re.DOTALL)
    if setting.type in (int, float) and setting.bounds is not None:
        assert described.range or described.constraints
        assert setting.bounds.low < setting.bounds.high
    if QUANTITY.search(setting.name):
        assert setting.unit
        assert re.search(rf"[^.] \[{re.escape(setting.unit)}\]$", described.description)
