"""A kinematic arm without hardware, deterministic, that fails to order."""

from collections import deque
from dataclasses import dataclass
from math import exp
from typing import Self

import numpy as np

from wm_hardware.fake_faults import FakeFaults
from wm_hardware.motion_extremes import MotionExtremes
from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.clock import Clock
from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.joints import in_order
from wm_robot.core.seeding import rng
from wm_robot.core.types import JointCommand, JointState
from wm_robot.robots import RobotSpec


@dataclass(frozen=True, kw_only=True)
class FakeConfig:
    """How far the fake arm is from a perfect one.

    Args:
        latency_s: from a command to the servo.
        time_constant_s: of a first-order servo; 0 follows each command exactly.
        q_noise_rad: standard deviation of a measured joint position.
        v_noise_rad_s: standard deviation of a measured joint velocity.
        command_loss: share of commands that never arrive.
        state_loss: share of states that never arrive; the reader gets the one before.
        seed: of noise and losses.
    """

    latency_s: float = 0.0
    time_constant_s: float = 0.0
    q_noise_rad: float = 0.0
    v_noise_rad_s: float = 0.0
    command_loss: float = 0.0
    state_loss: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("latency_s", "time_constant_s", "q_noise_rad", "v_noise_rad_s"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise WmrError(f"fake driver: {name} is {getattr(self, name)}; it must be ≥ 0 and finite")
        for name in ("command_loss", "state_loss"):
            if not 0 <= getattr(self, name) <= 1:
                raise WmrError(f"fake driver: {name} is {getattr(self, name)}; it is a share from 0 to 1")


class FakeDriver:
    """`core.protocols.Robot` without an arm; it starts at the spec's home, at rest.

        q' = (q* − q) / τ,   q* = the newest command older than the latency

    with τ the servo's time constant; at τ = 0 the arm is at q* at once, with the command's velocity until
    two control periods have passed without another one. Time is the clock's alone, so a run over a
    SimulatedClock repeats bit for bit. What it was commanded is in `extremes`, whether it arrived or not.

    Args:
        spec: names, home and control rate of the arm.
        config: latency, noise and losses.
        clock: stamps states, and moves the arm.
    """

    def __init__(self, spec: RobotSpec, config: FakeConfig, clock: Clock) -> None:
        self.spec, self.config, self.clock = spec, config, clock
        self.faults = FakeFaults()
        self.extremes = MotionExtremes(np.array(spec.home), 1 / spec.control_rate_hz)
        self._latency_ns = round(config.latency_s * 1e9)
        self._hold_ns = round(2e9 / spec.control_rate_hz)
        self._connected = False

    @property
    def joint_names(self) -> tuple[str, ...]:
        return self.spec.joint_names

    def connect(self) -> None:
        """Put the arm at home, at rest, with the gripper closed, and start its noise anew."""
        self._random = rng(self.config.seed, "fake driver")
        self._q = np.array(self.spec.home)
        self._v = np.zeros(self.spec.nq)
        self._gripper = 0.0
        self._target, self._target_v = self._q, self._v
        self._now_ns = self._target_ns = self.clock.now_ns()
        self._queue: deque[tuple[int, FloatArray, FloatArray, float | None]] = deque()
        self.extremes.reset(self._q)
        self._mirror_ns: int | None = None
        self._last = self._measure()
        self._connected = True

    def read(self) -> JointState:
        """Joints now, with the noise and the faults that were ordered.

        Raises:
            DriverError: not connected, or disconnected to order.
        """
        self._require_connection()
        self._advance()
        lost = self.config.state_loss > 0 and self._random.random() < self.config.state_loss
        if not (lost or self.faults.silent):
            self._last = self._measure()
        return self._last

    def command(self, command: JointCommand) -> None:
        """Follow a target after the latency.

        Raises:
            DriverError: not connected, or disconnected to order.
            UnknownNameError, ShapeError, NotFiniteError: not a command for these joints; it is not counted.
        """
        self._require_connection()
        q, v = in_order(command, self.spec.joint_names)
        if command.gripper is not None:
            finite_array("joint command gripper", [command.gripper], (1,))
        self.extremes.add(q)
        self._advance()
        if self.config.command_loss > 0 and self._random.random() < self.config.command_loss:
            return
        due_ns = self._now_ns + self._latency_ns
        if self._queue and self._queue[-1][0] == due_ns:
            self._queue.pop()  # a burst within one instant: the last one counts, and the queue stays short
        self._queue.append((due_ns, q, v, command.gripper))
        if self._latency_ns == 0:
            self._advance()

    def stop(self) -> None:
        """Stand still at once, and hold; valid in every state."""
        if not self._connected or self.faults.disconnected:
            return
        self._advance()
        self._queue.clear()
        self._target, self._target_v = self._q, np.zeros(self.spec.nq)
        self._v = self._target_v
        self.extremes.rest(self._q)

    def disconnect(self) -> None:
        """Forget the arm; valid in every state."""
        self._connected = False

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        self.disconnect()

    def _advance(self) -> None:
        """Move the arm up to the clock's time, through every command that falls due on the way."""
        now_ns = max(self.clock.now_ns(), self._now_ns)
        while self._queue and self._queue[0][0] <= now_ns:
            due_ns, q, v, gripper = self._queue.popleft()
            self._move(due_ns)
            if not self.faults.protective_stop:
                self._target, self._target_v, self._target_ns = q, v, due_ns
                self._gripper = self._gripper if gripper is None else min(max(gripper, 0.0), 1.0)
        self._move(now_ns)

    def _move(self, to_ns: int) -> None:
        tau_s, elapsed_s = self.config.time_constant_s, (to_ns - self._now_ns) * 1e-9
        self._now_ns = to_ns
        if self.faults.protective_stop:
            self._target, self._target_v = self._q, np.zeros(self.spec.nq)
        if tau_s > 0:
            q = self._target + (self._q - self._target) * exp(-elapsed_s / tau_s)
            v = (self._target - q) / tau_s
        else:
            q, v = self._target, self._target_v
            if to_ns - self._target_ns > self._hold_ns:
                v = np.zeros(self.spec.nq)
        if self.faults.stuck:
            free = np.array([name not in self.faults.stuck for name in self.spec.joint_names])
            q, v = np.where(free, q, self._q), np.where(free, v, 0.0)
        self._q, self._v = q, v

    def _measure(self) -> JointState:
        faults, names = self.faults, self.spec.joint_names
        q, v = self._q.copy(), self._v.copy()
        if self.config.q_noise_rad > 0:
            q += self._random.normal(0.0, self.config.q_noise_rad, len(q))
        if self.config.v_noise_rad_s > 0:
            v += self._random.normal(0.0, self.config.v_noise_rad_s, len(v))
        if faults.not_a_number:
            q[:], v[:] = np.nan, np.nan
        if faults.foreign_joint:
            names = (faults.foreign_joint, *names[1:])
        if faults.shuffled:
            names, q, v = names[::-1], q[::-1], v[::-1]
        return JointState(
            stamp_ns=self._stamp_ns(),
            joint_names=names,
            q=q,
            v=v,
            gripper=self._gripper,
            fault=faults.protective_stop,
        )

    def _stamp_ns(self) -> int:
        if not self.faults.reversed_stamps:
            self._mirror_ns = None
            return self._now_ns + self.faults.stamp_jump_ns
        if self._mirror_ns is None:
            self._mirror_ns = self._now_ns
        return 2 * self._mirror_ns - self._now_ns + self.faults.stamp_jump_ns

    def _require_connection(self) -> None:
        if not self._connected:
            raise DriverError("the fake arm is not connected; call connect() first, or use `with`")
        if self.faults.disconnected:
            raise DriverError("the fake arm has gone, as ordered by faults.disconnected; set that to False")
