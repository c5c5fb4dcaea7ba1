"""A price on actions near their bounds."""

from dataclasses import dataclass
from typing import Annotated

from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.kernels import terms
from wm_robot.planners.costs.cost import GoalContext, Weight, step_weights


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Squared excess of each normalised action entry over a softer limit than the bound itself.

    J = w Σ_t Σ_i max(0, |a_ti| − limit)²; candidates never exceed 1, the bound.

    Args:
        weight: weight w, at each step.
        limit: free magnitude.
    """

    weight: Weight = 0.1
    limit: Annotated[float, Bounds(0.0, 1.0, "half ranges")] = 0.8

    def __post_init__(self) -> None:
        check_fields(self, "cost limits")

    def terms(self, context: GoalContext) -> tuple[terms.Term, ...]:
        weights = step_weights(context.horizon, terminal=self.weight, running=self.weight)
        return (terms.ActionLimits(step_weights=weights, limit=self.limit),)
