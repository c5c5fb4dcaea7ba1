"""Distance to the goal's latent."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from wm_robot.core.bounds import check_fields
from wm_robot.kernels.terms import Readout, Term
from wm_robot.planners.costs.cost import GoalContext, Weight, step_weights

Metric = Literal["slow_features", "flat"]


@dataclass(frozen=True, kw_only=True)
class LatentGoal:
    """Squared distance between visual latents, at the end of the horizon and on the way.

    J = Σ_t w_t |A (z_t − g)|²

    Args:
        metric: "slow_features" takes the model's A, under which directions that change slowly, such
            as where an object lies, weigh more than fast ones; "flat" takes A = 1.
        terminal: weight w at the last step.
        running: weight w at each earlier step.
    """

    metric: Metric = "slow_features"
    terminal: Weight = 1.0
    running: Weight = 0.0

    def __post_init__(self) -> None:
        check_fields(self, "cost latent_goal")

    def terms(self, context: GoalContext) -> tuple[Term, ...]:
        goal = context.goal_latent
        if goal is None:
            return ()
        weights = step_weights(context.horizon, terminal=self.terminal, running=self.running)
        if self.metric == "flat":
            return (Readout(step_weights=weights, target=goal, scale=np.ones_like(goal)),)
        A = context.model.slow_feature_map()  # (n, P * D)
        matrix = np.pad(A, ((0, 0), (0, context.n_latent - A.shape[1])))  # (n, L)
        return (Readout(step_weights=weights, target=A @ goal, scale=np.ones(len(A)), matrix=matrix),)
