"""The smallest environment with a picture, in a module of its own so that spawned workers can import it."""

import os

import numpy as np

from wm_robot.core.errors import UnknownNameError
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.core.types import Observation, StepResult
from wm_robot.runtime.collect_config import CollectConfig


class DriftingDot:
    """A white dot that moves right by its action, which is limited to half a pixel."""

    name, robot_name, max_steps = "dot", "none", 10
    action_space = ActionSpace(
        kind="native", names=("dx",), units=("pixel",), low=(-1.0,), high=(1.0,), rate_hz=10.0
    )
    observation_space = ObservationSpace(cameras=("top",), image_size=(16, 16), proprio_names=("x",))

    def reset(self, seed):
        self._x = float(np.random.default_rng(seed).uniform(0, 16))
        return self._observation()

    def step(self, action):
        executed = np.clip(action, -0.5, 0.5)
        self._x = (self._x + float(executed[0])) % 16
        return StepResult(observation=self._observation(), executed=executed)

    def privileged_state(self):
        return {"dot_x": self._x, "dot_y": 8.0}

    def explore(self, rng):
        return lambda: rng.uniform(-1, 1, size=1)

    def _observation(self):
        image = np.zeros((16, 16, 3), np.uint8)
        image[8, int(self._x)] = 255
        return Observation(stamp_ns=0, images={"top": image}, proprio=np.array([self._x]))


class SeekingDot(DriftingDot):
    """Its goal is the left border."""

    def privileged_state(self):
        return super().privileged_state() | {"goal_x": 0.0, "dot_velocity": 0.5, "reward": -self._x}

    def reset_at_goal(self, seed):
        self.reset(seed)
        self._x = 0.0
        return self._observation()


class DyingDot(DriftingDot):
    def explore(self, rng):
        os._exit(9)


def dot(config: CollectConfig) -> DriftingDot:
    """Also leaves the worker's process id beside the dataset."""
    (config.output.parent / f"worker-{os.getpid()}").touch()
    return DriftingDot()


def seeking_dot(config: CollectConfig) -> SeekingDot:
    return SeekingDot()


def dying_dot(config: CollectConfig) -> DriftingDot:
    return DyingDot()


def no_dot(config: CollectConfig) -> DriftingDot:
    raise UnknownNameError("task", config.task, ["dot"])
