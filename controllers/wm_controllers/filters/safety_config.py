"""Numbers of the safety filter."""

from dataclasses import dataclass

from wm_robot.core.errors import WmrError
from wm_robot.robots import Box


@dataclass(frozen=True, kw_only=True)
class SafetyConfig:
    """Numbers of the safety filter.

    Args:
        speed: share of the arm's greatest joint velocities that is allowed; 0.1 for a first motion.
        workspace: that the tip must not leave, m; None for the robot's own, widened by `workspace_margin_m`.
        workspace_margin_m: by which the tip may pass the box where it is commanded, m.
        keep_out: boxes that no part of the arm may enter, m.
        distance_m: that the arm keeps from itself, the table and the boxes.
        soft_distance_m: by which commanded motion keeps clear of all that, and of the room's walls, besides.
        near_m: distance at which barriers begin to act.
        barrier_rate: γ, 1/s: how briskly the arm may approach a barrier; a share γ of the distance a second.
        soft: share of each velocity, acceleration and jerk limit that is used.
        soft_position_rad: distance kept from each joint limit.
        ramp_s: duration over which speed grows from nothing after a start.
        singular: smallest singular value of the end effector's Jacobian (m and rad a rad) below which the
            arm is slowed down.
        slowest: share of the speed that is left at a singularity.
    """

    speed: float = 1.0
    workspace: Box | None = None
    workspace_margin_m: float = 0.01
    keep_out: tuple[Box, ...] = ()
    distance_m: float = 0.005
    soft_distance_m: float = 0.003
    near_m: float = 0.3
    barrier_rate: float = 14.0
    soft: float = 0.98
    soft_position_rad: float = 0.01
    ramp_s: float = 0.5
    singular: float = 0.04
    slowest: float = 0.1

    def __post_init__(self) -> None:
        for name in ("speed", "soft", "slowest"):
            if not 0 < getattr(self, name) <= 1:
                raise WmrError(f"safety {name} is {getattr(self, name)}; it must be above 0 and at most 1")
        for name in ("near_m", "barrier_rate", "singular"):
            if not getattr(self, name) > 0:
                raise WmrError(f"safety {name} is {getattr(self, name)}; it must be above 0")
        for name in ("workspace_margin_m", "distance_m", "soft_distance_m", "soft_position_rad", "ramp_s"):
            if not getattr(self, name) >= 0:
                raise WmrError(f"safety {name} is {getattr(self, name)}; it must not be negative")

    def room(self, robot_workspace: Box) -> Box:
        """The box that the tip must not leave."""
        if self.workspace is not None:
            return self.workspace
        m = self.workspace_margin_m
        x, y, z = robot_workspace.low
        X, Y, Z = robot_workspace.high
        return Box(low=(x - m, y - m, z - m), high=(X + m, Y + m, Z + m))
