"""A planner that people change while it acts: whatever its settings bring about, the arm holds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wm_robot.core.clock import Clock
from wm_robot.core.errors import WmrError
from wm_robot.core.types import ActionChunk, Goal, Observation
from wm_robot.runtime.agent import LatentMPC
from wm_robot.runtime.decision import Decision


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the guard says of the last decision.

    Args:
        decision: None where the arm holds.
        plan_s: since its observation.
        problem: why the planner failed; "" where it did not.
    """

    decision: Decision | None = None
    plan_s: float = 0.0
    problem: str = ""


class GuardedActor:
    """The planner while the arm may move, and a hold while it must not or the planner fails.

    Args:
        agent: the planner.
        clock: measures decisions.
        latched: looked at before each decision: whether the arm must not move.
    """

    def __init__(self, agent: LatentMPC, clock: Clock, latched: Callable[[], bool] = lambda: False) -> None:
        self._agent, self._clock, self._latched = agent, clock, latched
        self._stamp_ns = self._began_ns = 0
        self.told = Told()

    def reset(self, goal: Goal, seed: int = 0) -> None:
        self._agent.reset(goal, seed)

    def observe(self, observation: Observation, executed: ArrayLike | None = None) -> None:
        self._began_ns = self._clock.now_ns()
        self._stamp_ns = observation.stamp_ns
        self._agent.observe(observation, executed)

    def plan(self, under_way: ArrayLike | None = None) -> ActionChunk:
        chunk, decision, problem = None, None, ""
        if not self._latched():
            try:
                chunk = self._agent.plan(under_way)
                decision = self._agent.last_decision
            except WmrError as error:  # such as settings by which no candidate has a finite cost
                problem = str(error)
            except Exception as error:  # such as more candidates than there is memory for
                problem = f"{type(error).__name__}: {error}"
        plan_s = (self._clock.now_ns() - self._began_ns) * 1e-9
        self.told = Told(decision=decision, plan_s=plan_s, problem=problem)
        return chunk or self._hold(0 if under_way is None else len(np.asarray(under_way)))

    def _hold(self, after: int) -> ActionChunk:
        """Once the actions under way have ended; an arm cannot stand at once."""
        space = self._agent.model.action_space
        return ActionChunk(
            observation_stamp_ns=self._stamp_ns,
            start_ns=self._stamp_ns + round(after * space.dt_s * 1e9),
            dt_s=space.dt_s,
            actions=space.hold[None],
        )
