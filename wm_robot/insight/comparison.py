"""Two plans for the same instant, judged by the costs of the one that was carried out."""

from dataclasses import dataclass

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import Goal
from wm_robot.insight.named_terms import named_terms, objective_at
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
        other: normalised actions of the other plan (H', nu).
        live_cost, other_cost: of both under the costs of the decision; the longer plan counts as far as the
            other one goes on, the shorter one holds still from its end on.
        live_s: time of the decision's search, where it was made, seconds.
        other_s: time of the other search, here, seconds.
        warm: whether the other search had a warm start.
    """

    plan_id: int
    live: FloatArray
    other: FloatArray
    live_cost: float
    other_cost: float
    live_s: float
    other_s: float
    warm: bool

    @property
    def difference(self) -> float:
        """Root mean square difference of the first actions, normalised: 0 the same, 2 opposite ends."""
        return float(np.sqrt(np.mean((self.live[0] - self.other[0]) ** 2)))


@dataclass(frozen=True, kw_only=True)
class Instant:
    """A decision with what is needed to make others in its place.

    Args:
        decision: that was made.
        goal: that it was made for.
        model: of the decision.
        backend: of that model.
        goal_latent: of the goal's images (P * D,), where it is known already.
    """

    decision: Decision
    goal: Goal
    model: WorldModel
    backend: Backend
    goal_latent: FloatArray | None = None

    def objective(self, planning: PlanningConfig, horizon: int) -> LatentObjective:
        """What plans of `horizon` steps cost here under the costs of `planning`.

        Raises:
            MismatchError: none of the costs reads the goal.
        """
        terms = named_terms(self.model, planning, self.goal, goal_latent=self.goal_latent, horizon=horizon)
        return objective_at(self.decision, self.backend, terms)

    def compare(self, plan: Plan, took_s: float, *, warm: bool) -> Comparison:
        """The decision and another plan side by side; `took_s` is the time of the other's search."""
        decision, space = self.decision, self.model.action_space
        live = decision.plan.actions
        still = np.tile(space.normalize(space.hold), (max(len(live) - len(plan.actions), 0), 1))
        as_long = np.concatenate([plan.actions[: len(live)], still])
        costs = self.objective(decision.planning, len(live))(np.stack([live, as_long]))
        return Comparison(
            plan_id=decision.plan_id,
            live=live,
            other=plan.actions,
            live_cost=float(costs[0]),
            other_cost=float(costs[1]),
            live_s=sum(decision.plan.phase_s.values()),
            other_s=took_s,
            warm=warm,
        )
