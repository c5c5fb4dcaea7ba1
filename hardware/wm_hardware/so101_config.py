"""Settings of an SO-101, and the way to its bus."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wm_hardware.sts3215 import ACCELERATION_UNIT_RAD_S2
from wm_robot.core.errors import MissingDependencyError, WmrError

if TYPE_CHECKING:
    from wm_hardware.feetech_bus import FeetechBus


@dataclass(frozen=True, kw_only=True)
class SO101Config:
    """Where the arm is, and how its servos hold.

    Args:
        port: serial device.
        calibration: of this arm, LeRobot's form; `wmr calibrate --driver so101` writes it.
        p_gain: position gain of the servos; the factory's 32 shakes.
        acceleration_rad_s2: of the servos' own ramp, 0.15 to 38.9; the limit for a stream of commands is
            the safety filter's, and a slow ramp lags behind it.
        gripper_torque: share of the stall torque; a gripper that squeezes with all of it burns.
        reply_timeout_s: how long the servos may take to answer.
        attempts: how often they are asked again when not all of them answered.
        max_failures: reads in a row without a whole answer, after which the arm counts as lost.
    """

    port: str = "/dev/ttyACM0"
    calibration: Path = Path("calibration/so101.json")
    p_gain: int = 16
    acceleration_rad_s2: float = 38.0
    gripper_torque: float = 0.5
    reply_timeout_s: float = 0.006
    attempts: int = 2
    max_failures: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.p_gain <= 254:
            raise WmrError(f"so101 p_gain is {self.p_gain}; valid: 1 to 254")
        if not 1 <= round(self.acceleration_rad_s2 / ACCELERATION_UNIT_RAD_S2) <= 254:
            raise WmrError(f"so101 acceleration_rad_s2 is {self.acceleration_rad_s2}; valid: 0.15 to 38.9")
        if not 0 < self.gripper_torque <= 1:
            raise WmrError(f"so101 gripper_torque is {self.gripper_torque}; it is a share above 0, up to 1")
        if not (self.reply_timeout_s > 0 and self.attempts >= 1 and self.max_failures >= 1):
            raise WmrError(
                f"so101 reply_timeout_s={self.reply_timeout_s} must be positive, attempts={self.attempts} "
                f"and max_failures={self.max_failures} at least 1"
            )


def open_bus(config: SO101Config) -> "FeetechBus":
    """The bus at the config's port.

    Raises:
        DriverError: the port cannot be opened.
        MissingDependencyError: the vendor's SDK or pyserial is not installed.
    """
    try:
        from wm_hardware.feetech_bus import FeetechBus  # noqa: PLC0415
    except ImportError as error:
        raise MissingDependencyError("feetech-servo-sdk and pyserial", "driver so101", "so101") from error
    return FeetechBus(config.port, reply_timeout_s=config.reply_timeout_s, attempts=config.attempts)
