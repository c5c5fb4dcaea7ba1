"""Robot descriptions: one RobotSpec a file, plain data."""

from wm_robot.core.registry import Registry
from wm_robot.robots.robot_spec import Box, RobotSpec

ROBOTS: Registry[RobotSpec] = Registry("robot")
ROBOTS.add("panda", "wm_robot.robots.panda:PANDA")
ROBOTS.add("so101", "wm_robot.robots.so101:SO101")
ROBOTS.add("ur5e", "wm_robot.robots.ur5e:UR5E")


def get_robot(name: str) -> RobotSpec:
    """The RobotSpec called `name`; raises UnknownNameError listing the valid names."""
    return ROBOTS.get(name)


__all__ = ["ROBOTS", "Box", "RobotSpec", "get_robot"]
