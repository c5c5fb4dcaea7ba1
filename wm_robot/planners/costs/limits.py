"""A price on actions near their bounds."""

from dataclasses import dataclass

from wm_robot.kernels import terms
from wm_robot.planners.costs.cost import GoalContext, step_weights


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Squared excess of each normalised action entry over a softer limit than the bound itself.

    J = w Σ_t Σ_i max(0, |a_ti| − limit)²; candidates never exceed 1, the bound.

    Args:
        weight: w.
        limit: free magnitude, in half ranges.
    """

    weight: float = 0.1
    limit: float = 0.8

    def terms(self, context: GoalContext) -> tuple[terms.Term, ...]:
        weights = step_weights(context.horizon, terminal=self.weight, running=self.weight)
        return (terms.ActionLimits(step_weights=weights, limit=self.limit),)
