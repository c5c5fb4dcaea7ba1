"""Distance to the posture that the goal image shows."""

from dataclasses import dataclass

import numpy as np

from wm_robot.core.bounds import check_fields
from wm_robot.kernels.terms import Readout, Term
from wm_robot.planners.costs.cost import GoalContext, Weight, step_weights


@dataclass(frozen=True, kw_only=True)
class Posture:
    """Squared distance of the proprioception from the one that the goal's picture shows.

    J = Σ_t w_t |p(z_t) − P g|²

    p(z) is the normalised proprioception that the latent carries, and P reads it off a picture: it was
    fitted to what the joints said when the training images were taken, never to ground truth. It sees the
    robot alone: a goal in which objects count needs another cost beside it.

    Args:
        terminal: weight w at the last step.
        running: weight w at each earlier step.
    """

    terminal: Weight = 1.0
    running: Weight = 0.0

    def __post_init__(self) -> None:
        check_fields(self, "cost posture")

    def terms(self, context: GoalContext) -> tuple[Term, ...]:
        if context.goal_latent is None:
            return ()
        target = context.model.read_proprio(context.goal_latent)  # (n_proprio,)
        n_visual = context.model.config.model.n_visual
        return (
            Readout(
                step_weights=step_weights(context.horizon, terminal=self.terminal, running=self.running),
                target=target,
                scale=np.ones(len(target)),
                matrix=np.eye(len(target), context.n_latent, k=n_visual),  # (n_proprio, L)
            ),
        )
