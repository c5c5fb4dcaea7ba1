"""All that goes into one cycle of the control loop, and all that comes out: what replay repeats."""

from dataclasses import dataclass

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import ActionChunk, JointState


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
    """What the control loop knows at the beginning of a cycle; stamps and times in ns of steady time.

    Args:
        now_ns: the time.
        system_ns: the system clock at that time.
        state: newest joint state; None where there is none yet, or the driver failed.
        driver_error: why the driver failed, "" where it did not.
        planner: newest report; None before the first.
        planner_alive: whether its process runs.
        chunk: one that has come since the last cycle.
        requests: "estop", "stop" and "reset" that have come since, in their order.
    """

    now_ns: int
    system_ns: int
    state: JointState | None
    driver_error: str = ""
    planner: PlannerReport | None = None
    planner_alive: bool = True
    chunk: ActionChunk | None = None
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CycleOutputs:
    """What a cycle decided.

    Args:
        q: commanded joint positions (nq,), rad.
        v: and velocities (nq,), rad/s.
        wanted: joint positions (nq,), rad, that the chunk asked for; `q` where it asked for nothing.
        p_WE: tip of the chunk's reference path (3,), m.
        mode: of the stop state, after the cycle.
        faults: that keep it from running.
        reasons: why the command is not what was wanted.
        events: one line for each thing that happened.
    """

    q: FloatArray
    v: FloatArray
    wanted: FloatArray
    p_WE: FloatArray
    mode: str
    faults: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
