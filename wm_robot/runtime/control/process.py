"""The control process: it owns the arm, and stops it whatever becomes of the process that plans."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event as ProcessEvent
from pathlib import Path
from typing import Any

from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import WmrError
from wm_robot.core.mailbox import Mailbox
from wm_robot.runtime.control.control_run import CHUNKS, MAILBOX_BYTES, REPORTS, STATUS, ControlRun
from wm_robot.runtime.control.drive import Watch, drive
from wm_robot.runtime.control.planner_line import MailboxLine
from wm_robot.runtime.control.station import Station
from wm_robot.runtime.drivers import DRIVERS


def control(run: ControlRun, ready: Connection, quit_asked: ProcessEvent, watch: Watch | None = None) -> None:
    """Body of the control process.

    Args:
        run: what to control.
        ready: gets "" when the arm is taken over, or why it cannot be.
        quit_asked: set when the planner wants the run to end.
        watch: see control.drive.Watch.
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
        drive(
            run,
            DRIVERS.get(run.driver).make(run.robot, run.driver_config, SteadyClock()),
            _mailboxes(Station(run.station).folder, planner_alive),
            begun=lambda: ready.send(""),
            ending=ending,
            watch=watch,
        )
    except WmrError as error:
        ready.send(str(error))
        sys.exit(1)


@contextmanager
def _mailboxes(folder: Path, planner_alive: Callable[[], bool]) -> Iterator[MailboxLine]:
    """The line to the planner of this machine, which writes into the first two."""
    with ExitStack() as stack:
        made = [
            stack.enter_context(Mailbox(folder / name, MAILBOX_BYTES)) for name in (CHUNKS, REPORTS, STATUS)
        ]
        chunks, reports = (stack.enter_context(Mailbox(box.path)) for box in made[:2])
        yield MailboxLine(chunks, reports, made[2], planner_alive)


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
