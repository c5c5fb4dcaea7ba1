"""How long a thing may be missing before the arm stops, and what a simulated arm lacks of a perfect one."""

import math
from dataclasses import dataclass
from typing import Annotated

from wm_robot.core.bounds import Bounds, check_fields

Patience = Annotated[float, Bounds(0.0, 60.0, excluded=(0.0,))]


@dataclass(frozen=True, kw_only=True)
class WatchdogLimits:
    """Ages and gaps, in seconds of steady time, after which the arm is brought to a stop.

    Args:
        joint_state_s: greatest age of the newest joint state, by its own stamp.
        camera_s: greatest age of the newest frame of each camera, by its own stamp.
        frozen_camera_s: how long a camera's content may stay the same to the last bit.
        command_s: greatest time between two commands of the control loop.
        chunk_s: greatest age of the observation that the chunk in execution was planned from.
        plan_s: greatest duration of one plan.
        clock_jump_s: how far two clocks may drift apart between two cycles of the control loop.
        tracking_rad: greatest distance between the commanded and the measured position of any joint.
    """

    joint_state_s: Patience = 0.1
    camera_s: Patience = 0.5
    frozen_camera_s: Patience = 1.0
    command_s: Patience = 0.1
    chunk_s: Patience = 1.5
    plan_s: Patience = 1.0
    clock_jump_s: Patience = 0.1
    tracking_rad: Annotated[float, Bounds(0.0, math.pi, excluded=(0.0,))] = 0.15

    def __post_init__(self) -> None:
        check_fields(self, "watchdog limit")


@dataclass(frozen=True, kw_only=True)
class Imperfections:
    """What stands between a command and a measured motion in a simulated arm.

    Args:
        delay_s: from a command to the servo.
        backlash_rad: play of each joint; the output follows once the motor has crossed it.
        q_noise_rad: standard deviation of a measured joint position.
        v_noise_rad_s: standard deviation of a measured joint velocity.
    """

    delay_s: float = 0.0
    backlash_rad: float = 0.0
    q_noise_rad: float = 0.0
    v_noise_rad_s: float = 0.0
