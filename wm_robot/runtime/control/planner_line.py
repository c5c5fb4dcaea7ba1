"""The control loop's end of the line to the planner, whatever carries it."""

from collections.abc import Callable
from typing import Protocol

from wm_robot.core.mailbox import Mailbox
from wm_robot.data.flight.message_type import MessageType
from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.flight_messages import ChunkReceived, PlannerReport

CHUNK, REPORT, TOLD = MessageType(ChunkReceived), MessageType(PlannerReport), MessageType(ArmStatus)
"""How messages are written into mailboxes."""


class PlannerLine(Protocol):
    """What the control loop asks and tells in each cycle; nothing here waits or raises."""

    def chunk(self) -> ChunkReceived | None:
        """The newest chunk that came since the last call."""
        ...

    def report(self) -> PlannerReport | None:
        """The newest sign of life that came since the last call."""
        ...

    def alive(self) -> bool:
        """Whether the planner is there, as far as can be known without its signs of life."""
        ...

    def rival(self) -> str:
        """Who else speaks as the planner, for people; "" for nobody."""
        ...

    def tell(self, status: ArmStatus, /) -> None:
        """How the arm is, after each cycle."""
        ...


class MailboxLine:
    """A line to a process of this machine.

    Args:
        chunks: the planner writes them.
        reports: the same.
        told: where the status goes.
        alive: whether the planner's process runs.
    """

    def __init__(self, chunks: Mailbox, reports: Mailbox, told: Mailbox, alive: Callable[[], bool]) -> None:
        self._chunks, self._reports, self._told = chunks, reports, told
        self._alive = alive

    def chunk(self) -> ChunkReceived | None:
        read = self._chunks.read()
        return None if read is None else CHUNK.decode(read[0])

    def report(self) -> PlannerReport | None:
        read = self._reports.read()
        return None if read is None else REPORT.decode(read[0])

    def alive(self) -> bool:
        return self._alive()

    def rival(self) -> str:
        return ""  # one process has the mailboxes

    def tell(self, status: ArmStatus) -> None:
        self._told.write(TOLD.encode(status), status.now_ns)
