"""What can go wrong while an arm moves, each with the fault that it must be known by."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wm_robot.core.types import JointState
from wm_robot.runtime.control.faults import Fault
from wm_robot.runtime.control.loop import ControlLoop

Inject = Callable[[ControlLoop], None]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One fault, injected while the arm moves.

    Args:
        name: one line for people.
        answer: the faults of which one must be found first.
        control: does it in the control process, where the fault is the arm's or the loop's.
        planner: does it in the planner, where it is that one's: what `fault_planner` knows by this name.
        delay_s: by which the fault itself delays every stop.
        harness: does it from outside, to the planner ("planner") or the control process ("control").
    """

    name: str
    answer: tuple[Fault, ...]
    control: Inject | None = None
    planner: str = ""
    harness: tuple[str, signal.Signals] | None = None
    delay_s: float = 0.0


@dataclass(frozen=True)
class Set:
    """A switch of the simulated arm's own faults."""

    switch: str
    value: Any = True

    def __call__(self, loop: ControlLoop) -> None:
        setattr(loop.robot.faults, self.switch, self.value)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Report:
    """Joint states come changed from now on: `fields` are replaced, stamps shifted, joints renamed."""

    rival: str = ""
    stamp_shift_ns: int = 0
    rename: str = ""
    q_shift_rad: float = 0.0

    def __call__(self, loop: ControlLoop) -> None:
        loop.robot.read = _Changed(loop.robot.read, self)  # type: ignore[method-assign]


@dataclass(frozen=True)
class _Changed:
    read: Callable[[], JointState]
    change: Report

    def __call__(self) -> JointState:
        state, change = self.read(), self.change
        names = (change.rename, *state.joint_names[1:]) if change.rename else state.joint_names
        shift = np.zeros(len(state.q))
        shift[0] = change.q_shift_rad
        return replace(
            state,
            joint_names=names,
            q=state.q + shift,
            stamp_ns=state.stamp_ns + change.stamp_shift_ns,
            rival=change.rival,
        )


def _hold_up(loop: ControlLoop) -> None:
    time.sleep(0.3)


def _jump(loop: ControlLoop) -> None:
    loop.system_clock = _an_hour_on


def _an_hour_on() -> int:
    return time.time_ns() + 3_600_000_000_000


def _dies(loop: ControlLoop) -> None:
    os.kill(os.getppid(), signal.SIGKILL)


SCENARIOS = (
    Scenario(name="joint state freezes", answer=(Fault.STATE_STALE,), control=Set("frozen")),
    Scenario(name="connection to the arm is lost", answer=(Fault.DRIVER_LOST,), control=Set("disconnected")),
    Scenario(
        name="arm stops by itself",
        answer=(Fault.ROBOT_FAULT,),
        control=Set("protective_stop", "protective stop"),
    ),
    Scenario(
        name="joint position is NaN", answer=(Fault.STATE_INVALID,), control=Set("nan_joint", "panda_joint3")
    ),
    Scenario(name="joint is stuck", answer=(Fault.TRACKING,), control=Set("stuck_joint", "panda_joint1")),
    Scenario(
        name="commands act half a second late",
        answer=(Fault.TRACKING,),
        control=Set("extra_delay_s", 0.5),
        delay_s=0.5,
    ),
    Scenario(
        name="joint states run backwards", answer=(Fault.STATE_BACKWARDS,), control=Set("reversed_stamps")
    ),
    Scenario(
        name="joint state is from the future",
        answer=(Fault.STATE_AHEAD,),
        control=Report(stamp_shift_ns=1_000_000_000),
    ),
    Scenario(name="foreign joints", answer=(Fault.STATE_JOINTS,), control=Report(rename="elbow_of_another")),
    Scenario(
        name="joint outside its limits",
        answer=(Fault.OUTSIDE_LIMITS, Fault.TRACKING),
        control=Report(q_shift_rad=9.0),
    ),
    Scenario(
        name="second publisher",
        answer=(Fault.SECOND_PUBLISHER,),
        control=Report(rival="1 other publisher on the topic"),
    ),
    Scenario(name="camera stops", answer=(Fault.CAMERA_STALE,), control=Set("unpublished")),
    Scenario(name="camera picture freezes", answer=(Fault.CAMERA_FROZEN,), control=Set("frozen_pictures")),
    Scenario(
        name="camera stamps run backwards", answer=(Fault.CAMERA_BACKWARDS,), planner="camera backwards"
    ),
    Scenario(name="chunk holds NaN", answer=(Fault.CHUNK_INVALID,), planner="nan chunk"),
    Scenario(
        name="chunk has an action too many numbers", answer=(Fault.CHUNK_INVALID,), planner="wide chunk"
    ),
    Scenario(name="chunks stop", answer=(Fault.CHUNK_STALE,), planner="no chunks"),
    Scenario(name="chunks from old observations", answer=(Fault.CHUNK_STALE,), planner="old chunks"),
    Scenario(name="chunks come out of order", answer=(Fault.CHUNK_STALE,), planner="reversed chunks"),
    Scenario(name="plan takes too long", answer=(Fault.PLANNER_OVERRUN,), planner="overrun"),
    Scenario(name="planner falls silent", answer=(Fault.PLANNER_DEAD, Fault.CAMERA_STALE), planner="silent"),
    Scenario(name="planner is killed (SIGKILL)", answer=(Fault.PLANNER_DEAD,), control=_dies),
    Scenario(
        name="planner is suspended (SIGSTOP)",
        answer=(Fault.PLANNER_DEAD, Fault.CAMERA_STALE),
        harness=("planner", signal.SIGSTOP),
    ),
    Scenario(name="control loop is held up for 0.3 s", answer=(Fault.LOOP_LATE,), control=_hold_up),
    Scenario(
        name="control process is suspended for 0.3 s (SIGSTOP)",
        answer=(Fault.LOOP_LATE,),
        harness=("control", signal.SIGSTOP),
    ),
    Scenario(name="system clock jumps by an hour", answer=(Fault.CLOCK_JUMP,), control=_jump),
    Scenario(name="wmr estop", answer=(Fault.ESTOP,), planner="estop"),
    Scenario(name="estop latch appears, nobody asks", answer=(Fault.ESTOP,), planner="latch"),
)
