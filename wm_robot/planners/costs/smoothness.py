"""A price on changing the action."""

from dataclasses import dataclass

from wm_robot.core.bounds import check_fields
from wm_robot.kernels import terms
from wm_robot.planners.costs.cost import GoalContext, Weight, step_weights


@dataclass(frozen=True, kw_only=True)
class Smoothness:
    """Squared change of the normalised action from each step to the next.

    J = w Σ_t |a_t − a_{t−1}|², a_{−1} the action that is under way

    Args:
        weight: weight w, at each step.
    """

    weight: Weight = 0.01

    def __post_init__(self) -> None:
        check_fields(self, "cost smoothness")

    def terms(self, context: GoalContext) -> tuple[terms.Term, ...]:
        weights = step_weights(context.horizon, terminal=self.weight, running=self.weight)
        return (terms.Smoothness(step_weights=weights),)
