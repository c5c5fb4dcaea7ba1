"""What the flight log of a run holds: all that a control cycle reads, and all that it decides.

A cycle is a function of its `CycleInputs` and of the cycles before it. Whatever else it would look at, a
clock, a queue, a random number, belongs into a field here, or the run cannot be repeated. A new field
needs a default, so that older logs can still be read.
"""

from dataclasses import dataclass

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import ActionChunk, JointState
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
        unclear: why the message says nothing that could be carried out; "" where it does.
    """

    arrival_ns: int
    observation_stamp_ns: int
    start_ns: int
    dt_s: float
    actions: FloatMatrix
    plan_id: int
    unclear: str = ""

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
class CameraReport:
    """What the planner knows of a camera: stamps of its newest frame and of its newest different one, ns."""

    name: str
    stamp_ns: int
    changed_ns: int


@dataclass(frozen=True, kw_only=True)
class PlannerReport:
    """A planner's sign of life.

    Args:
        heartbeat_ns: when it was written.
        plan_began_ns: start of the plan in the making, 0 when there is none.
        cameras: one report a camera.
    """

    heartbeat_ns: int
    plan_began_ns: int
    cameras: tuple[CameraReport, ...]


@dataclass(frozen=True, kw_only=True)
class CycleInputs:
    """All that one control cycle reads; stamps and times in ns of steady time.

    Args:
        now_ns: when the cycle began.
        system_ns: the machine's system clock at the same moment, for the watchdog of clocks that jump.
        state: the newest joint state; None where the driver had none to give.
        driver_error: why it had none.
        planner: the newest report; None before the first.
        planner_alive: whether the planner's process is there.
        planner_rival: who else sends chunks or signs of life, "" for nobody.
        chunk: an action chunk that came since the last cycle.
        requests: "estop", "stop" and "reset" that came since, in their order.
    """

    now_ns: int
    system_ns: int
    state: JointState | None = None
    driver_error: str = ""
    planner: PlannerReport | None = None
    planner_alive: bool = True
    planner_rival: str = ""
    chunk: ChunkReceived | None = None
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CycleOutputs:
    """All that one control cycle decides.

    Args:
        q: joint positions sent to the driver (nq,), rad.
        v: joint velocities sent with them (nq,), rad/s.
        wanted: joint positions (nq,), rad, before the safety filter; `q` where nothing was wanted.
        p_WE: where the tip is due now (3,), m.
        state: of the stop: running, stopping, stopped or latched.
        faults: that keep the arm from running.
        reasons: why the command is not what was wanted.
        events: one line for each thing that happened.
    """

    q: FloatArray
    v: FloatArray
    wanted: FloatArray
    p_WE: FloatArray
    state: str
    faults: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


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
