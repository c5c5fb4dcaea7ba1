"""What the rest of the system knows about an arm: plain data, no library objects."""

from dataclasses import dataclass, field

from wm_robot.core.errors import WmrError
from wm_robot.robots.limits import Imperfections, WatchdogLimits


@dataclass(frozen=True, kw_only=True)
class Box:
    """An axis-aligned box in the world frame, m."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]

    def __post_init__(self) -> None:
        if not all(lo < hi for lo, hi in zip(self.low, self.high, strict=True)):
            raise WmrError(f"box low={self.low}, high={self.high}: each low must be below its high")


@dataclass(frozen=True, kw_only=True)
class RobotSpec:
    """An arm at a table whose top is the plane z = 0; its first joint turns about the world's z axis.

    Args:
        name: registry name; the model is `wm_sim/assets/<name>.xml`.
        joint_names: arm joints from base to tip, without the gripper.
        lower: joint position limits, rad.
        upper: joint position limits, rad.
        max_velocity: joint speed limits, rad/s.
        max_acceleration: joint acceleration limits, rad/s².
        max_jerk: joint jerk limits, rad/s³.
        control_rate_hz: at which joint commands are streamed.
        servo_lag_s: by which the joints follow a streamed command; commands lead the path by it.
        home: joint positions with the tool pointing down at the middle of the workspace, rad.
        end_effector: frame at the lowest point of the tool; its z axis points out of the tool.
        gripper_joint: joint that opens the gripper, or None.
        gripper_holding: position of that joint while it holds the pushing tool, rad or m.
        free_tool_yaw: whether the arm lacks a joint to choose the tool's turn about its own axis.
        tool_radius: of the round pushing tool, m.
        base_position: where the description's base frame stands in the world, m.
        workspace: where the end effector may be commanded with the tool pointing down, m.
        source: where the kinematics and inertias come from.
        licence: of that source.
        watchdogs: what may be missing, and for how long.
        imperfections: of the arm that `--driver sim` simulates.
    """

    name: str
    joint_names: tuple[str, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    max_velocity: tuple[float, ...]
    max_acceleration: tuple[float, ...]
    max_jerk: tuple[float, ...]
    control_rate_hz: float
    servo_lag_s: float
    home: tuple[float, ...]
    end_effector: str
    gripper_joint: str | None
    gripper_holding: float
    free_tool_yaw: bool
    tool_radius: float
    base_position: tuple[float, float, float]
    workspace: Box
    source: str
    licence: str
    watchdogs: WatchdogLimits = field(default_factory=WatchdogLimits)
    imperfections: Imperfections = field(default_factory=Imperfections)

    def __post_init__(self) -> None:
        for name in ("lower", "upper", "max_velocity", "max_acceleration", "max_jerk", "home"):
            if len(getattr(self, name)) != len(self.joint_names):
                raise WmrError(
                    f"robot {self.name!r}: {name} needs one entry for each joint {self.joint_names}"
                )
        if not 0 <= self.servo_lag_s <= 0.2:
            raise WmrError(f"robot {self.name!r}: servo_lag_s is {self.servo_lag_s}; valid: 0 to 0.2 s")
        for joint, lo, q, hi in zip(self.joint_names, self.lower, self.home, self.upper, strict=True):
            if not lo < q < hi:
                raise WmrError(f"robot {self.name!r}: home of {joint} is {q}, outside ({lo}, {hi}) rad")

    @property
    def nq(self) -> int:
        return len(self.joint_names)
