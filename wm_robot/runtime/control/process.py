"""The control process: it owns the arm, and stops it whatever becomes of the process that plans."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event as ProcessEvent
from typing import Any

from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import WmrError
from wm_robot.core.mailbox import Mailbox
from wm_robot.core.serialization import to_json
from wm_robot.data.flight.log import FlightLog
from wm_robot.runtime.control.control_run import CHUNKS, MAILBOX_BYTES, REPORTS, STATUS, ControlRun
from wm_robot.runtime.control.loop import ControlLoop, is_over
from wm_robot.runtime.control.pipeline import PIPELINE, make_controller
from wm_robot.runtime.control.planner_line import MailboxLine
from wm_robot.runtime.control.requests import Door
from wm_robot.runtime.control.station import Station
from wm_robot.runtime.drivers import DRIVERS
from wm_robot.runtime.flight_messages import TOPICS, CycleOutputs
from wm_robot.runtime.run_metadata import FLIGHT, RunMetadata

END_S = 4.0
"""How long an orderly stop may take; then the arm is left to its driver's own."""

Watch = Callable[[ControlLoop, CycleOutputs], None]
"""Called after each cycle; how a fault-injection run reaches into the control process."""


def control(run: ControlRun, ready: Connection, quit_asked: ProcessEvent, watch: Watch | None = None) -> None:
    """Body of the control process.

    Args:
        run: what to control.
        ready: gets "" when the arm is taken over, or why it cannot be.
        quit_asked: set when the planner wants the run to end.
        watch: see Watch.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which asks for an orderly stop
    told_to_end: list[int] = []
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):  # a closed terminal sends them to all
        signal.signal(number, lambda number, _: told_to_end.append(number))
    parent = multiprocessing.parent_process()

    def planner_alive() -> bool:
        return parent is None or os.getppid() == parent.pid

    def ending() -> bool:
        return bool(told_to_end) or not planner_alive() or quit_asked.is_set()

    try:
        _control(run, ready, planner_alive, ending, watch)
    except WmrError as error:
        ready.send(str(error))
        sys.exit(1)


def _control(
    run: ControlRun,
    ready: Connection,
    planner_alive: Callable[[], bool],
    ending: Callable[[], bool],
    watch: Watch | None,
) -> None:
    station, clock = Station(run.station), SteadyClock()
    robot = DRIVERS.get(run.driver).make(run.robot, run.driver_config, clock)
    with ExitStack() as stack:
        stack.enter_context(station.command())
        if station.latched:
            raise WmrError(f"{run.station!r} is latched: {station.why_latched()}; next: wmr reset")
        made = [
            stack.enter_context(Mailbox(station.folder / name, MAILBOX_BYTES))
            for name in (CHUNKS, REPORTS, STATUS)
        ]
        # The planner writes into the first two.
        readers = [stack.enter_context(Mailbox(box.path)) for box in made[:2]]
        log = stack.enter_context(FlightLog(run.folder / FLIGHT, TOPICS, _metadata(run).as_text()))
        door = Door(station)
        stack.callback(door.close)
        stack.enter_context(robot)
        loop = ControlLoop(
            make_controller(run.robot, run.control),
            robot,
            station=station,
            door=door,
            line=MailboxLine(readers[0], readers[1], made[2], planner_alive),
            log=log,
            clock=clock,
            rate_hz=run.robot.control_rate_hz,
        )
        loop.prepare()
        loop.cycle()  # takes the arm over, or raises
        ready.send("")

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


def spawn(run: ControlRun, watch: Watch | None = None) -> tuple[Any, ProcessEvent]:
    """Start the control process and wait until the arm is taken over.

    Returns:
        The process, and the event that asks it to end once the arm stands.

    Raises:
        WmrError: why it could not be taken over.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    quit_asked = context.Event()
    process = context.Process(target=control, args=(run, there, quit_asked, watch), name="control")
    process.start()
    there.close()
    try:
        problem = here.recv()
    except EOFError:
        problem = "the control process died while it started"
    if problem:
        process.join()
        raise WmrError(problem)
    return process, quit_asked
