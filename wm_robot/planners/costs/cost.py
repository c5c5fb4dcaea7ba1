"""What every cost is: settings that become kernel terms once the goal is known."""

from dataclasses import dataclass
from typing import Annotated, Protocol

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.bounds import Bounds
from wm_robot.core.errors import WmrError
from wm_robot.core.types import Goal
from wm_robot.kernels.terms import Term
from wm_robot.planners.world_model import WorldModel

Weight = Annotated[float, Bounds(0.0, 1000.0)]
"""Factor of a part of the objective; a cost whose weights are all 0 is none."""

WEIGHTS = ("terminal", "running", "weight")
"""What the weights of a cost are called."""


@dataclass(frozen=True, kw_only=True)
class GoalContext:
    """What a cost may look at while it builds its terms.

    Args:
        model: the world model whose latents are priced.
        goal: the goal as given.
        goal_latent: its visual latent (P * D,); None for a pose.
        horizon: H, steps that a term has weights for.
    """

    model: WorldModel
    goal: Goal
    goal_latent: FloatArray | None
    horizon: int

    @property
    def n_latent(self) -> int:
        """Width L of a frame's latent."""
        return self.model.config.n_latent


class GoalCost(Protocol):
    """One part of the objective; its settings are the fields of a frozen dataclass."""

    def terms(self, context: GoalContext) -> tuple[Term, ...]:
        """The kernel terms for this goal; none when the goal is of a kind that the cost does not read."""
        ...


def step_weights(horizon: int, *, terminal: float, running: float) -> FloatArray:
    """Weights (H,): `terminal` at the last step, `running` at each step before it.

    Raises:
        WmrError: a negative weight, or none that is positive.
    """
    if min(terminal, running) < 0 or max(terminal, running) <= 0:
        raise WmrError(
            f"cost weights are terminal={terminal}, running={running}; "
            "neither may be negative and one must be positive"
        )
    weights = np.full(horizon, float(running))
    weights[-1] = terminal
    return weights
