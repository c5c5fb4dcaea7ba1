"""What a task adds to an arm: objects, starts, goals, a score and scripted policies."""

from dataclasses import dataclass
from typing import Protocol

import mujoco
import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.protocols import ExplorationPolicy
from wm_robot.core.types import Score
from wm_robot.robots import Box, RobotSpec
from wm_sim.arm import TaskSpaceArm

MAX_DISPLACEMENT_M = 0.05
AXES = ("x", "y", "z")


@dataclass(frozen=True, kw_only=True)
class Episode:
    """Where things start and where they should go, m, in the world frame.

    Args:
        tip: end effector at the start (3,).
        goal_tip: end effector in the goal image (3,).
        objects: object centres at the start (n, 3).
        goal_objects: object centres in the goal image (n, 3).
    """

    tip: FloatArray
    goal_tip: FloatArray
    objects: FloatArray
    goal_objects: FloatArray


class Task(Protocol):
    """One kind of episode for any robot. Every length scales with the robot's workspace or is stated."""

    name: str
    axes: tuple[int, ...]
    """World axes that an action displaces: 0 x, 1 y, 2 z."""
    max_steps: int

    def workspace(self, robot: RobotSpec) -> Box:
        """Where the commanded end effector may be, m."""
        ...

    def add_objects(self, scene: mujoco.MjSpec, robot: RobotSpec) -> None: ...

    def sample(self, robot: RobotSpec, rng: np.random.Generator) -> Episode: ...

    def place_objects(self, arm: TaskSpaceArm, centres: FloatArray) -> None:
        """Put the objects at rest at `centres` (n, 3), m."""
        ...

    def score(self, arm: TaskSpaceArm, episode: Episode) -> Score: ...

    def privileged_state(self, arm: TaskSpaceArm, episode: Episode) -> dict[str, float]: ...

    def explore(self, arm: TaskSpaceArm, rng: np.random.Generator) -> ExplorationPolicy: ...

    def oracle(self, arm: TaskSpaceArm, episode: Episode) -> ExplorationPolicy: ...


def uniform(box: Box, rng: np.random.Generator) -> FloatArray:
    """A point (3,) uniform in `box`, m."""
    return rng.uniform(box.low, box.high)


def distance_score(error_m: float, tolerance_m: float) -> Score:
    """A Score in metres that also tells success at the two tolerances that reports use."""
    return Score(
        error=error_m,
        unit="m",
        success=error_m < tolerance_m,
        tolerance=tolerance_m,
        details={"success_2cm": float(error_m < 0.02), "success_4cm": float(error_m < 0.04)},
    )
