"""The planner's end of the line to the control process."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.mailbox import Mailbox
from wm_robot.core.types import ActionChunk, Frame
from wm_robot.runtime.control.control_run import CHUNKS, REPORTS, STATUS, ArmStatus, ControlRun
from wm_robot.runtime.control.drive import Watch
from wm_robot.runtime.control.planner_line import CHUNK, REPORT, TOLD
from wm_robot.runtime.control.process import spawn
from wm_robot.runtime.control.requests import ask
from wm_robot.runtime.control.station import Station
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.flight_messages import ChunkReceived, PlannerReport
from wm_robot.runtime.planner_link import CameraWatch, StatusHistory

END_S = 5.0
"""How long the arm may take to come to rest before its control process is given up."""

HUNG_S = 1.0
"""How long a control process may tell nothing."""


class ArmLink:
    """Starts the control process of an arm, sends it chunks and signs of life, and hears how the arm is.

    Args:
        run: what to control.
        watch: see control.drive.Watch.
    """

    def __init__(self, run: ControlRun, watch: Watch | None = None) -> None:
        self.run, self._watch = run, watch
        self.station = Station(run.station)
        self._status: ArmStatus | None = None
        self._watched, self._history = CameraWatch(), StatusHistory()

    @property
    def folder(self) -> Path:
        return self.run.folder

    @property
    def pid(self) -> int:
        """Of the control process."""
        return self._process.pid

    def __enter__(self) -> Self:
        """Start; raises WmrError when the arm cannot be taken over."""
        self._process, self._quit = spawn(self.run, self._watch)
        self._chunks, self._reports, self._told = (
            Mailbox(self.station.folder / name) for name in (CHUNKS, REPORTS, STATUS)
        )
        return self

    def __exit__(self, *exception: object) -> None:
        """Bring the arm to rest, then end the control process."""
        if self._process.is_alive():
            with suppress(WmrError):  # it may hang
                self.ask("stop")
        self._quit.set()
        self._process.join(END_S)
        if self._process.is_alive():  # it hangs; without it the arm's own watchdog stops the arm
            self._process.kill()
            self._process.join()
        for box in (self._chunks, self._reports, self._told):
            box.close()

    def ask(self, request: str) -> dict[str, Any] | None:
        """See control.requests.ask."""
        return ask(self.station, request)

    def send(self, chunk: ActionChunk) -> None:
        """Hand over a chunk; an older one that nobody has read is replaced."""
        now_ns = time.monotonic_ns()
        self._chunks.write(CHUNK.encode(ChunkReceived.at(now_ns, chunk)), now_ns)

    def report(self, frames: Mapping[str, Frame], plan_began_ns: int = 0) -> None:
        """Give a sign of life, and tell how old the newest frames and the newest changes in them are."""
        cameras, now_ns = self._watched.reports(frames), time.monotonic_ns()
        report = PlannerReport(heartbeat_ns=now_ns, plan_began_ns=plan_began_ns, cameras=cameras)
        self._reports.write(REPORT.encode(report), now_ns)

    def status(self) -> ArmStatus:
        """How the arm is.

        Raises:
            DriverError: the control process has died, or hangs.
        """
        if (told := self._told.read()) is not None:
            self._status = TOLD.decode(told[0])
            self._history.add(self._status)
        if self._status is None or not self._process.is_alive():
            raise DriverError(
                f"the control process has ended; {self.folder / 'flight.mcap'} says what it did last"
            )
        silent_s = (time.monotonic_ns() - self._status.now_ns) * 1e-9
        if silent_s > HUNG_S:
            raise DriverError(
                f"the control process hangs since {silent_s:.1f} s; press the arm's own emergency stop"
            )
        return self._status

    def status_at(self, stamp_ns: int) -> ArmStatus:
        """The status whose joint state was measured nearest to `stamp_ns`, of those that were asked for."""
        return self._history.nearest(stamp_ns)

    def wait_for_rest(self) -> ArmStatus:
        """The status once the arm stands, or after END_S."""
        until_ns = time.monotonic_ns() + round(END_S * 1e9)
        while (status := self.status()).state not in (Mode.STOPPED, Mode.LATCHED):
            if time.monotonic_ns() > until_ns:
                break
            time.sleep(0.01)
        return status
