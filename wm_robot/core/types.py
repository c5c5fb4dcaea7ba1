"""What flows between robot, model, planner and controller."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.arrays import FloatArray

Image = NDArray[np.uint8]
"""An RGB image, shape (height, width, 3)."""


@dataclass(frozen=True, kw_only=True)
class JointState:
    """What an arm's joints report at one instant.

    Args:
        stamp_ns: when the sensors were read, nanoseconds on the clock that the driver was given; never
            the time at which the message arrived, where the arm tells more.
        joint_names: names in the order of `q` and `v`.
        q: joint positions (nq,), rad or m.
        v: joint velocities (nv,), rad/s or m/s.
        gripper: opening from 0 (closed) to 1 (open).
        fault: why the arm itself has stopped, in its own words ("protective stop"); "" while it has not.
        rival: who else commands the arm, in words for people; "" while nobody does.
    """

    stamp_ns: int
    joint_names: tuple[str, ...]
    q: FloatArray
    v: FloatArray
    gripper: float = 0.0
    fault: str = ""
    rival: str = ""


@dataclass(frozen=True, kw_only=True)
class RobotState(JointState):
    """Joint and end-effector state at one instant.

    Args:
        p_WE: end-effector position in the world frame (3,), m.
        quat_wxyz: end-effector orientation in the world frame (4,).
    """

    p_WE: FloatArray
    quat_wxyz: FloatArray


@dataclass(frozen=True, kw_only=True)
class JointCommand:
    """Where the joints shall be, and how fast they pass there.

    Args:
        stamp_ns: when it was made, nanoseconds on the clock of the control loop.
        joint_names: names in the order of `q` and `v`.
        q: joint positions (nq,), rad or m.
        v: joint velocities (nv,), rad/s or m/s.
        gripper: opening from 0 (closed) to 1 (open); None leaves it as it is.
    """

    stamp_ns: int
    joint_names: tuple[str, ...]
    q: FloatArray
    v: FloatArray
    gripper: float | None = None


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One picture of one camera.

    Args:
        stamp_ns: when it was taken, nanoseconds on the clock that the camera was given.
        image: RGB (height, width, 3) uint8.
    """

    stamp_ns: int
    image: Image


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What the robot senses at one instant: the model's whole input.

    Args:
        stamp_ns: acquisition time of the oldest part, nanoseconds.
        images: RGB image (height, width, 3) uint8 by camera name.
        proprio: proprioception (n_proprio,) in the order of the ObservationSpace.
    """

    stamp_ns: int
    images: Mapping[str, Image]
    proprio: FloatArray


@dataclass(frozen=True, kw_only=True)
class Goal:
    """Where to go, given in exactly one of three ways, or in none: then nothing is pursued.

    Args:
        images: what each camera should show, (height, width, 3) uint8 by camera name.
        pose: target of named proprioception entries, SI units.
        latent: target latent (P * D,).
    """

    images: Mapping[str, Image] | None = None
    pose: Mapping[str, float] | None = None
    latent: FloatArray | None = None

    @property
    def nothing(self) -> bool:
        """Whether it is given in no way."""
        return self.images is None and self.pose is None and self.latent is None


@dataclass(frozen=True, kw_only=True)
class ActionChunk:
    """Consecutive actions, stamped with the observation they were planned from.

    Args:
        observation_stamp_ns: stamp of that observation.
        start_ns: when the first action begins, on the same clock.
        dt_s: duration of each action, seconds.
        actions: (H, nu), in the units of the ActionSpace.
        plan_id: counts plans within a run, starting at 0.
    """

    observation_stamp_ns: int
    start_ns: int
    dt_s: float
    actions: FloatArray
    plan_id: int = 0


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """Outcome of one control period.

    Args:
        observation: at the end of the period.
        executed: the action as it was carried out (nu,): clipped to bounds and workspace.
    """

    observation: Observation
    executed: FloatArray


@dataclass(frozen=True, kw_only=True)
class Score:
    """Privileged judgement of a task, for scoring only: no planner or model may read it.

    Args:
        error: distance to the goal, in `unit`.
        unit: "m", "rad" or "reward".
        success: whether `error` is within the task's tolerance.
        tolerance: the largest error that counts as success, None where success is no such limit.
        details: further named figures, such as the same success at a tighter tolerance.
    """

    error: float
    unit: str
    success: bool
    tolerance: float | None = None
    details: Mapping[str, float] = field(default_factory=dict)
