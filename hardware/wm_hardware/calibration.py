"""Which servo moves which joint, and what its ticks mean: the calibration file of LeRobot."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wm_hardware.sts3215 import HOMING_OFFSET, TICK_RAD, TICKS
from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import from_json, write_json

LARGEST_OFFSET = (1 << (HOMING_OFFSET.sign_bit or 0)) - 1


@dataclass(frozen=True, kw_only=True)
class JointCalibration:
    """One servo behind one joint, as LeRobot's MotorCalibration writes it.

    Its zero is the middle of its range, as in LeRobot's degrees; LeRobot divides a turn into 4095 ticks,
    the encoder into 4096, which is what counts here (they differ by 0.02 %).

    Args:
        id: of the servo on its bus.
        drive_mode: 1 if the servo turns against the joint, else 0.
        homing_offset: ticks that the servo takes off its encoder.
        range_min: lowest position, ticks.
        range_max: highest position, ticks.
    """

    id: int
    drive_mode: int
    homing_offset: int
    range_min: int
    range_max: int

    def __post_init__(self) -> None:
        if not 0 <= self.id <= 253:
            raise WmrError(f"id is {self.id}; servos have ids from 0 to 253")
        if self.drive_mode not in (0, 1):
            raise WmrError(f"drive_mode is {self.drive_mode}; it is 0 or 1")
        if abs(self.homing_offset) > LARGEST_OFFSET:
            raise WmrError(f"homing_offset is {self.homing_offset}; it is at most ±{LARGEST_OFFSET} ticks")
        if not 0 <= self.range_min < self.range_max < TICKS:
            raise WmrError(
                f"range_min {self.range_min} and range_max {self.range_max} must rise within 0 to {TICKS - 1}"
            )

    @property
    def sign(self) -> int:
        """Of the joint's motion when ticks rise."""
        return -1 if self.drive_mode else 1

    def radians(self, ticks: int) -> float:
        """Joint position; 0 in the middle of the range."""
        return self.sign * (ticks - (self.range_min + self.range_max) / 2) * TICK_RAD

    def ticks(self, radians: float) -> int:
        """The nearest tick to a joint position, within the range."""
        return self._within(self.sign * radians / TICK_RAD + (self.range_min + self.range_max) / 2)

    def opening(self, ticks: int) -> float:
        """Of a gripper: 0 closed to 1 open (LeRobot's 0 to 100), within the range."""
        share = (min(max(ticks, self.range_min), self.range_max) - self.range_min) / self._width
        return 1 - share if self.drive_mode else share

    def opening_ticks(self, opening: float) -> int:
        """The nearest tick to a gripper's opening."""
        share = 1 - opening if self.drive_mode else opening
        return self._within(self.range_min + share * self._width)

    @property
    def _width(self) -> int:
        return self.range_max - self.range_min

    def _within(self, ticks: float) -> int:
        return round(min(max(ticks, self.range_min), self.range_max))


Calibration = Mapping[str, JointCalibration]
"""Of each joint by name, the gripper's among them."""


def load_calibration(path: Path, joint_names: Sequence[str]) -> Calibration:
    """The calibration of exactly `joint_names`, in their order.

    Raises:
        WmrError: no such file, no JSON, or a joint that is wrong, missing or unknown, by name.
    """
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise WmrError(
            f"no calibration at {path}; make one with `wmr calibrate --driver so101`, or name LeRobot's file"
        ) from error
    except (OSError, ValueError) as error:
        raise WmrError(f"calibration {path} cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise WmrError(
            f"calibration {path} holds a {type(data).__name__}; valid: an object of joints by name"
        )
    if set(data) != set(joint_names):
        raise WmrError(
            f"calibration {path} is of {', '.join(data) or 'no joint'}; this arm has {', '.join(joint_names)}"
        )
    calibration = {name: _joint(data[name], f"calibration {path}, joint {name}") for name in joint_names}
    check_calibration(calibration)
    return calibration


def save_calibration(path: Path, calibration: Calibration) -> None:
    """Write LeRobot's form, whole or not at all.

    Raises:
        WmrError: two joints with the same servo.
    """
    check_calibration(calibration)
    write_json(path, dict(calibration))


def check_calibration(calibration: Calibration) -> None:
    """Raises WmrError where one servo is given two joints."""
    joint_of: dict[int, str] = {}
    for name, joint in calibration.items():
        if joint.id in joint_of:
            raise WmrError(f"joints {joint_of[joint.id]} and {name} both have servo id {joint.id}")
        joint_of[joint.id] = name


def _joint(data: object, where: str) -> JointCalibration:
    try:
        return from_json(JointCalibration, data, where)
    except WmrError as error:
        text = str(error)
        raise WmrError(text if text.startswith(where) else f"{where}: {text}") from error
