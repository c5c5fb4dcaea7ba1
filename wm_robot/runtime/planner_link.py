"""What a planner asks of the line to whoever controls the arm, by mailboxes or over a network."""

from collections.abc import Mapping
from typing import Any, Protocol

from wm_robot.core.types import ActionChunk, Frame
from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.flight_messages import CameraReport


class PlannerLink(Protocol):
    """The planner's end; `control.planner_line.PlannerLine` is the other one."""

    def status(self) -> ArmStatus:
        """How the arm is; raises DriverError when its control has died or is silent."""
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
