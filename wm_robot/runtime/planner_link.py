"""What a planner asks of the line to whoever controls the arm, by mailboxes or over a network."""

from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

from wm_robot.core.errors import DriverError
from wm_robot.core.types import ActionChunk, Frame
from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.flight_messages import CameraReport

REMEMBERED = 64
"""Joint states that pictures are matched with: a second and more of them."""


class PlannerLink(Protocol):
    """The planner's end; `control.planner_line.PlannerLine` is the other one."""

    def status(self) -> ArmStatus:
        """How the arm is; raises DriverError when its control has died or is silent."""
        ...

    def status_at(self, stamp_ns: int) -> ArmStatus:
        """The status whose joint state was measured nearest to `stamp_ns`; raises DriverError."""
        ...

    def report(self, frames: Mapping[str, Frame], plan_began_ns: int = 0) -> None:
        """Give a sign of life, and tell how old the newest frames and the newest changes in them are."""
        ...

    def send(self, chunk: ActionChunk) -> None:
        """Hand over a chunk; an older one that nobody has read is replaced."""
        ...

    def ask(self, request: str) -> dict[str, Any] | None:
        """Ask for a "stop" or a "reset"; raises WmrError when nobody answers."""
        ...

    def wait_for_rest(self) -> ArmStatus:
        """The status once the arm stands, or when waiting for it is given up."""
        ...


class CameraWatch:
    """Remembers when each camera's picture last changed."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[bytes, int]] = {}

    def reports(self, frames: Mapping[str, Frame]) -> tuple[CameraReport, ...]:
        """What is known of each camera now that it shows `frames`."""
        cameras = []
        for name, frame in frames.items():
            content = frame.image.tobytes()
            if name not in self._seen or self._seen[name][0] != content:
                self._seen[name] = content, frame.stamp_ns
            changed_ns = self._seen[name][1]
            cameras.append(CameraReport(name=name, stamp_ns=frame.stamp_ns, changed_ns=changed_ns))
        return tuple(cameras)


class StatusHistory:
    """Remembers how the arm was, to say where it was when a picture was taken."""

    def __init__(self) -> None:
        self._statuses: deque[ArmStatus] = deque(maxlen=REMEMBERED)

    def add(self, status: ArmStatus) -> None:
        """Remember a status, unless its joint state is unknown or that of the one before."""
        if len(status.q) and not (self._statuses and self._statuses[-1].state_ns == status.state_ns):
            self._statuses.append(status)

    def nearest(self, stamp_ns: int) -> ArmStatus:
        """See PlannerLink.status_at."""
        if not self._statuses:
            raise DriverError("nothing is known of the arm's joints: its driver tells none")
        return min(tuple(self._statuses), key=lambda status: abs(status.state_ns - stamp_ns))
