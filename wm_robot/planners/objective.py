"""The objective of one search: roll out candidates in the latent space and price where they lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import MismatchError
from wm_robot.core.protocols import Cost
from wm_robot.core.types import Goal
from wm_robot.kernels.backend import Backend
from wm_robot.kernels.search import SearchBelief, SearchingBackend, SearchOutcome, SearchSettings
from wm_robot.kernels.terms import Readout, TemporalDistance, Term
from wm_robot.planners.costs.cost import GoalContext, GoalCost
from wm_robot.planners.world_model import WorldModel


@dataclass(frozen=True, kw_only=True)
class LatentObjective:
    """J(a) = Σ_terms Σ_t w_t c(z_{t+1}, a_t) over the latents that the predictor imagines.

    Args:
        backend: rolls the predictor out.
        latents: history (T, L), oldest first.
        past_actions: normalised, between those latents (T − 1, nu).
        terms: priced inside the backend.
        costs: plain Python costs of (latents, actions); each needs the latents themselves, which
            is slower than a term.
    """

    backend: Backend
    latents: FloatArray
    past_actions: FloatArray
    terms: Sequence[Term]
    costs: Sequence[Cost] = ()

    def __call__(self, actions: FloatArray) -> FloatArray:
        """Costs (K,) of normalised actions (K, H, nu)."""
        total = np.zeros(len(actions))
        if self.terms:
            total += self.backend.costs(self.latents, self.past_actions, actions, self.terms)
        if self.costs:
            imagined = self.backend.rollout(self.latents, self.past_actions, actions)  # (K, H, L)
            for cost in self.costs:
                total += cost(imagined, actions)
        return total

    def search(
        self, settings: SearchSettings, *, belief: SearchBelief, seed: int, deadline_ns: int | None
    ) -> SearchOutcome | None:
        """See SearchingBackend.search; None where the backend cannot, or Python costs have a say."""
        if self.costs or not hasattr(self.backend, "search"):
            return None
        return cast(SearchingBackend, self.backend).search(
            settings,
            self.latents,
            self.past_actions,
            self.terms,
            belief=belief,
            seed=seed,
            deadline_ns=deadline_ns,
        )


def goal_terms(model: WorldModel, costs: Sequence[GoalCost], goal: Goal, horizon: int) -> tuple[Term, ...]:
    """The kernel terms of `costs` for `goal`, ready to be used for a whole episode.

    Raises:
        MismatchError: there are costs, but none reads a goal of this kind.
    """
    goal_latent = None if goal.images is None and goal.latent is None else model.encode_goal(goal)
    context = GoalContext(model=model, goal=goal, goal_latent=goal_latent, horizon=horizon)
    terms = tuple(term for cost in costs for term in cost.terms(context))
    if costs and not any(isinstance(term, Readout | TemporalDistance) for term in terms):
        given = ", ".join(kind for kind in ("images", "pose", "latent") if getattr(goal, kind) is not None)
        raise MismatchError(
            f"no cost among {[type(cost).__name__ for cost in costs]} reads the goal, which gives "
            f"{given or 'nothing'}; valid: LatentGoal or TemporalDistance for images or a latent, "
            "Pose for a pose"
        )
    return terms
