"""What a plan's costs say about its search."""

from dataclasses import dataclass

import numpy as np

from wm_robot.planners.planner import Plan


@dataclass(frozen=True, kw_only=True)
class CostStatistics:
    """Of the candidates of a search's last round.

    Args:
        samples: how many.
        best: cost of the plan that was chosen.
        elite_mean: of the candidates that the next round would be fitted to; of all where there are none.
        mean, std, worst: of those with a finite cost.
        effective_sample_size: 1 / Σ w², w = softmax(−J / λσ), σ of the costs; 1 when one candidate decides.
    """

    samples: int
    best: float
    elite_mean: float
    mean: float
    std: float
    worst: float
    effective_sample_size: float


def cost_statistics(plan: Plan, temperature: float | None = None) -> CostStatistics:
    """Figures of a plan.

    Args:
        plan: of any planner.
        temperature: λ, in standard deviations of the costs, as MPPI's; 1 where the planner has none.
    """
    costs = np.sort(plan.costs[np.isfinite(plan.costs)])
    elites = costs[: len(plan.belief.elites)]
    std = float(costs.std())
    weights = np.exp(-(costs - costs[0]) / ((temperature or 1.0) * std or 1.0))
    weights /= weights.sum()
    return CostStatistics(
        samples=len(plan.costs),
        best=plan.cost,
        elite_mean=float(elites.mean() if len(elites) else costs.mean()),
        mean=float(costs.mean()),
        std=std,
        worst=float(costs[-1]),
        effective_sample_size=1.0 / float(np.sum(weights**2)),
    )
