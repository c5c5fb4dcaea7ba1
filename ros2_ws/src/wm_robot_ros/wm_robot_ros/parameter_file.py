"""A ROS parameter file with everything that can be set, each with what it is and what is valid.

python -m wm_robot_ros.parameter_file ur5e > my_cell.yaml
"""

import json
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import replace

from wm_robot.robots import get_robot
from wm_robot.runtime.settings import Setting
from wm_robot_ros.descriptors import describe, to_ros
from wm_robot_ros.node_parameters import node_parameters

WIDTH = 100
INDENT = " " * 4


def parameter_file(nodes: Mapping[str, Iterable[Setting]], robot: str) -> str:
    """The file, in YAML, for nodes in any namespace, whose defaults are comments.

    A checkpoint and an arm's own file bring settings of their own: only what differs in a cell is to be said.
    The first of each node holds, because a section must not be empty; launch files say the same or more.
    """
    lines = ["# Defaults are comments: take the # off what is to be different."]
    for node, (first, *others) in nodes.items():
        lines += ["", f"/**/{node}:", "  ros__parameters:"]
        lines += _entry(replace(first, default=robot) if first.name == "robot" else first)
        for setting in others:
            *comments, assignment = _entry(setting)
            lines += [*comments, assignment.replace(INDENT, f"{INDENT}#", 1)]
    return "\n".join(lines) + "\n"


def valid(setting: Setting) -> str:
    """What a parameter may be, in words; empty where anything of its type may be."""
    described = describe(setting)
    if described.range is None or (setting.bounds is not None and setting.bounds.excluded):
        return described.constraints
    assert setting.bounds is not None
    return "; ".join(filter(None, (setting.bounds.words(setting.unit), described.constraints)))


def _entry(setting: Setting) -> list[str]:
    """Comments, and the assignment of the default; JSON is YAML."""
    comment = setting.help.rstrip(".") + (f" ({words})" if (words := valid(setting)) else "")
    value = json.dumps(to_ros(setting, setting.default), ensure_ascii=False)
    comments = (f"{INDENT}# {line}" for line in textwrap.wrap(comment, WIDTH))
    return ["", *comments, f"{INDENT}{setting.name}: {value}"]


if __name__ == "__main__":
    print(parameter_file(node_parameters(get_robot(sys.argv[1])), sys.argv[1]), end="")
