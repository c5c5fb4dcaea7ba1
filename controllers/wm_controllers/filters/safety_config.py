"""Numbers of the safety filter."""

from dataclasses import dataclass
from typing import Annotated

from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.robots import Box

Share = Annotated[float, Bounds(0.0, 1.0, excluded=(0.0,))]
Margin = Annotated[float, Bounds(0.0, 1.0)]


@dataclass(frozen=True, kw_only=True)
class SafetyConfig:
    """Numbers of the safety filter.

    Args:
        speed: share of the arm's greatest joint velocities that is allowed; 0.1 for a first motion.
        workspace: that the tip must not leave, m; None for the robot's own, widened by `workspace_margin_m`.
        workspace_margin_m: distance by which the tip may pass the box where it is commanded.
        keep_out: boxes that no part of the arm may enter.
        distance_m: distance that the arm keeps from itself, the table and the boxes.
        soft_distance_m: distance by which commanded motion keeps clear of all that, and of walls, besides.
        near_m: distance at which barriers begin to act.
        barrier_rate: γ, how briskly the arm may approach a barrier; a share γ of the distance a second.
        soft: share of each velocity, acceleration and jerk limit that is used.
        soft_position_rad: distance kept from each joint limit.
        ramp_s: duration over which speed grows from nothing after a start.
        singular: smallest singular value of the end effector's Jacobian (m and rad a rad) below which the
            arm is slowed down.
        slowest: share of the speed that is left at a singularity.
    """

    speed: Share = 1.0
    workspace: Box | None = None
    workspace_margin_m: Margin = 0.01
    keep_out: tuple[Box, ...] = ()
    distance_m: Margin = 0.005
    soft_distance_m: Margin = 0.003
    near_m: Annotated[float, Bounds(0.0, 10.0, excluded=(0.0,))] = 0.3
    barrier_rate: Annotated[float, Bounds(0.0, 1000.0, "1/s", excluded=(0.0,))] = 14.0
    soft: Share = 0.98
    soft_position_rad: Margin = 0.01
    ramp_s: Annotated[float, Bounds(0.0, 60.0)] = 0.5
    singular: Annotated[float, Bounds(0.0, 10.0, excluded=(0.0,))] = 0.04
    slowest: Share = 0.1

    def __post_init__(self) -> None:
        check_fields(self, "safety")

    def room(self, robot_workspace: Box) -> Box:
        """The box that the tip must not leave."""
        if self.workspace is not None:
            return self.workspace
        m = self.workspace_margin_m
        x, y, z = robot_workspace.low
        X, Y, Z = robot_workspace.high
        return Box(low=(x - m, y - m, z - m), high=(X + m, Y + m, Z + m))
