"""Distance to the goal in time."""

from dataclasses import dataclass

from wm_robot.core.bounds import check_fields
from wm_robot.kernels import terms
from wm_robot.planners.costs.cost import GoalContext, Weight, step_weights


@dataclass(frozen=True, kw_only=True)
class TemporalDistance:
    """How many control steps the model believes the goal to be away.

    J = Σ_t w_t d(z_t, g)

    Unlike a distance between latents it does not saturate far from the goal, and it knows that an
    arm has to go around an object before it can push it.

    Args:
        terminal: weight w at the last step.
        running: weight w at each earlier step.
    """

    terminal: Weight = 1.0
    running: Weight = 0.0

    def __post_init__(self) -> None:
        check_fields(self, "cost temporal_distance")

    def terms(self, context: GoalContext) -> tuple[terms.Term, ...]:
        if context.goal_latent is None:
            return ()
        weights = step_weights(context.horizon, terminal=self.terminal, running=self.running)
        head = terms.DistanceHead(parameters=context.model.distance_arrays())
        return (terms.TemporalDistance(step_weights=weights, head=head, goal=context.goal_latent),)
