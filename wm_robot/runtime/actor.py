"""Whatever decides in a closed loop: the world model's planner or a scripted baseline."""

from typing import Protocol

from numpy.typing import ArrayLike

from wm_robot.core.protocols import ExplorationPolicy
from wm_robot.core.spaces import ActionSpace
from wm_robot.core.types import ActionChunk, Goal, Observation


class Actor(Protocol):
    """The decision maker of a loop; LatentMPC is one."""

    def reset(self, goal: Goal, seed: int = 0) -> None: ...

    def observe(self, observation: Observation, executed: ArrayLike | None = None) -> None: ...

    def plan(self, under_way: ArrayLike | None = None) -> ActionChunk: ...


class ScriptedActor:
    """A policy that needs no observation, one action a decision."""

    def __init__(self, policy: ExplorationPolicy, space: ActionSpace) -> None:
        self._policy = policy
        self._space = space
        self._stamp_ns = 0

    def reset(self, goal: Goal, seed: int = 0) -> None:
        """Nothing to prepare: the policy was made for its episode."""

    def observe(self, observation: Observation, executed: ArrayLike | None = None) -> None:
        self._stamp_ns = observation.stamp_ns

    def plan(self, under_way: ArrayLike | None = None) -> ActionChunk:
        return ActionChunk(
            observation_stamp_ns=self._stamp_ns,
            start_ns=self._stamp_ns,
            dt_s=self._space.dt_s,
            actions=self._space.clip(self._policy())[None],
        )
