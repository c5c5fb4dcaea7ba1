"""Whether the arm may move, and what it takes to let it."""

from enum import StrEnum

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control.faults import Fault


class Mode(StrEnum):
    RUNNING = "running"
    """Follows chunks."""
    STOPPING = "stopping"
    """Brakes along the last stop that was found safe."""
    STOPPED = "stopped"
    """Stands in good order; the next chunk sets it going."""
    LATCHED = "latched"
    """Stands after a fault; nothing but a reset leads out."""


class NotReadyError(WmrError):
    """A reset that is refused, and what it waits for."""


class StopState:
    """The latched state machine of a stop.

                     stop                     at rest
        RUNNING ─────────────► STOPPING ─────────────────► STOPPED ──┐
           ▲  └──── fault ────►   │  ▲                       ▲   │   │ fault
           │                      │  └─── fault (from any) ──┼───┘   │
           │                      └─ at rest, after a fault ─┼──► LATCHED
           └───────────── chunk planned since ───────────────┘◄── reset ┘

    A fault while stopping makes the stop a latched one. A reset is granted at a standstill, with fresh
    sensors and no fault left. It begins a new epoch: a chunk from an older observation never runs.
    """

    def __init__(self) -> None:
        self.mode = Mode.STOPPED
        self.faults: tuple[Fault, ...] = ()
        self.epoch_ns = 0
        """Chunks planned from observations before this are not carried out."""

    def fault(self, fault: Fault) -> None:
        """Something is wrong: stop and latch."""
        if fault not in self.faults:
            self.faults = (*self.faults, fault)
        if self.mode in (Mode.RUNNING, Mode.STOPPED):
            self.mode = Mode.STOPPING

    def stop(self) -> None:
        """Somebody asks for an orderly stop."""
        if self.mode is Mode.RUNNING:
            self.mode = Mode.STOPPING

    def at_rest(self, now_ns: int) -> None:
        """The arm stands, by command and by measurement."""
        if self.mode is Mode.STOPPING:
            self.mode = Mode.LATCHED if self.faults else Mode.STOPPED
            self.epoch_ns = now_ns

    def reset(self, now_ns: int, still_wrong: tuple[Fault, ...]) -> None:
        """Unlatch.

        Args:
            now_ns: time of the control loop.
            still_wrong: what the watchdogs find now.

        Raises:
            NotReadyError: not at a standstill, or something is still wrong.
        """
        if self.mode is Mode.STOPPED:
            return
        if self.mode is not Mode.LATCHED:
            raise NotReadyError(f"the arm is {self.mode}; wait for its standstill, then reset")
        if still_wrong:
            raise NotReadyError(f"still wrong: {', '.join(still_wrong)}; mend that, then reset")
        self.mode, self.faults, self.epoch_ns = Mode.STOPPED, (), now_ns

    def may_run(self, observation_stamp_ns: int) -> bool:
        """Whether a chunk from that observation may move the arm."""
        return self.mode in (Mode.RUNNING, Mode.STOPPED) and observation_stamp_ns >= self.epoch_ns

    def run(self) -> None:
        """A chunk that may run has come."""
        self.mode = Mode.RUNNING
