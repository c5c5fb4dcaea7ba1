"""Calibration of an SO-101 by hand, in LeRobot's two steps: the middle, then the ranges."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wm_hardware import sts3215 as sts
from wm_hardware.calibration import LARGEST_OFFSET, Calibration, JointCalibration, save_calibration
from wm_hardware.so101_config import SO101Config, open_bus
from wm_robot.core.errors import DriverError, MismatchError, WmrError
from wm_robot.robots import RobotSpec

if TYPE_CHECKING:
    from wm_hardware.feetech_bus import FeetechBus

FULL_TURN = ("wrist_roll",)
"""Joints without a mechanical stop: their range is the whole turn, as in LeRobot."""
SMALLEST_RANGE = 200
"""Ticks (18°); a joint that moved less was forgotten."""


@dataclass(frozen=True)
class Travel:
    """How far a joint has been moved, ticks: where it is, and the lowest and highest it was."""

    now: int
    low: int
    high: int


def calibrate_so101(
    spec: RobotSpec,
    config: SO101Config,
    *,
    confirm: Callable[[str], None],
    moving: Callable[[Mapping[str, Travel]], bool],
) -> Calibration:
    """Calibrate servos 1 to 6, from base to gripper, and write `config.calibration` and the servos.

    The torque is off throughout, and stays off: the arm must be supported.

    Args:
        spec: names of the joints, and of the gripper's.
        config: port and file.
        confirm: shows a person what to do, and returns when it is done.
        moving: is shown the travel of each joint after every reading; False when all were moved far enough.

    Raises:
        DriverError: a silent servo, or one of another model.
        WmrError: a joint that was not moved, or that passed the end of its encoder; the file is as before,
            the servos are not, so that no driver connects until a calibration has succeeded.
    """
    if spec.gripper_joint is None:
        raise MismatchError(f"calibration is of an SO-101; robot {spec.name!r} has no gripper joint")
    servos = {name: i for i, name in enumerate((*spec.joint_names, spec.gripper_joint), start=1)}
    bus = open_bus(config)
    try:
        bus.roll_call(servos, sts.MODEL_NUMBER)
        confirm("Support the arm: its torque is about to be switched off.")
        for servo in servos.values():
            bus.write(servo, sts.TORQUE_ENABLE, 0)
            bus.write(servo, sts.LOCK, 0)
            bus.write(servo, sts.OPERATING_MODE, sts.POSITION_MODE)
            _write(bus, servo, offset=0, low=0, high=sts.TICKS - 1)
        confirm("Move every joint to the middle of its range.")
        offsets = {name: _offset(bus.read(servo, sts.PRESENT_POSITION)) for name, servo in servos.items()}
        for name, servo in servos.items():
            bus.write(servo, sts.HOMING_OFFSET, offsets[name])
        confirm("Now move every joint slowly from one end of its range to the other.")
        travels = _record(bus, servos, moving)
        calibration = {
            name: _joint(name, servo, offsets[name], travels[name]) for name, servo in servos.items()
        }
        for joint in calibration.values():
            _write(bus, joint.id, offset=joint.homing_offset, low=joint.range_min, high=joint.range_max)
            bus.write(joint.id, sts.LOCK, 1)
    finally:
        bus.close()
    save_calibration(config.calibration, calibration)
    return calibration


def _offset(encoder: int) -> int:
    # At 4095 ticks it would be 2048, which the register's eleven bits cannot hold: one tick is lost.
    return min(encoder - sts.MIDDLE, LARGEST_OFFSET)


def _record(
    bus: "FeetechBus", servos: Mapping[str, int], moving: Callable[[Mapping[str, Travel]], bool]
) -> dict[str, Travel]:
    travels = {name: Travel(now, now, now) for name, now in _positions(bus, servos).items()}
    while moving(travels):
        travels = {name: _moved(name, travels[name], now) for name, now in _positions(bus, servos).items()}
    return travels


def _moved(name: str, last: Travel, now: int) -> Travel:
    if name not in FULL_TURN and abs(now - last.now) > sts.TICKS / 2:
        raise WmrError(
            f"{name} went past the end of its encoder, from {last.now} to {now} ticks: it was not in the "
            "middle of its range; start again"
        )
    return Travel(now, min(last.low, now), max(last.high, now))


def _positions(bus: "FeetechBus", servos: Mapping[str, int]) -> dict[str, int]:
    register = sts.PRESENT_POSITION
    replies = bus.sync_read(list(servos.values()), register.address, register.size)
    missing = [name for name, servo in servos.items() if servo not in replies]
    if missing:
        raise DriverError(f"{', '.join(missing)} fell silent on {bus.name}; check the cables and start again")
    return {name: register.decode(replies[servo].data) for name, servo in servos.items()}


def _joint(name: str, servo: int, offset: int, travel: Travel) -> JointCalibration:
    low, high = (0, sts.TICKS - 1) if name in FULL_TURN else (travel.low, travel.high)
    if high - low < SMALLEST_RANGE:
        raise WmrError(
            f"{name} was moved by {high - low} ticks only; move each joint through its whole range"
        )
    return JointCalibration(id=servo, drive_mode=0, homing_offset=offset, range_min=low, range_max=high)


def _write(bus: "FeetechBus", servo: int, *, offset: int, low: int, high: int) -> None:
    bus.write(servo, sts.HOMING_OFFSET, offset)
    bus.write(servo, sts.MIN_POSITION, low)
    bus.write(servo, sts.MAX_POSITION, high)
