"""SO-101: six STS3215 servos on one serial bus."""

from contextlib import suppress
from typing import TYPE_CHECKING, Self

import numpy as np

from wm_hardware import so101_startup as startup
from wm_hardware import sts3215 as sts
from wm_hardware.calibration import Calibration, load_calibration
from wm_hardware.so101_config import SO101Config, open_bus
from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.clock import Clock
from wm_robot.core.errors import DriverError, MismatchError, WmrError
from wm_robot.core.joints import in_order
from wm_robot.core.types import JointCommand, JointState
from wm_robot.robots import RobotSpec

if TYPE_CHECKING:
    from wm_hardware.feetech_bus import FeetechBus, Reply


class SO101Driver:
    """`core.protocols.Robot` over a Feetech bus.

    The servos close the position loop; a command's velocities are not sent. Targets outside a joint's
    calibrated range end at its border, because a servo that pushes against a stop overloads. Not
    thread-safe: one bus, one master.

    Args:
        spec: an arm with a gripper; its joints and the gripper's are those of the calibration.
        config: port, calibration and gains.
        clock: stamps states; the limits on waiting for servos are of steady time in any case.

    Raises:
        MismatchError: an arm without gripper.
        WmrError: all attempts at one read take longer than a control period.
    """

    def __init__(self, spec: RobotSpec, config: SO101Config, clock: Clock) -> None:
        if spec.gripper_joint is None:
            raise MismatchError(f"driver so101 is for an SO-101; robot {spec.name!r} has no gripper joint")
        if config.attempts * config.reply_timeout_s >= 1 / spec.control_rate_hz:
            raise WmrError(
                f"so101: {config.attempts} attempts of {config.reply_timeout_s} s do not fit a "
                f"control period of {1 / spec.control_rate_hz} s; lower one of them"
            )
        self.spec, self.config, self.clock = spec, config, clock
        self._names = (*spec.joint_names, spec.gripper_joint)
        self._bus: FeetechBus | None = None
        self._calibration: Calibration = {}

    @property
    def joint_names(self) -> tuple[str, ...]:
        return self.spec.joint_names

    @property
    def joint_range(self) -> tuple[FloatArray, FloatArray]:
        """Lowest and highest calibrated positions (nq,), rad, in the order of `joint_names`.

        Raises:
            DriverError: not connected.
        """
        self._connected()
        joints = [self._calibration[name] for name in self.joint_names]
        ends = np.array(
            [[joint.radians(joint.range_min), joint.radians(joint.range_max)] for joint in joints]
        )
        return ends.min(axis=1), ends.max(axis=1)

    def connect(self) -> None:
        """Find the six servos, make sure that they are the calibrated ones, and hold them where they are.

        Raises:
            DriverError: no port, a silent servo, another model or calibration, a joint outside its range.
            WmrError: no calibration, or a broken one.
            MissingDependencyError: the vendor's SDK or pyserial is not installed.
        """
        self.disconnect()
        self._calibration = load_calibration(self.config.calibration, self._names)
        bus = open_bus(self.config)
        try:
            self._start(bus)
        except BaseException:
            bus.close()
            raise
        self._bus = bus

    def read(self) -> JointState:
        """Positions and velocities from all servos, stamped before they were asked.

        While not all of them answer, it is the last state with its old stamp.

        Raises:
            DriverError: not connected, the port is gone, or too many reads in a row without answer.
        """
        bus = self._connected()
        stamp_ns = self.clock.now_ns()
        replies = self._ask(bus)
        if len(replies) < len(self._names):
            self._failures += 1
            if self._failures >= self.config.max_failures:
                silent = [name for name, joint in self._calibration.items() if joint.id not in replies]
                raise DriverError(
                    f"no answer from {', '.join(silent)} in {self._failures} reads on {self.config.port}; "
                    "check power and cables, then connect anew"
                )
            return self._state
        self._failures = 0
        self._state = self._decode(stamp_ns, replies)
        return self._state

    def command(self, command: JointCommand) -> None:
        """Send target positions to all servos by one packet.

        Raises:
            DriverError: not connected, or the port is gone.
            UnknownNameError, ShapeError, NotFiniteError: not a command for these joints. Nothing is sent.
        """
        bus = self._connected()
        q, _ = in_order(command, self.spec.joint_names)
        targets = {}
        for name, target in zip(self.spec.joint_names, q.tolist(), strict=True):
            joint = self._calibration[name]
            targets[joint.id] = joint.ticks(target)
        if command.gripper is not None:
            (opening,) = finite_array("joint command gripper", [command.gripper], (1,)).tolist()
            gripper = self._calibration[self._names[-1]]
            targets[gripper.id] = gripper.opening_ticks(opening)
        bus.sync_write(sts.GOAL_POSITION, targets)

    def stop(self) -> None:
        """Hold where the arm is now; valid in every state, and never raises."""
        if self._bus is None:
            return
        with suppress(DriverError):  # a bus that is gone can stop nothing
            replies = self._ask(self._bus)
            self._ticks |= {servo: _position(reply) for servo, reply in replies.items()}
            for _ in range(self.config.attempts):  # nobody acknowledges it, and this one must arrive
                self._bus.sync_write(sts.GOAL_POSITION, self._ticks)

    def disconnect(self) -> None:
        """Close the port; the servos hold their place until they lose power. Valid in every state."""
        if self._bus is not None:
            self._bus.close()
            self._bus = None

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        self.disconnect()

    def _start(self, bus: "FeetechBus") -> None:
        bus.roll_call({name: joint.id for name, joint in self._calibration.items()}, sts.MODEL_NUMBER)
        startup.require_calibrated(bus, self._calibration, self.config.calibration)
        startup.require_in_range(bus, self._calibration)
        self._velocity_unit = startup.velocity_units(bus, self._calibration)
        startup.take_hold(bus, self.spec, self.config, self._calibration, self._velocity_unit)
        stamp_ns = self.clock.now_ns()
        replies = self._ask(bus)
        if len(replies) < len(self._names):
            raise DriverError(
                f"only servos {sorted(replies)} on {self.config.port} answer a sync read; update their "
                "firmware to one version, and check the cables"
            )
        self._failures = 0
        self._state = self._decode(stamp_ns, replies)

    def _ask(self, bus: "FeetechBus") -> "dict[int, Reply]":
        size = sts.PRESENT_POSITION.size + sts.PRESENT_VELOCITY.size
        ids = [joint.id for joint in self._calibration.values()]
        return bus.sync_read(ids, sts.PRESENT_POSITION.address, size)

    def _decode(self, stamp_ns: int, replies: "dict[int, Reply]") -> JointState:
        self._ticks = {servo: _position(reply) for servo, reply in replies.items()}
        arm = [self._calibration[name] for name in self.spec.joint_names]
        gripper = self._calibration[self._names[-1]]
        speeds = [
            joint.sign
            * self._velocity_unit[joint.id]
            * sts.PRESENT_VELOCITY.decode(replies[joint.id].data[2:])
            * sts.TICK_RAD
            for joint in arm
        ]
        faults = [
            f"{name}: {fault}"
            for name, joint in self._calibration.items()
            for fault in sts.fault_names(replies[joint.id].error)
        ]
        return JointState(
            stamp_ns=stamp_ns,
            joint_names=self.spec.joint_names,
            q=np.array([joint.radians(self._ticks[joint.id]) for joint in arm]),
            v=np.array(speeds),
            gripper=gripper.opening(self._ticks[gripper.id]),
            fault=", ".join(faults),
        )

    def _connected(self) -> "FeetechBus":
        if self._bus is None:
            raise DriverError("the so101 driver is not connected; call connect() first, or use `with`")
        return self._bus


def _position(reply: "Reply") -> int:
    return sts.PRESENT_POSITION.decode(reply.data[: sts.PRESENT_POSITION.size])
