"""What a control process is told when it starts, and what it tells while it runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wm_robot.core.arrays import FloatArray
from wm_robot.robots import RobotSpec
from wm_robot.runtime.control.pipeline import ControlConfig

CHUNKS, REPORTS, STATUS = "chunks", "reports", "status"
"""Names of the mailboxes in the station's folder."""

MAILBOX_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class ControlRun:
    """A run of the control process.

    Args:
        station: name of the arm on this machine.
        robot: the arm.
        driver: name in DRIVERS.
        driver_config: its config dataclass.
        control: what to decide by.
        folder: of the run; the flight log goes there.
        seed: of the run.
    """

    station: str
    robot: RobotSpec
    driver: str
    driver_config: Any
    control: ControlConfig
    folder: Path
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class ArmStatus:
    """What the control process tells after each cycle.

    Args:
        now_ns: time of the cycle, steady.
        state_ns: stamp of the joint state.
        q: measured joint positions (nq,), rad, by the robot's order of joints; empty while unknown.
        v: measured joint velocities (nq,), rad/s.
        p_WE: tip of the commanded path (3,), m.
        state: of the stop.
        faults: that keep the arm from running.
        reasons: why the last command is not what was wanted.
        epoch_ns: chunks from observations before this are dropped.
        cycles: so far.
        events: one line for each thing that happened in the cycle.
    """

    now_ns: int
    state_ns: int
    q: FloatArray
    v: FloatArray
    p_WE: FloatArray
    state: str
    faults: tuple[str, ...]
    reasons: tuple[str, ...]
    epoch_ns: int
    cycles: int
    events: tuple[str, ...] = ()
