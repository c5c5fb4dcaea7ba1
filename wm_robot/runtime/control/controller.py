"""One cycle of the control loop as a function of its inputs alone, so that a log repeats it bit for bit."""

from dataclasses import dataclass

import numpy as np
from wm_controllers.controller import PoseTarget
from wm_controllers.filters.decision import Decision
from wm_controllers.filters.safety_filter import SafetyFilter
from wm_controllers.kinematics import TOOL_DOWN_QUAT_WXYZ
from wm_controllers.qp_ik import QPIK

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.core.types import JointCommand, JointState
from wm_robot.robots import RobotSpec
from wm_robot.runtime.control.chunk_executor import ChunkExecutor
from wm_robot.runtime.control.faults import BLIND, OF_THE_PLANNER, Fault
from wm_robot.runtime.control.stop_state import Mode, NotReadyError, StopState
from wm_robot.runtime.control.watchdogs import Watchdogs
from wm_robot.runtime.flight_messages import ChunkReceived, CycleInputs, CycleOutputs

STANDSTILL_RAD_S = 0.05
"""Measured joint speed that counts as standing; more where five deviations of a sensor's noise are more."""

MOVED_RAD = 0.02
"""By which an arm may have been moved while it was latched: further, and the motion begins anew there."""

LEASH_M = 0.05
"""By which the path may run ahead of an arm that the safety filter holds back."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a controller is made of; all of it deterministic."""

    robot: RobotSpec
    ik: QPIK
    safety: SafetyFilter
    executor: ChunkExecutor
    watchdogs: Watchdogs


