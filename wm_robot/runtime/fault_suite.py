"""Injects each fault into a moving simulated arm, by real processes in real time, and measures the answer."""

import multiprocessing
import os
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from wm_robot.core.errors import WmrError
from wm_robot.data.flight.reader import read_flight
from wm_robot.robots import RobotSpec, get_robot
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.controller import STANDSTILL_RAD_S
from wm_robot.runtime.control.faults import BLIND, Fault
from wm_robot.runtime.control.pipeline import ControlConfig
from wm_robot.runtime.control.station import Station
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.fault_planner import MOVING_CYCLES, flight_folder, plan_wrongly
from wm_robot.runtime.fault_scenarios import Scenario
from wm_robot.runtime.flight_messages import INPUTS, OUTPUTS, TOPICS, CycleInputs, CycleOutputs
from wm_robot.runtime.run_metadata import FLIGHT

STATION = "fault-injection"
SETTLING_RAD = 0.02
"""By which servos still move after a standstill: their lag, and noise."""
STANDS_S = 0.1
"""For which an arm must stand, to stand: it does so for an instant where it turns, too."""
SUSPENDED_S = 0.3
TRIES = 3
WHOLE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class FaultResult:
    """The answer to one fault.

    Args:
        name: of the scenario.
        detected_ms: from the injection to the first cycle that knew of it; None where none did.
        stopped_ms: from there to the first cycle that commands a standstill and measures one; None where
            there is none.
        allowed_ms: what the limits of acceleration and jerk allow for a stop from that motion, and the delay
            that the fault itself makes.
        action: what the arm was then: "latched" is right.
        found: the faults that were found.
        expected: whether the right one was among them.
        max_violation: largest share by which a commanded step broke a limit of velocity, acceleration or
            jerk; 0 where none did.
        resumed_without_reset: whether it moved again although the planner went on.
        commands: cycles looked at.
    """

    name: str
    detected_ms: float | None
    stopped_ms: float | None
    allowed_ms: float
    action: str
    found: tuple[str, ...]
    expected: bool
    max_violation: float
    resumed_without_reset: bool
    commands: int

    @property
    def right(self) -> bool:
        """Known for what it is, stopped in time, within limits, and stopped for good."""
        in_time = self.stopped_ms is not None and self.stopped_ms <= self.allowed_ms + 50
        safe = self.max_violation == 0 and not self.resumed_without_reset
        return self.expected and in_time and safe and self.action == Mode.LATCHED


def inject(scenario: Scenario, folder: Path, *, robot: str = "panda") -> FaultResult:
    """Run one scenario; it takes five to ten seconds.

    A machine that is so busy that a watchdog stops the arm before the fault is there gets TRIES of them.

    Raises:
        WmrError: the arm did not move, or was stopped by something else each time.
    """
    for attempt in range(1, TRIES + 1):
        log = _run(scenario, folder / str(attempt), robot)
        result = _judge(scenario, get_robot(robot), *log)
        if result is not None:
            return result
    raise WmrError(
        f"{scenario.name!r}: a watchdog stopped the arm before the fault was there, {TRIES} times; "
        "end other programs on this machine"
    )


def _run(scenario: Scenario, folder: Path, robot: str) -> tuple[Path, int]:
    """The flight log of a run with the fault in it, and when it was injected, 0 for from within."""
    from wm_sim.driver import SimConfig  # noqa: PLC0415  (imports mujoco)

    Station(STATION).unlatch()
    spec = get_robot(robot)
    run = ControlRun(
        station=STATION,
        robot=spec,
        driver="sim",
        driver_config=SimConfig(name=STATION),
        control=ControlConfig(),
        folder=flight_folder(folder, scenario),
    )
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    planner = context.Process(target=_plan, args=(run, scenario, there))
    planner.start()
    there.close()
    injected_ns = _wait(planner, here, scenario)
    Station(STATION).unlatch()
    return run.folder / FLIGHT, injected_ns


def _plan(run: ControlRun, scenario: Scenario, there: Connection) -> None:
    plan_wrongly(run, scenario, lambda what, value: there.send((what, value)))


