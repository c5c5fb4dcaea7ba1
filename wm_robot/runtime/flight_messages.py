"""What the flight log of a run holds: all that a control cycle reads, and all that it decides.

A cycle is a function of its `CycleInputs` and of the cycles before it. Whatever else it would look at, a
clock, a queue, a random number, belongs into a field here, or the run cannot be repeated. A new field
needs a default, so that older logs can still be read.
"""

from dataclasses import dataclass

from wm_robot.core.types import ActionChunk, JointCommand, JointState
from wm_robot.data.flight.codec import FloatMatrix

INPUTS = "/inputs"
OUTPUTS = "/outputs"
EVENTS = "/events"


@dataclass(frozen=True, kw_only=True)
class ChunkReceived:
    """An action chunk as it came from the planner.

    Args:
        arrival_ns: when it came.
        observation_stamp_ns: stamp of the observation it was planned from.
        start_ns: when its first action begins.
        dt_s: duration of each action, seconds.
        actions: (H, nu), in the units of the ActionSpace.
        plan_id: counts plans within a run.
    """

    arrival_ns: int
    observation_stamp_ns: int
    start_ns: int
    dt_s: float
    actions: FloatMatrix
    plan_id: int

    @classmethod
    def at(cls, arrival_ns: int, chunk: ActionChunk) -> "ChunkReceived":
        return cls(
            arrival_ns=arrival_ns,
            observation_stamp_ns=chunk.observation_stamp_ns,
            start_ns=chunk.start_ns,
            dt_s=chunk.dt_s,
            actions=chunk.actions,
            plan_id=chunk.plan_id,
        )

    @property
    def chunk(self) -> ActionChunk:
        return ActionChunk(
            observation_stamp_ns=self.observation_stamp_ns,
            start_ns=self.start_ns,
            dt_s=self.dt_s,
            actions=self.actions,
            plan_id=self.plan_id,
        )


@dataclass(frozen=True, kw_only=True)
class CameraReading:
    """What the watchdogs know of a camera's newest frame.

    Args:
        name: of the camera.
        stamp_ns: when the frame was taken.
        checksum: of its content; a frozen camera repeats it.
    """

    name: str
    stamp_ns: int
    checksum: int


@dataclass(frozen=True, kw_only=True)
class CycleInputs:
    """All that one control cycle reads.

    Args:
        tick_ns: when the cycle began, on the clock of the control loop.
        wall_ns: the machine's wall clock at the same moment, for the watchdog of clocks that jump.
        state: the newest joint state; None where the driver had none to give.
        driver_error: why it had none.
        chunks: action chunks that came since the last cycle, oldest first.
        cameras: the newest frame of each camera.
        estop: whether somebody asked for an emergency stop since the last cycle.
        reset: whether somebody asked for a reset since the last cycle.
        planner_alive: whether the planner's process is there.
        publishers: other sources of commands for the same arm.
    """

    tick_ns: int
    wall_ns: int = 0
    state: JointState | None = None
    driver_error: str = ""
    chunks: tuple[ChunkReceived, ...] = ()
    cameras: tuple[CameraReading, ...] = ()
    estop: bool = False
    reset: bool = False
    planner_alive: bool = True
    publishers: int = 0


@dataclass(frozen=True, kw_only=True)
class CycleOutputs:
    """All that one control cycle decides.

    Args:
        tick_ns: of the cycle.
        raw: what the controller asked for; None where it asked for nothing.
        filtered: what the safety filter made of it, as sent to the driver; None where nothing was sent.
        state: of the emergency stop: running, stopping, stopped or latched.
        reasons: codes of what made the filter or a watchdog step in; empty where nothing did.
    """

    tick_ns: int
    raw: JointCommand | None = None
    filtered: JointCommand | None = None
    state: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened outside the cycles: connected, calibrated, closed.

    Args:
        kind: one word.
        detail: the rest, for people.
    """

    kind: str
    detail: str = ""


TOPICS: dict[str, type] = {INPUTS: CycleInputs, OUTPUTS: CycleOutputs, EVENTS: Event}
"""What `FlightLog` and `read_flight` need to know of a run's log."""
