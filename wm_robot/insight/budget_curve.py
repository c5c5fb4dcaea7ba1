"""The same decision with less and with more computation: what is each bit of time worth?"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.seeding import derive_seed
from wm_robot.core.types import Goal
from wm_robot.insight.named_terms import named_terms, objective_at
from wm_robot.insight.warm_start import fitting
from wm_robot.kernels.backend import Backend
from wm_robot.planners.planner import PlannerConfig
from wm_robot.planners.world_model import WorldModel
from wm_robot.runtime.decision import Decision

FACTORS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Candidates in all, as a multiple of what the decision had."""

SEEDS = 5
MIN_SAMPLES = 4


@dataclass(frozen=True, kw_only=True)
class Budget:
    """One size of the search, tried with every seed.

    Args:
        factor: candidates in all over those of the decision, as near as whole numbers come.
        samples: candidates a round.
        iterations: rounds.
        costs: of the plans found (S,), one a seed.
        search_s: time of each search (S,), seconds, here and on one thread.
    """

    factor: float
    samples: int
    iterations: int
    costs: FloatArray
    search_s: FloatArray

    @property
    def cost(self) -> float:
        """Median over the seeds."""
        return float(np.median(self.costs))

    @property
    def cost_error(self) -> float:
        """Standard error of a median of the seeds: 1.25 σ / √S."""
        return float(1.25 * self.costs.std(ddof=1) / np.sqrt(len(self.costs))) if len(self.costs) > 1 else 0.0

    @property
    def time_s(self) -> float:
        """Median over the seeds, seconds."""
        return float(np.median(self.search_s))


@dataclass(frozen=True, kw_only=True)
class BudgetCurve:
    """Cost against computation for one decision.

    Args:
        budgets: by rising factor.
        present: index of the budget that the decision had.
        still_cost: of holding still: what a plan is to be better than.
    """

    budgets: tuple[Budget, ...]
    present: int
    still_cost: float


def budget_curve(
    decision: Decision,
    model: WorldModel,
    backend: Backend,
    goal: Goal,
    *,
    goal_latent: FloatArray | None = None,
    factors: tuple[float, ...] = FACTORS,
    seeds: int = SEEDS,
    clock: Clock | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> BudgetCurve | None:
    """Search for `decision` again with other numbers of candidates and rounds, in full, without a deadline.

    A factor is shared between candidates a round and rounds by its square root. The decision's warm start
    is given to all. What the decision had are the rounds that its deadline left it.

    Args:
        decision: the state, the settings and the warm start.
        model, backend, goal: of the decision.
        goal_latent: of the goal's images (P * D,), where it is known already.
        factors: rising, with 1.
        seeds: S, searches of each size.
        clock: measures them.
        cancelled: asked before each size; True gives it all up, and the outcome is None.
    """
    clock = clock or SteadyClock()
    terms = named_terms(model, decision.planning, goal, goal_latent=goal_latent)
    objective = objective_at(decision, backend, terms)
    search = replace(decision.planning.search, iterations=decision.plan.iterations)
    space = model.action_space
    still = np.tile(space.normalize(space.hold), (1, search.horizon, 1))
    budgets: list[Budget] = []
    for factor in factors:
        if cancelled():
            return None
        size = scaled(search, factor)
        planner = replace(decision.planning, search=size, budget_s=None).make_planner(space.nu)
        warm_start = fitting(decision.warm_start, planner)
        costs, times = np.empty(seeds), np.empty(seeds)
        for i in range(seeds):
            began_ns = clock.now_ns()
            plan = planner.plan(objective, derive_seed(decision.seed, "budget", i), warm_start=warm_start)
            times[i] = (clock.now_ns() - began_ns) * 1e-9
            costs[i] = objective(plan.actions[None])[0]
        budgets.append(
            Budget(
                factor=size.samples * size.iterations / (search.samples * search.iterations),
                samples=size.samples,
                iterations=size.iterations,
                costs=costs,
                search_s=times,
            )
        )
    return BudgetCurve(
        budgets=tuple(budgets),
        present=factors.index(1.0),
        still_cost=float(objective(still)[0]),
    )


def scaled(search: PlannerConfig, factor: float) -> PlannerConfig:
    """`search` with `factor` times as many candidates in all, as near as whole numbers come."""
    iterations = max(1, round(search.iterations * factor**0.5))
    samples = max(MIN_SAMPLES, round(search.samples * search.iterations * factor / iterations))
    return replace(search, samples=samples, iterations=iterations)