def _wait(planner: BaseProcess, here: Connection, scenario: Scenario) -> int:
    """Do from outside what the scenario asks for; returns when it was injected, 0 for from within."""
    control, injected_ns, until = 0, 0, time.monotonic() + WHOLE_S
    act_ns = None
    while planner.is_alive() and time.monotonic() < until:
        if here.poll(0.01):
            try:
                what, value = here.recv()
            except EOFError:
                break
            control = value if what == "control" else control
            injected_ns = value if what == "wrong" else injected_ns
            if what == "moving" and scenario.harness:
                act_ns = value + 1_500_000_000
        if act_ns and scenario.harness and time.monotonic_ns() > act_ns:
            whom = control if scenario.harness[0] == "control" else planner.pid or 0
            injected_ns, act_ns = time.monotonic_ns(), None
            os.kill(whom, scenario.harness[1])
            time.sleep(SUSPENDED_S if whom == control else 4.0)
            os.kill(whom, signal.SIGCONT)
    planner.join(WHOLE_S)
    while control and _runs(control):  # without its planner it stops the arm, and ends
        time.sleep(0.01)
    return injected_ns


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _judge(scenario: Scenario, spec: RobotSpec, log: Path, injected_ns: int) -> FaultResult | None:
    """What became of the fault; None where the arm was stopped before it."""
    inputs: list[CycleInputs] = []
    outputs: list[CycleOutputs] = []
    for record in read_flight(log, {name: TOPICS[name] for name in (INPUTS, OUTPUTS)}):
        (inputs if record.topic == INPUTS else outputs).append(record.message)
    states = np.array([o.state for o in outputs])
    running = np.flatnonzero(states == Mode.RUNNING)
    stopped_ns = next((i.now_ns for i, o in zip(inputs, outputs, strict=False) if o.faults), None)
    if stopped_ns is not None:
        before = stopped_ns < injected_ns if injected_ns else len(running) < MOVING_CYCLES
        if before:
            return None
    if len(running) < MOVING_CYCLES / 2:
        raise WmrError(f"{scenario.name!r}: the arm did not move; see {log}")
    if not injected_ns:
        injected_ns = inputs[int(running[min(MOVING_CYCLES, len(running)) - 1])].now_ns
    knew = [i for i, o in enumerate(outputs) if set(o.faults) and inputs[i].now_ns >= injected_ns]
    q, v = np.array([o.q for o in outputs]), np.array([o.v for o in outputs])
    detected = knew[0] if knew else None
    stood = None
    if detected is not None:
        stands = [_stands(i, o) for i, o in zip(inputs, outputs, strict=False)]
        stood = _first_for(stands, detected, round((STANDS_S + scenario.delay_s) * spec.control_rate_hz))
    moved_again = stood is not None and _moved(inputs[stood : len(outputs)], outputs[stood:])
    found = tuple(dict.fromkeys(f for o in outputs for f in o.faults))
    return FaultResult(
        name=scenario.name,
        detected_ms=None if detected is None else (inputs[detected].now_ns - injected_ns) * 1e-6,
        stopped_ms=None
        if detected is None or stood is None
        else (inputs[stood].now_ns - inputs[detected].now_ns) * 1e-6,
        allowed_ms=0.0
        if detected is None
        else 1e3 * (_stop_s(spec, v[max(detected - 1, 0)]) + scenario.delay_s),
        action=str(states[-1]),
        found=found,
        expected=bool(set(scenario.answer) & set(found)),
        max_violation=_violation(spec, q),
        resumed_without_reset=moved_again,
        commands=len(outputs),
    )


def _first_for(holds: list[bool], start: int, cycles: int) -> int | None:
    """The first index from `start` on from which `holds` holds for so many cycles, or to the log's end."""
    since = start
    for i in range(start, len(holds)):
        if not holds[i]:
            since = i + 1
        elif i + 1 - since >= cycles:
            return since
    return since if since < len(holds) else None


def _stands(inputs: CycleInputs, outputs: CycleOutputs) -> bool:
    """By command, and by the arm's own joint velocities where the fault leaves them worth reading.

    The command goes to where an arm is that has stopped by itself; there the measurement alone counts.
    """
    if outputs.v.any() and Fault.ROBOT_FAULT not in outputs.faults:
        return False
    if inputs.state is None or BLIND & set(outputs.faults):
        return True
    return bool(np.nanmax(np.abs(inputs.state.v)) < STANDSTILL_RAD_S)


def _moved(inputs: list[CycleInputs], outputs: list[CycleOutputs]) -> bool:
    """Whether the arm went away from where it stood; by command where nothing can be measured.

    An arm that has stopped by itself is followed by its command, which is no motion of the arm.
    """
    seen = [i.state.q for i, o in zip(inputs, outputs, strict=True) if i.state and not BLIND & set(o.faults)]
    if len(seen) < len(outputs):
        return bool(np.any([o.q != outputs[0].q for o in outputs]))
    return bool(np.nanmax(np.abs(np.array(seen) - seen[0])) > SETTLING_RAD)


def _stop_s(spec: RobotSpec, v: np.ndarray) -> float:
    """The slowest joint's stop from velocity v (nq,), from full acceleration the wrong way.

    A/J to take that away, during which v grows by A²/2J; then v/A + A/J.
    """
    A, J = np.array(spec.max_acceleration), np.array(spec.max_jerk)
    return float(np.max((np.abs(v) + A**2 / (2 * J)) / A + 2 * A / J))


def _violation(spec: RobotSpec, q: np.ndarray) -> float:
    """By finite differences at the control rate: that is what the arm was sent."""
    rate, worst = spec.control_rate_hz, 0.0
    q = np.vstack([q[:1]] * 3 + [q])
    for order, limit in enumerate((spec.max_velocity, spec.max_acceleration, spec.max_jerk), start=1):
        share = np.abs(np.diff(q, order, axis=0)) * rate**order / np.array(limit)
        worst = max(worst, float(share.max()) - 1)
    return max(worst, 0.0)
