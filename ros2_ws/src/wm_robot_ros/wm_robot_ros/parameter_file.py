"""A ROS parameter file with everything that can be set, each with what it is and what is valid.

python -m wm_robot_ros.parameter_file ur5e > my_cell.yaml
"""

import json
import sys
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from wm_robot.robots import get_robot
from wm_robot.runtime.settings import Setting
from wm_robot_ros.descriptors import describe, to_ros
from wm_robot_ros.node_parameters import node_parameters

WIDTH = 100


def parameter_file(nodes: Mapping[str, Iterable[Setting]]) -> str:
    """The file, in YAML, for nodes in any namespace; an empty list is a comment, for it has no type there."""
    lines = []
    for node, settings in nodes.items():
        lines += [f"/**/{node}:", "  ros__parameters:"]
        group: list[str] = []
        for setting in settings:
            *parents, name = setting.name.split(".")
            for depth, parent in enumerate(parents):
                if group[: depth + 1] != parents[: depth + 1]:
                    lines.append(f"{_indent(depth)}{parent}:")
            group = parents
            lines += [f"{_indent(len(parents))}{line}" for line in _entry(name, setting)]
        lines.append("")
    return "\n".join(lines)


def valid(setting: Setting) -> str:
    """What a parameter may be, in words; empty where anything of its type may be."""
    described = describe(setting)
    if described.range is None or (setting.bounds is not None and setting.bounds.excluded):
        return described.constraints
    assert setting.bounds is not None
    return "; ".join(filter(None, (setting.bounds.words(setting.unit), described.constraints)))


def _entry(name: str, setting: Setting) -> list[str]:
    comment = setting.help.rstrip(".") + (f" ({words})" if (words := valid(setting)) else "")
    value = to_ros(setting, setting.default)
    assignment = f"{name}: {_yaml(value)}"
    return [*(f"# {line}" for line in textwrap.wrap(comment, WIDTH)), "# " * (value == []) + assignment]


def _yaml(value: Any) -> str:
    """JSON is YAML."""
    return json.dumps(value, ensure_ascii=False)


def _indent(depth: int) -> str:
    return "  " * (depth + 2)


if __name__ == "__main__":
    print(parameter_file(node_parameters(get_robot(sys.argv[1]))), end="")
