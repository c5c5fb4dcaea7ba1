"""From the arm's station to its last command: what a process or a thread does that owns an arm."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from typing import Any

from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import WmrError
from wm_robot.core.protocols import Robot
from wm_robot.core.serialization import to_json
from wm_robot.data.flight.log import FlightLog
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.loop import ControlLoop, is_over
from wm_robot.runtime.control.pipeline import PIPELINE, make_controller
from wm_robot.runtime.control.planner_line import PlannerLine
from wm_robot.runtime.control.requests import Door
from wm_robot.runtime.control.station import Station
from wm_robot.runtime.flight_messages import TOPICS, CycleOutputs
from wm_robot.runtime.run_metadata import FLIGHT, RunMetadata

END_S = 4.0
"""How long an orderly stop may take; then the arm is left to its driver's own."""

Watch = Callable[[ControlLoop, CycleOutputs], None]
"""Called after each cycle; how a fault-injection run reaches into the control process."""


def drive(
    run: ControlRun,
    robot: Robot,
    line: AbstractContextManager[PlannerLine],
    *,
    begun: Callable[[], None],
    ending: Callable[[], bool],
    watch: Watch | None = None,
) -> None:
    """Take the arm over, command it until `ending`, and let it come to rest.

    Args:
        run: what to control.
        robot: the driver, not yet connected.
        line: to the planner; entered once the arm's station is held.
        begun: called when the arm is taken over; nothing has moved.
        ending: asked after each cycle.
        watch: see Watch.

    Raises:
        WmrError: the arm cannot be taken over.
    """
    station, clock = Station(run.station), SteadyClock()
    with ExitStack() as stack:
        stack.enter_context(station.command())
        if station.latched:
            raise WmrError(f"{run.station!r} is latched: {station.why_latched()}; next: wmr reset")
        planner = stack.enter_context(line)
        log = stack.enter_context(FlightLog(run.folder / FLIGHT, TOPICS, _metadata(run).as_text()))
        door = Door(station)
        stack.callback(door.close)
        stack.enter_context(robot)
        loop = ControlLoop(
            make_controller(run.robot, run.control),
            robot,
            station=station,
            door=door,
            line=planner,
            log=log,
            clock=clock,
            rate_hz=run.robot.control_rate_hz,
        )
        loop.prepare()
        loop.cycle()  # takes the arm over, or raises
        begun()

        end_ns: int | None = None

        def over(outputs: CycleOutputs) -> bool:
            nonlocal end_ns
            if watch is not None:
                watch(loop, outputs)
            if end_ns is None and ending():
                loop.end()
                end_ns = clock.now_ns() + round(END_S * 1e9)
            return end_ns is not None and (is_over(outputs) or clock.now_ns() > end_ns)

        loop.run(over)


def _metadata(run: ControlRun) -> RunMetadata:
    config: dict[str, Any] = {
        "control": to_json(run.control),
        "driver": run.driver,
        "driver_config": to_json(run.driver_config),
    }
    started = datetime.now(UTC).isoformat(timespec="seconds")
    return RunMetadata(pipeline=PIPELINE, config=config, robot=run.robot, seed=run.seed, started=started)
