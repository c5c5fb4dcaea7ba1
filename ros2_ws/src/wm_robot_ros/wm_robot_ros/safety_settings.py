"""What the safety controller is told by its parameters; needs no ROS."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from wm_controllers.filters.safety_config import SafetyConfig, Share
from wm_hardware.ros_dds import RosDdsConfig

from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.core.errors import WmrError
from wm_robot.robots import ROBOTS, Box, RobotSpec
from wm_robot.robots.limits import WatchdogLimits
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.pipeline import ControlConfig
from wm_robot.runtime.settings import Setting, settings_of, with_changes
from wm_robot_ros.cell_settings import base_frame, station_name

ROBOT = Setting(name="robot", type=str, default="", choices=tuple(ROBOTS), help="the arm")

ELSEWHERE = ("network", "safety.speed", "safety.workspace")
"""Settings of the library that are no parameters: ROS knows them, or they have another name here."""


Positions = Annotated[tuple[float, ...], Bounds(-10.0, 10.0, unit="rad")]
"""Of an arm's joints."""


@dataclass(frozen=True, kw_only=True)
class SafetySettings:
    """What differs from cell to cell; the defaults are the RobotSpec's.

    Args:
        arm: name of the arm on this machine, for the emergency stop and its latch; empty for the robot's,
            with the namespace before it.
        arm_namespace: where the arm's topics are, such as joint_states.
        base_frame: frame that the tip's position is told in.
        rate_hz: rate of the commands.
        speed: share of the arm's greatest joint velocities that is allowed; start with 0.1 on a real arm.
        servo_lag_s: time by which the joints lag behind a streamed command; commands lead the path by it.
        lower: smallest position of each joint, in the RobotSpec's order; no smaller than the RobotSpec's.
        upper: largest position of each joint; no larger than the RobotSpec's.
        workspace: where the tip may be commanded, in `base_frame`.
        output: folder for flight logs, one in it for each activation; empty for wm_robot in ROS_HOME, which
            is ~/.ros.
        watchdogs: what may be missing, and for how long.
        safety: numbers of the safety filter.
    """

    arm: str = ""
    arm_namespace: str = ""
    base_frame: str
    rate_hz: Annotated[float, Bounds(10.0, 1000.0)]
    speed: Share = 0.1
    servo_lag_s: Annotated[float, Bounds(0.0, 0.2)]
    lower: Positions
    upper: Positions
    workspace: Box
    output: str = ""
    watchdogs: WatchdogLimits
    safety: SafetyConfig = field(default_factory=SafetyConfig)

    def __post_init__(self) -> None:
        check_fields(self, "safety controller")


def defaults(robot: RobotSpec) -> SafetySettings:
    """For an arm without a cell."""
    return SafetySettings(
        base_frame=base_frame(robot),
        rate_hz=robot.control_rate_hz,
        servo_lag_s=robot.servo_lag_s,
        lower=robot.lower,
        upper=robot.upper,
        workspace=robot.workspace,
        watchdogs=robot.watchdogs,
    )


def safety_parameters(robot: RobotSpec) -> list[Setting]:
    """Everything that can be set, but for the robot."""
    return [
        *settings_of(defaults(robot), without=ELSEWHERE),
        *settings_of(RosDdsConfig(), without=ELSEWHERE),
    ]


def read(robot: RobotSpec, values: Mapping[str, Any]) -> tuple[SafetySettings, ControlRun]:
    """What parameters by name come to.

    Args:
        robot: the arm as it is known.
        values: of `safety_parameters`.

    Raises:
        WmrError: a value that is not valid, or values that do not fit each other.
    """
    settings = _changed(defaults(robot), values)
    spec = replace(
        robot,
        control_rate_hz=settings.rate_hz,
        servo_lag_s=settings.servo_lag_s,
        lower=settings.lower,
        upper=settings.upper,
        workspace=settings.workspace,
        watchdogs=settings.watchdogs,
    )
    for joint, low, lower, upper, high in zip(
        robot.joint_names, robot.lower, spec.lower, spec.upper, robot.upper, strict=True
    ):
        if not low <= lower < upper <= high:
            raise WmrError(
                f"lower and upper of {joint} are {lower} and {upper} rad; valid: within the RobotSpec's "
                f"{low} to {high} rad"
            )
    station = settings.arm or station_name(settings.arm_namespace, robot.name)
    run = ControlRun(
        station=station,
        robot=spec,
        driver="ros_dds",
        driver_config=_changed(RosDdsConfig(), values),
        control=ControlConfig(safety=replace(settings.safety, speed=settings.speed)),
        folder=_output(settings.output) / f"{_now()}-{station}",
    )
    return settings, run


def _changed(instance: Any, values: Mapping[str, Any]) -> Any:
    names = {setting.name for setting in settings_of(instance, without=ELSEWHERE)}
    return with_changes(instance, {name: value for name, value in values.items() if name in names})


def _now() -> str:
    """To the millisecond: an arm may be taken over twice in a second."""
    seconds, fraction = divmod(time.time_ns(), 10**9)
    return f"{time.strftime('%Y-%m-%dT%H-%M-%S', time.localtime(seconds))}.{fraction // 10**6:03d}"


def _output(output: str) -> Path:
    if output:
        return Path(output).expanduser()
    return Path(os.environ.get("ROS_HOME") or "~/.ros").expanduser() / "wm_robot"
