"""What the report is made of: recorded episodes and the success of each way of acting."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import ShapeError
from wm_robot.core.types import Image


@dataclass(frozen=True, kw_only=True)
class DemoEpisode:
    """One episode of T control periods towards a goal image, with one imagined future.

    Args:
        seed: the episode's start and goal.
        success: the task's own verdict at the end.
        images: (T + 1, height, width, 3) uint8 by camera name, from the start to the end.
        goal_images: (height, width, 3) uint8 by camera name.
        imagined: (n, height, width, 3) uint8 by camera name: the decoded prediction of the n frames
            that followed `imagined_from`, made at that step for the actions then carried out.
        imagined_from: index into `images` of the frame that the prediction started from.
        latent_distance: (T + 1,), the planner's cost of being where the arm was, for its goal alone.
        error: (T + 1,), privileged distance to the goal, in the task's unit.
        plan_ms: time of each plan (n_plans,), milliseconds.
        actions: (T, nu), as executed.

    Raises:
        ShapeError: arrays that disagree about T, or more imagined frames than were seen.
        NotFiniteError: NaN or infinity in a distance, a time or an action.
    """

    seed: int
    success: bool
    images: Mapping[str, NDArray[np.uint8]]
    goal_images: Mapping[str, Image]
    imagined: Mapping[str, NDArray[np.uint8]]
    imagined_from: int
    latent_distance: FloatArray
    error: FloatArray
    plan_ms: FloatArray
    actions: FloatArray

    def __post_init__(self) -> None:
        steps = len(self.actions)
        finite_array("actions", self.actions, ("T", "nu"))
        finite_array("latent_distance", self.latent_distance, (steps + 1,))
        finite_array("error", self.error, (steps + 1,))
        finite_array("plan_ms", self.plan_ms, ("n_plans",))
        for camera, frames in self.images.items():
            if len(frames) != steps + 1:
                raise ShapeError(f"images of {camera}", frames.shape, (steps + 1, "height", "width", 3))
        for camera, frames in self.imagined.items():
            left = steps - self.imagined_from
            if len(frames) > left:
                raise ShapeError(f"imagined frames of {camera}", frames.shape, (left, "height", "width", 3))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How often one way of acting succeeded on the report's goals.

    Args:
        name: the planner or baseline.
        episodes: number of goals.
        success_rate: fraction of them reached.
        success_ci: its 95 % interval, (low, high).
        median_final_error: in the task's unit.
    """

    name: str
    episodes: int
    success_rate: float
    success_ci: tuple[float, float]
    median_final_error: float

    @property
    def successes(self) -> int:
        return round(self.success_rate * self.episodes)


@dataclass(frozen=True, kw_only=True)
class TaskReport:
    """A task's section of the page.

    Args:
        task: name of the task.
        unit: of every error, such as "m".
        tolerance: largest error that counts as success, None where success is no such limit.
        rate_hz: control rate; a plan has to be ready within 1 / rate_hz seconds.
        outcomes: the world model first, then the baselines.
        episodes: at least one recorded episode of the world model.
    """

    task: str
    unit: str
    tolerance: float | None
    rate_hz: float
    outcomes: tuple[Outcome, ...]
    episodes: tuple[DemoEpisode, ...]

    def median_episode(self) -> DemoEpisode:
        """The episode whose final error is in the middle: neither the best nor the worst."""
        return sorted(self.episodes, key=lambda e: e.error[-1])[(len(self.episodes) - 1) // 2]

    def worst_episode(self) -> DemoEpisode:
        """The episode with the largest final error."""
        return max(self.episodes, key=lambda e: e.error[-1])