class ArmController:
    """Chunk → path → inverse kinematics → safety filter, under the watchdogs and the stop state.

    Args:
        parts: see there.

    Not thread-safe; reads no clock.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts, self.stop = parts, StopState()
        self._dt_ns = round(parts.safety.dt * 1e9)
        rest = np.zeros(parts.robot.nq)
        self._joints = rest, rest  # that inverse kinematics has led to: q and v
        self._standstill = max(STANDSTILL_RAD_S, 5 * parts.robot.imperfections.v_noise_rad_s)

    def step(self, inputs: CycleInputs) -> CycleOutputs:
        """Decide where the joints shall be one control period from `inputs.now_ns`.

        The first step takes over from an arm that stands; nothing moves.

        Raises:
            WmrError: at the first step: the arm moves, is outside its limits or too near to something, or
                says nothing. Later steps raise for nothing that they are given.
        """
        if self._parts.safety.motion is None:
            self._take_over(inputs)
        return self._cycle(inputs)

    def measured(self, state: JointState) -> tuple[FloatArray, FloatArray]:
        """q and v (nq,) of the robot's joints by name; raises WmrError."""
        return self._parts.watchdogs.measured(state)

    def _take_over(self, inputs: CycleInputs) -> None:
        state = inputs.state
        if inputs.driver_error or state is None:
            raise WmrError(f"the arm does not say where it is: {inputs.driver_error or 'no joint state yet'}")
        q, v = self._parts.watchdogs.measured(state)
        wrong = self._parts.watchdogs.check(inputs, q, 0.0)
        if wrong:
            told = ", ".join(f"{fault}{_details(fault, inputs)}" for fault in wrong)
            raise WmrError(f"not ready to start: {told}")
        if np.abs(v).max() > self._standstill:
            raise WmrError(f"the arm moves at {np.abs(v).max():.2f} rad/s; start from a standstill")
        self._begin_at(q)
        self._hold(inputs.now_ns)

    def _cycle(self, inputs: CycleInputs) -> CycleOutputs:
        safety, events = self._parts.safety, []
        assert safety.motion is not None
        wrong = self._parts.watchdogs.check(inputs, safety.motion.q, float(np.abs(safety.motion.v).max()))
        for fault in wrong:
            if fault in OF_THE_PLANNER and self.stop.mode is not Mode.RUNNING:
                continue
            if fault not in self.stop.faults:
                events.append(f"stop: {fault}{_details(fault, inputs)}")
            self.stop.fault(fault)
        for request in inputs.requests:
            events.append(self._request(request, inputs, wrong))
        if inputs.chunk is not None:
            events.append(self._take(inputs.now_ns, inputs.chunk))
        if self.stop.mode is Mode.RUNNING:
            decision, wanted, event = self._move(inputs)
            events.append(event)
        else:
            decision = self._rest(inputs, wrong)
            wanted = decision.q
        return CycleOutputs(
            q=decision.q,
            v=decision.v,
            wanted=wanted,
            p_WE=self._parts.executor.due(inputs.now_ns),
            state=self.stop.mode,
            faults=tuple(self.stop.faults),
            reasons=tuple(decision.reasons),
            events=tuple(event for event in events if event),
        )

    def _request(self, request: str, inputs: CycleInputs, wrong: tuple[Fault, ...]) -> str:
        if request == "estop":
            self.stop.fault(Fault.ESTOP)
            return f"stop: {Fault.ESTOP}"
        if request == "stop":
            self.stop.stop()
            return "stop asked for"
        if request == "reset":
            return self._reset(inputs, wrong)
        return f"request {request!r} is unknown"

    def _reset(self, inputs: CycleInputs, wrong: tuple[Fault, ...]) -> str:
        # Where the arm was moved, its motion begins anew; then it is where its command is.
        still_wrong = tuple(fault for fault in wrong if fault is not Fault.TRACKING)
        try:
            if self.stop.mode is Mode.LATCHED and not still_wrong:
                self._begin_where_it_stands(inputs)
            self.stop.reset(inputs.now_ns, still_wrong)
        except WmrError as error:
            return f"reset refused: {error}"
        self._hold(inputs.now_ns)
        return "reset: ready for a new plan"

    def _begin_where_it_stands(self, inputs: CycleInputs) -> None:
        safety = self._parts.safety
        assert inputs.state is not None  # else something is wrong
        assert safety.motion is not None
        q, v = self._parts.watchdogs.measured(inputs.state)
        if np.abs(v).max() > self._standstill or not safety.at_rest:
            raise NotReadyError(f"the arm moves at {np.abs(v).max():.2f} rad/s; wait for its standstill")
        if np.abs(q - safety.motion.q).max() > MOVED_RAD:
            self._begin_at(q)

    def _begin_at(self, q: FloatArray) -> None:
        self._parts.safety.reset(q)
        self._parts.watchdogs.forget_commands()

    def _take(self, now_ns: int, received: ChunkReceived) -> str:
        chunk = received.chunk
        if problem := received.unclear or self._parts.executor.problem(chunk):
            self.stop.fault(Fault.CHUNK_INVALID)
            return f"stop: {problem}"
        if not self.stop.may_run(chunk.observation_stamp_ns):
            return (
                f"plan {chunk.plan_id} dropped: the arm is {self.stop.mode}, or it was planned before a stop"
            )
        dropped = self._parts.executor.add(now_ns, chunk)
        if not dropped:
            self.stop.run()
        return dropped

    def _rest(self, inputs: CycleInputs, wrong: tuple[Fault, ...]) -> Decision:
        """Brake, and stand."""
        safety = self._parts.safety
        if self.stop.mode is Mode.LATCHED and Fault.ROBOT_FAULT in wrong and not BLIND & set(wrong):
            assert inputs.state is not None
            if inputs.state.stamp_ns <= self.stop.epoch_ns:  # where it was on its way to a standstill
                return safety.brake()
            # It does not follow now. It shall find its command where it is when somebody lets it go again.
            q, v = self._parts.watchdogs.measured(inputs.state)
            return safety(
                JointCommand(stamp_ns=inputs.now_ns, joint_names=safety.joint_names, q=q, v=np.zeros_like(v))
            )
        decision = safety.brake()
        if self.stop.mode is Mode.STOPPING:
            self._hold(inputs.now_ns)
            if safety.at_rest and self._stands(inputs, wrong):
                self.stop.at_rest(inputs.now_ns)
        return decision

    def _move(self, inputs: CycleInputs) -> tuple[Decision, FloatArray, str]:
        """Follow the path."""
        safety = self._parts.safety
        then_ns = inputs.now_ns + self._dt_ns
        knot, event = self._parts.executor(inputs.now_ns, then_ns)
        if event:
            self.stop.fault(Fault.CHUNK_STALE)
        V_WE = np.concatenate([knot.v, np.zeros(3)])
        target = PoseTarget(p_WE=knot.p, quat_wxyz=TOOL_DOWN_QUAT_WXYZ, V_WE=V_WE)
        try:
            v = self._parts.ik.step(*self._joints, target)
        except WmrError as error:
            self.stop.fault(Fault.NO_SOLUTION)
            decision = safety.brake()
            return decision, decision.q, f"stop: {error}"
        q = self._joints[0] + safety.dt * v
        self._joints = q, v
        command = JointCommand(stamp_ns=inputs.now_ns, joint_names=safety.joint_names, q=q, v=v)
        decision = safety(command)
        if np.linalg.norm(self._tip(decision.q) - knot.p) > LEASH_M:
            self._hold(inputs.now_ns)
            event = "the path ran ahead of the arm; the plan is given up"
        return decision, q, event

    def _tip(self, q: FloatArray) -> FloatArray:
        return self._parts.ik.arm.place(q).translation.copy()

    def _stands(self, inputs: CycleInputs, wrong: tuple[Fault, ...]) -> bool:
        """By measurement, where there is one."""
        if inputs.state is None or BLIND & set(wrong):
            return True
        _, v = self._parts.watchdogs.measured(inputs.state)
        return bool(np.abs(v).max() <= self._standstill)

    def _hold(self, now_ns: int) -> None:
        motion = self._parts.safety.motion
        assert motion is not None
        self._parts.executor.hold(now_ns, self._tip(motion.q))
        self._joints = motion.q, motion.v


def _details(fault: Fault, inputs: CycleInputs) -> str:
    """What the driver says of it, for people."""
    told = inputs.state
    details = {
        Fault.DRIVER_LOST: inputs.driver_error,
        Fault.ROBOT_FAULT: "" if told is None else told.fault,
        Fault.SECOND_PUBLISHER: inputs.planner_rival if told is None else told.rival or inputs.planner_rival,
    }
    return f": {detail}" if (detail := details.get(fault, "")) else ""
