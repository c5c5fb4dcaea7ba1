"""Bring the end effector to where the goal image shows it."""

from collections.abc import Callable

import mujoco
import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import Score
from wm_robot.robots import Box, RobotSpec
from wm_sim.arm import TaskSpaceArm
from wm_sim.tasks.task import AXES, MAX_DISPLACEMENT_M, Episode, distance_score, uniform

TOLERANCE_M = 0.02
NO_OBJECTS = np.zeros((0, 3))


class Reach:
    """Goals uniform in the workspace, starts at least 25 cm away where the workspace is that large."""

    name = "reach"
    axes = (0, 1, 2)
    max_steps = 20

    def workspace(self, robot: RobotSpec) -> Box:
        return robot.workspace

    def add_objects(self, scene: mujoco.MjSpec, robot: RobotSpec) -> None:
        """None: the arm is alone at its table."""

    def sample(self, robot: RobotSpec, rng: np.random.Generator) -> Episode:
        box = self.workspace(robot)
        diagonal = float(np.linalg.norm(np.subtract(box.high, box.low)))
        distance = min(0.25, 0.4 * diagonal)
        goal = uniform(box, rng)
        # From every point of a box some corner is at least half a diagonal away, so this ends.
        while np.linalg.norm((tip := uniform(box, rng)) - goal) < distance:
            pass
        return Episode(tip=tip, goal_tip=goal, objects=NO_OBJECTS, goal_objects=NO_OBJECTS)

    def place_objects(self, arm: TaskSpaceArm, centres: FloatArray) -> None:
        """Nothing to place."""

    def score(self, arm: TaskSpaceArm, episode: Episode) -> Score:
        return distance_score(float(np.linalg.norm(arm.tip - episode.goal_tip)), TOLERANCE_M)

    def privileged_state(self, arm: TaskSpaceArm, episode: Episode) -> dict[str, float]:
        tip = {f"ee_{axis}": float(v) for axis, v in zip(AXES, arm.tip, strict=True)}
        goal = {f"goal_ee_{axis}": float(v) for axis, v in zip(AXES, episode.goal_tip, strict=True)}
        return tip | goal

    def explore(self, arm: TaskSpaceArm, rng: np.random.Generator) -> Callable[[], FloatArray]:
        return RandomWalk(arm, self.workspace(arm.robot.spec), self.axes, rng)

    def oracle(self, arm: TaskSpaceArm, episode: Episode) -> Callable[[], FloatArray]:
        def step() -> FloatArray:
            return np.clip(episode.goal_tip - arm.commanded, -MAX_DISPLACEMENT_M, MAX_DISPLACEMENT_M)

        return step


class RandomWalk:
    """A smooth random walk that covers the workspace.

    The velocity forgets its past over about five steps and is pulled towards a way point that is
    drawn anew now and then, so that the walk neither shivers in place nor sticks to the walls.
    """

    memory = 0.7
    pull = 0.25
    noise_m = 0.018
    new_way_point_probability = 0.1

    def __init__(self, arm: TaskSpaceArm, box: Box, axes: tuple[int, ...], rng: np.random.Generator) -> None:
        self._arm, self._box, self._axes, self._rng = arm, box, list(axes), rng
        self._velocity = np.zeros(len(axes))
        self._way_point = uniform(box, rng)

    def __call__(self) -> FloatArray:
        """The next displacement (nu,), m."""
        if self._rng.random() < self.new_way_point_probability:
            self._way_point = uniform(self._box, self._rng)
        towards = (self._way_point - self._arm.commanded)[self._axes]
        noise = self._rng.normal(0.0, self.noise_m, len(self._axes))
        wanted = np.minimum(np.maximum(self.pull * towards, -MAX_DISPLACEMENT_M), MAX_DISPLACEMENT_M)
        self._velocity = self.memory * self._velocity + (1 - self.memory) * wanted + noise
        return np.minimum(np.maximum(self._velocity, -MAX_DISPLACEMENT_M), MAX_DISPLACEMENT_M)
