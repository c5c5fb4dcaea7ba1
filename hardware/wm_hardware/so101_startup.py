"""From servos that anybody may have left in any state to an arm that holds still and may be commanded."""

from typing import TYPE_CHECKING

from wm_hardware import sts3215 as sts
from wm_hardware.calibration import Calibration
from wm_hardware.so101_config import SO101Config
from wm_robot.core.errors import DriverError
from wm_robot.robots import RobotSpec

if TYPE_CHECKING:
    from wm_hardware.feetech_bus import FeetechBus

OUTSIDE_TICKS = 20
"""How far (1.8°) a joint may stand outside its calibrated range: a servo with torque drives into it."""


def require_calibrated(bus: "FeetechBus", calibration: Calibration, source: object) -> None:
    """Raises DriverError unless each servo holds what the calibration from `source` says."""
    for name, joint in calibration.items():
        for what, register, wanted in (
            ("homing_offset", sts.HOMING_OFFSET, joint.homing_offset),
            ("range_min", sts.MIN_POSITION, joint.range_min),
            ("range_max", sts.MAX_POSITION, joint.range_max),
        ):
            found = bus.read(joint.id, register)
            if found != wanted:
                raise DriverError(
                    f"servo {name} (id {joint.id}) holds {what} {found}, but {source} says {wanted}: another "
                    "arm or a new servo? Name its file, or run `wmr calibrate --driver so101`"
                )


def require_in_range(bus: "FeetechBus", calibration: Calibration) -> None:
    """Raises DriverError where a joint stands outside its range."""
    for name, joint in calibration.items():
        ticks = bus.read(joint.id, sts.PRESENT_POSITION)
        if not joint.range_min - OUTSIDE_TICKS <= ticks <= joint.range_max + OUTSIDE_TICKS:
            raise DriverError(
                f"{name} stands at {ticks} ticks, outside its calibrated range {joint.range_min} to "
                f"{joint.range_max}, and would drive into it; switch the arm off and move it there by hand"
            )


def velocity_units(bus: "FeetechBus", calibration: Calibration) -> dict[int, int]:
    """Ticks/s in one step of the velocity registers, by servo id."""
    return {
        joint.id: 1 if bus.read(joint.id, sts.PHASE) & sts.FINE_VELOCITY else sts.COARSE_VELOCITY_UNIT
        for joint in calibration.values()
    }


def take_hold(
    bus: "FeetechBus",
    spec: RobotSpec,
    config: SO101Config,
    calibration: Calibration,
    velocity_unit: dict[int, int],
) -> None:
    """Set up each servo and switch its torque on where it stands.

    The spec's speed limits are kept by the servos as well; the gripper is as fast as the fastest joint.

    Raises:
        DriverError: a servo does not acknowledge.
    """
    limits = dict(zip(spec.joint_names, spec.max_velocity, strict=True))
    for name, joint in calibration.items():
        servo = joint.id
        _hold_present(bus, servo)  # first of all: a servo that is on may have an old goal
        _set_up(bus, servo, config)
        speed = limits.get(name, max(spec.max_velocity)) / sts.TICK_RAD / velocity_unit[servo]
        bus.write(servo, sts.GOAL_VELOCITY, round(speed))
        if name == spec.gripper_joint:
            bus.write(servo, sts.TORQUE_LIMIT, round(config.gripper_torque * sts.FULL_TORQUE))
        _hold_present(bus, servo)  # without torque it may have sunk meanwhile
        bus.write(servo, sts.TORQUE_ENABLE, 1)


def _set_up(bus: "FeetechBus", servo: int, config: SO101Config) -> None:
    settings = {
        sts.RETURN_DELAY: 0,
        sts.P_GAIN: config.p_gain,
        sts.I_GAIN: 0,
        sts.D_GAIN: 32,
        sts.OPERATING_MODE: sts.POSITION_MODE,
    }
    changed = {register: value for register, value in settings.items() if bus.read(servo, register) != value}
    if changed:  # EPROM wears: it is written only where it differs
        bus.write(servo, sts.LOCK, 0)
        for register, value in changed.items():
            bus.write(servo, register, value)
    bus.write(servo, sts.LOCK, 1)
    bus.write(servo, sts.ACCELERATION, round(config.acceleration_rad_s2 / sts.ACCELERATION_UNIT_RAD_S2))


def _hold_present(bus: "FeetechBus", servo: int) -> None:
    # Acknowledged, unlike a sync write: torque on top of a goal that was lost on its way would be a jump.
    bus.write(servo, sts.GOAL_POSITION, bus.read(servo, sts.PRESENT_POSITION))
