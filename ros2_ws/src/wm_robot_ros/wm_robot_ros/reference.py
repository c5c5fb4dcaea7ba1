"""docs/ros2_reference.md: every topic, service, action, message and parameter, from the code.

python -m wm_robot_ros.reference > ../../../docs/ros2_reference.md     # in ros2_ws/src/wm_robot_ros
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from wm_robot.robots import get_robot
from wm_robot.runtime.settings import Setting
from wm_robot_ros.descriptors import TYPE_NAMES, describe, to_ros
from wm_robot_ros.interfaces import ACTIONS, SERVICES, TOPICS, Service, Topic
from wm_robot_ros.node_parameters import node_parameters
from wm_robot_ros.parameter_file import valid

ROBOT = "panda"
"""Whose defaults the page shows."""

MESSAGES = Path(__file__).parents[2] / "wm_robot_msgs"

HEAD = """\
# ROS 2 reference

Made from the code by `wm_robot_ros/reference.py`; a test keeps it so. How to use it all: [ros2.md](ros2.md).

Names without a slash in front are in the nodes' namespace, `<namespace>/wm_robot`; `<arm>` is `<namespace>`.
On a running system `ros2 param describe`, `ros2 interface show` and `ros2 topic list` say the same.
"""

PARAMETERS = f"""\
Defaults that depend on the arm are those of the {ROBOT}, the planner's those of the library: a
checkpoint brings its own. A file with all of them and these words:
`python -m wm_robot_ros.parameter_file <robot>`.
"""


def page(messages: Path) -> str:
    """The page; `messages` is the folder of wm_robot_msgs."""
    parts = [HEAD, "## Topics\n", _topics(TOPICS), "## Services\n", _services(SERVICES)]
    parts += ["## Action\n", _services(ACTIONS), "## Parameters\n", PARAMETERS]
    for node, settings in node_parameters(get_robot(ROBOT)).items():
        parts += [f"### {node}\n", _parameters(settings)]
    for kind, title in (("action", "Action"), ("srv", "Services"), ("msg", "Messages")):
        parts.append(f"## {title} of wm_robot_msgs\n")
        for path in sorted((messages / kind).glob(f"*.{kind}")):
            parts.append(f"### {path.stem}\n\n```\n{path.read_text().strip()}\n```\n")
    return "\n".join(parts)


def _topics(topics: Iterable[Topic]) -> str:
    rows = [
        (
            f"`{topic.name}`",
            topic.type,
            ", ".join(topic.publishers) or "the arm",
            ", ".join(topic.subscribers),
            topic.qos,
            topic.help,
        )
        for topic in topics
    ]
    return _table(("topic", "type", "from", "to", "quality of service", "what"), rows)


def _services(services: Iterable[Service]) -> str:
    rows = [(f"`{service.name}`", service.type, service.node, service.help) for service in services]
    return _table(("name", "type", "of", "what"), rows)


def _parameters(settings: Iterable[Setting]) -> str:
    rows = [
        (
            f"`{setting.name}`",
            TYPE_NAMES[describe(setting).type],
            _default(setting),
            valid(setting),
            setting.help,
        )
        for setting in settings
    ]
    return _table(("parameter", "type", "default", "valid", "what"), rows)


def _default(setting: Setting) -> str:
    value = to_ros(setting, setting.default)
    if isinstance(value, list):
        return ", ".join(f"{entry:g}" if isinstance(entry, float) else str(entry) for entry in value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    print(page(MESSAGES), end="")
