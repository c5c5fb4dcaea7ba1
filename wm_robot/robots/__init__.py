"""Robot descriptions: one RobotSpec a file, plain data."""

from wm_robot.core.registry import Registry
from wm_robot.robots.robot_spec import Box, RobotSpec

ROBOTS: Registry[RobotSpec] = Registry("robot")
ROBOTS.add("panda", "wm_robot.robots.panda:PANDA")


def get_robot(name: str) -> RobotSpec:
    """The RobotSpec called `name`; raises UnknownNameError listing the valid names."""
    return ROBOTS.get(name)


__all__ = ["ROBOTS", "Box", "RobotSpec", "get_robot"]
