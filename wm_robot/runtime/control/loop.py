"""The control loop in real time: read, decide, command, log; paced, and never in a hurry to catch up."""

import gc
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from wm_robot.core.clock import Clock
from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.protocols import Robot
from wm_robot.core.types import JointCommand
from wm_robot.data.flight.log import FlightLog
from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.control.controller import ArmController
from wm_robot.runtime.control.faults import Fault
from wm_robot.runtime.control.planner_line import PlannerLine
from wm_robot.runtime.control.requests import Door
from wm_robot.runtime.control.scheduling import CONTROL, prefer_process
from wm_robot.runtime.control.station import Station
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.flight_messages import (
    EVENTS,
    INPUTS,
    OUTPUTS,
    CycleInputs,
    CycleOutputs,
    Event,
    PlannerReport,
)


class ControlLoop:
    """Cycles of a controller over a connected robot.

    A late cycle shifts those after it, and no command follows another in less than nine tenths of a period:
    steps sent in haste would be a faster motion than the one that was checked.

    Args:
        controller: decides.
        robot: connected.
        station: its command is held.
        door: requests of people.
        line: to the planner.
        log: of the flight.
        clock: steady.
        rate_hz: of the cycles.
    """

    def __init__(
        self,
        controller: ArmController,
        robot: Robot,
        *,
        station: Station,
        door: Door,
        line: PlannerLine,
        log: FlightLog,
        clock: Clock,
        rate_hz: float,
    ) -> None:
        self._controller, self.robot, self._station, self._door = controller, robot, station, door
        self._line, self._log, self._clock = line, log, clock
        self._report: PlannerReport | None = None
        self._ending = False
        self.system_clock: Callable[[], int] = time.time_ns
        self._period_ns = round(1e9 / rate_hz)
        self._least_gap_ns = round(0.9 * self._period_ns)
        self._sent_ns = clock.now_ns() - self._least_gap_ns
        self.cycles = 0

    def prepare(self) -> None:
        """Keep everything away that could hold a cycle up."""
        prefer_process(CONTROL)
        gc.collect()
        gc.freeze()
        gc.disable()  # a collection may take several periods; a cycle leaves no circular garbage

    def run(self, until: Callable[[CycleOutputs], bool]) -> None:
        """Cycle until `until` holds; whatever ends it, the arm is told to stop.

        Raises:
            WmrError: the arm cannot be taken over.
        """
        try:
            next_ns = self._clock.now_ns()
            while True:
                outputs = self.cycle()
                now_ns = self._clock.now_ns()
                if until(outputs):
                    return
                next_ns = max(next_ns + self._period_ns, now_ns + self._period_ns // 2)
                self._clock.sleep_until_ns(next_ns)
        finally:
            self.robot.stop()

    def end(self) -> None:
        """Ask for an orderly stop, after which nothing sets the arm going again."""
        self._ending = True

    def cycle(self) -> CycleOutputs:
        """One cycle."""
        inputs = self._inputs()
        self._log.write(INPUTS, inputs.now_ns, inputs)
        outputs = self._controller.step(inputs)
        names = self.robot.joint_names
        command = JointCommand(stamp_ns=inputs.now_ns, joint_names=names, q=outputs.q, v=outputs.v)
        self._clock.sleep_until_ns(self._sent_ns + self._least_gap_ns)
        if not inputs.driver_error:
            with suppress(DriverError):  # the next read says what is wrong
                self.robot.command(command)
        self._sent_ns = self._clock.now_ns()
        self._log.write(OUTPUTS, inputs.now_ns, outputs)
        self._tell(inputs, outputs)
        self.cycles += 1
        return outputs

    def _inputs(self) -> CycleInputs:
        state, error = None, ""
        try:
            state = self.robot.read()
        except DriverError as lost:
            error = str(lost)
        now_ns, system_ns = self._clock.now_ns(), self.system_clock()
        requests = self._door.take()
        stop = self._controller.stop
        if self._ending and stop.mode is Mode.RUNNING:
            requests = (*requests, "stop")
        if self._station.latched and ("reset" in requests or Fault.ESTOP not in stop.faults):
            requests = (*requests, "estop")  # last: no reset leads out before the latch is taken away
        if (report := self._line.report()) is not None:
            self._report = report
        return CycleInputs(
            now_ns=now_ns,
            system_ns=system_ns,
            state=state,
            driver_error=error,
            planner=self._report,
            planner_alive=self._line.alive(),
            planner_rival=self._line.rival(),
            chunk=self._line.chunk(),
            requests=requests,
        )

    def _tell(self, inputs: CycleInputs, outputs: CycleOutputs) -> None:
        for event in outputs.events:
            self._log.write(EVENTS, inputs.now_ns, Event(kind="control", detail=event))
        unknown = np.empty(0)
        q, v = unknown, unknown
        if inputs.state is not None:
            with suppress(WmrError):
                q, v = self._controller.measured(inputs.state)
        status = ArmStatus(
            now_ns=inputs.now_ns,
            state_ns=0 if inputs.state is None else inputs.state.stamp_ns,
            q=q,
            v=v,
            p_WE=outputs.p_WE,
            state=outputs.state,
            faults=outputs.faults,
            reasons=outputs.reasons,
            epoch_ns=self._controller.stop.epoch_ns,
            cycles=self.cycles,
            events=outputs.events,
        )
        self._line.tell(status)
        self._door.tell(
            {"state": outputs.state, "faults": list(outputs.faults), "events": list(outputs.events)}
        )


def is_over(outputs: CycleOutputs) -> bool:
    """Whether the arm stands and nothing will move it."""
    return outputs.state in (Mode.STOPPED, Mode.LATCHED)
