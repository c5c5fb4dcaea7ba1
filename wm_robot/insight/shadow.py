"""A second planner on the same decisions, which commands nothing."""

from dataclasses import dataclass

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.types import Goal
from wm_robot.insight.named_terms import all_terms, named_terms
from wm_robot.kernels.backend import Backend
from wm_robot.planners.objective import LatentObjective
from wm_robot.planners.planner import Plan
from wm_robot.planners.planning import PlanningConfig
from wm_robot.planners.world_model import WorldModel
from wm_robot.runtime.decision import Decision


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What another planner would have done.

    Args:
        plan_id: of the decision.
        live: normalised actions of the decision (H, nu).
        shadow: normalised actions of the other plan (H', nu).
        live_cost, shadow_cost: of both under the costs of the decision; the longer plan counts as far as the
            other one goes on, the shorter one holds still from its end on.
        live_s: time of the decision's search, where it was made, seconds.
        shadow_s: time of the other search, here, seconds.
        missed: whether the other search came after its own deadline.
    """

    plan_id: int
    live: FloatArray
    shadow: FloatArray
    live_cost: float
    shadow_cost: float
    live_s: float
    shadow_s: float
    missed: bool

    @property
    def difference(self) -> float:
        """Root mean square difference of the first actions, normalised: 0 the same, 2 opposite ends."""
        return float(np.sqrt(np.mean((self.live[0] - self.shadow[0]) ** 2)))


class Shadow:
    """Plans from what a controller saw, with other settings, and warm-starts itself.

    Args:
        model: of the decisions.
        backend: of that model.
        planning: the other settings.
        clock: measures the search and its deadline.

    Not thread-safe.
    """

    def __init__(
        self,
        model: WorldModel,
        backend: Backend,
        planning: PlanningConfig,
        *,
        clock: Clock | None = None,
    ) -> None:
        self.planning = planning
        self._model, self._backend, self._clock = model, backend, clock or SteadyClock()
        self._planner = planning.make_planner(model.action_space.nu, self._clock)
        self._last: tuple[Decision, Plan] | None = None

    def plan(self, decision: Decision, goal: Goal, *, goal_latent: FloatArray | None = None) -> Comparison:
        """Plan from where `decision` was made, towards `goal`.

        After a gap, or in a new episode, it starts cold, as the controller does.

        Raises:
            MismatchError: no cost of either settings reads the goal.
        """
        own = self._objective(decision, self.planning, goal, goal_latent, self.planning.search.horizon)
        warm = None
        if decision.warm_start is not None and self._last is not None:
            before, plan = self._last
            steps = round((decision.start_ns - before.start_ns) * 1e-9 / self._model.action_space.dt_s)
            if steps >= 0:
                warm = self._planner.shift(plan.belief, steps)
        began_ns = self._clock.now_ns()
        budget_s = self.planning.budget_s
        plan = self._planner.plan(
            own,
            decision.seed,
            warm_start=warm,
            deadline_ns=None if budget_s is None else began_ns + round((budget_s - decision.encode_s) * 1e9),
        )
        took_s = (self._clock.now_ns() - began_ns) * 1e-9
        self._last = decision, plan
        live = decision.plan.actions
        judge = self._objective(decision, decision.planning, goal, goal_latent, len(live))
        costs = judge(np.stack([live, self._as_long(plan.actions, len(live))]))
        return Comparison(
            plan_id=decision.plan_id,
            live=live,
            shadow=plan.actions,
            live_cost=float(costs[0]),
            shadow_cost=float(costs[1]),
            live_s=sum(decision.plan.phase_s.values()),
            shadow_s=took_s,
            missed=plan.deadline_missed,
        )

    def _as_long(self, actions: FloatArray, horizon: int) -> FloatArray:
        space = self._model.action_space
        still = np.tile(space.normalize(space.hold), (max(horizon - len(actions), 0), 1))
        return np.concatenate([actions[:horizon], still])

    def _objective(
        self,
        decision: Decision,
        planning: PlanningConfig,
        goal: Goal,
        goal_latent: FloatArray | None,
        horizon: int,
    ) -> LatentObjective:
        terms = named_terms(self._model, planning, goal, goal_latent=goal_latent, horizon=horizon)
        return LatentObjective(
            backend=self._backend,
            latents=decision.history.latents,
            past_actions=decision.history.actions,
            terms=all_terms(terms),
        )
