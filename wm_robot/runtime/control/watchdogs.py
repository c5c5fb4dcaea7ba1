"""What is wrong right now, judged on steady time."""

from collections import deque

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import ShapeError, WmrError
from wm_robot.core.joints import places
from wm_robot.core.types import JointState
from wm_robot.robots import RobotSpec
from wm_robot.runtime.control.faults import Fault
from wm_robot.runtime.flight_messages import CycleInputs, PlannerReport

MOVING_RAD_S = 0.05
"""Joint speed above which a camera must see something change."""

LIMIT_SLACK_RAD = 0.05
"""By which a measured joint may be past its limit: noise and calibration, not a fault."""


REMEMBERED = 256
"""Commands that a joint state may be compared with: those of a quarter of a second at 1 kHz."""


class Watchdogs:
    """Looks at each cycle's inputs, in order; limits are the RobotSpec's `watchdogs`.

    A joint state tells where the arm was when it was measured, and is compared with the command of then,
    less the servos' lag: at 2 rad/s one that was 40 ms under way would else look 80 mrad behind.

    Args:
        robot: whose limits.
        planned: whether a planner is expected; without one its silence means nothing.
    """

    def __init__(self, robot: RobotSpec, *, planned: bool = True) -> None:
        self._robot, self._limits, self._planned = robot, robot.watchdogs, planned
        self._lag_ns = round(robot.servo_lag_s * 1e9)
        self._lower = np.array(robot.lower) - LIMIT_SLACK_RAD
        self._upper = np.array(robot.upper) + LIMIT_SLACK_RAD
        self._before: CycleInputs | None = None
        self._state_ns = self._moving_since_ns = 0
        self._camera_ns: dict[str, int] = {}
        self._commands: deque[tuple[int, FloatArray]] = deque(maxlen=REMEMBERED)

    def forget_commands(self) -> None:
        """The motion begins anew somewhere else."""
        self._commands.clear()

    def measured(self, state: JointState) -> tuple[FloatArray, FloatArray]:
        """q and v (nq,) of the robot's joints by name, v 0 where it is not told; raises WmrError."""
        order = places(state.joint_names, self._robot.joint_names)
        for what, values in (("joint state q", state.q), ("joint state v", state.v)):
            if np.shape(values) != (len(state.joint_names),):
                raise ShapeError(what, np.shape(values), (len(state.joint_names),))
        q, v = np.asarray(state.q, dtype=float)[order], np.asarray(state.v, dtype=float)[order]
        return q, np.nan_to_num(v, nan=0.0)

    def check(self, inputs: CycleInputs, commanded: FloatArray, speed: float) -> tuple[Fault, ...]:
        """Everything that is wrong.

        Args:
            inputs: of this cycle.
            commanded: joint positions (nq,) commanded last, rad, for now.
            speed: greatest commanded joint speed, rad/s.
        """
        self._commands.append((inputs.now_ns, commanded))
        found = [*self._loop(inputs), *self._arm(inputs)]
        if speed < MOVING_RAD_S:
            self._moving_since_ns = inputs.now_ns
        if self._planned:
            found += self._planner(inputs)
        self._before = inputs
        return tuple(dict.fromkeys(found))

    def _loop(self, inputs: CycleInputs) -> list[Fault]:
        if self._before is None:
            return []
        steady_s = (inputs.now_ns - self._before.now_ns) * 1e-9
        system_s = (inputs.system_ns - self._before.system_ns) * 1e-9
        found = []
        if steady_s > self._limits.command_s:
            found.append(Fault.LOOP_LATE)
        if abs(system_s - steady_s) > self._limits.clock_jump_s:
            found.append(Fault.CLOCK_JUMP)
        return found

    def _arm(self, inputs: CycleInputs) -> list[Fault]:
        state = inputs.state
        if inputs.driver_error:
            return [Fault.DRIVER_LOST]
        if state is None:
            return [Fault.STATE_STALE]
        found = []
        if state.fault:
            found.append(Fault.ROBOT_FAULT)
        if state.rival:
            found.append(Fault.SECOND_PUBLISHER)
        if state.stamp_ns < self._state_ns:
            found.append(Fault.STATE_BACKWARDS)
        self._state_ns = max(self._state_ns, state.stamp_ns)
        age_s = (inputs.now_ns - state.stamp_ns) * 1e-9
        if age_s > self._limits.joint_state_s:
            found.append(Fault.STATE_STALE)
        if age_s < -self._limits.joint_state_s:
            found.append(Fault.STATE_AHEAD)
            self._state_ns = 0
        try:
            q, _ = self.measured(state)
        except ShapeError:
            return [*found, Fault.STATE_INVALID]
        except WmrError:
            return [*found, Fault.STATE_JOINTS]
        if not np.isfinite(q).all() or np.isinf(state.v).any():
            return [*found, Fault.STATE_INVALID]
        if np.any(q < self._lower) or np.any(q > self._upper):
            found.append(Fault.OUTSIDE_LIMITS)
        if np.abs(q - self._commanded_at(state.stamp_ns - self._lag_ns)).max() > self._limits.tracking_rad:
            found.append(Fault.TRACKING)
        return found

    def _commanded_at(self, stamp_ns: int) -> FloatArray:
        """The command that was in force then; the oldest one that is known, where it was before."""
        for due_ns, q in reversed(self._commands):
            if due_ns <= stamp_ns:
                return q
        return self._commands[0][1]

    def _planner(self, inputs: CycleInputs) -> list[Fault]:
        report = inputs.planner
        found = [Fault.SECOND_PUBLISHER] if inputs.planner_rival else []
        if not inputs.planner_alive:
            return [*found, Fault.PLANNER_DEAD]
        if report is None:
            return found  # it has not begun
        if (inputs.now_ns - report.heartbeat_ns) * 1e-9 > self._limits.plan_s:
            found.append(Fault.PLANNER_DEAD)
        if report.plan_began_ns and (inputs.now_ns - report.plan_began_ns) * 1e-9 > self._limits.plan_s:
            found.append(Fault.PLANNER_OVERRUN)
        return found + self._cameras(inputs.now_ns, report)

    def _cameras(self, now_ns: int, report: PlannerReport) -> list[Fault]:
        found = []
        for camera in report.cameras:
            if (now_ns - camera.stamp_ns) * 1e-9 > self._limits.camera_s:
                found.append(Fault.CAMERA_STALE)
            if camera.stamp_ns < self._camera_ns.get(camera.name, 0):
                found.append(Fault.CAMERA_BACKWARDS)
            self._camera_ns[camera.name] = camera.stamp_ns
            seen_ns = max(camera.changed_ns, self._moving_since_ns)
            if (now_ns - seen_ns) * 1e-9 > self._limits.frozen_camera_s:
                found.append(Fault.CAMERA_FROZEN)
        return found
