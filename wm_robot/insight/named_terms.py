"""The kernel terms of planning settings under the names of the costs that they come from."""

from collections.abc import Mapping, Sequence

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import Goal
from wm_robot.kernels.backend import Backend
from wm_robot.kernels.terms import Term
from wm_robot.planners.costs.cost import GoalContext
from wm_robot.planners.objective import LatentObjective, goal_terms
from wm_robot.planners.planning import PlanningConfig
from wm_robot.planners.world_model import WorldModel
from wm_robot.runtime.decision import Decision


def named_terms(
    model: WorldModel,
    planning: PlanningConfig,
    goal: Goal,
    *,
    goal_latent: FloatArray | None = None,
    horizon: int | None = None,
) -> dict[str, tuple[Term, ...]]:
    """The terms of each cost by its name, in the order of the settings; costs without a term are left out.

    Args:
        model: whose latents are priced.
        planning: names the costs.
        goal: what they are for.
        goal_latent: of the goal's images (P * D,), where it is known already.
        horizon: steps that are priced; those of `planning` when None.

    Raises:
        MismatchError: no cost reads this kind of goal.
    """
    horizon = planning.search.horizon if horizon is None else horizon
    costs = planning.make_costs()
    if goal_latent is not None:
        goal = Goal(latent=goal_latent)
    elif goal.pose is None:
        goal = Goal(latent=model.encode_goal(goal))
    goal_terms(model, costs, goal, horizon)  # says what is wrong with a goal that nothing reads
    context = GoalContext(model=model, goal=goal, goal_latent=goal.latent, horizon=horizon)
    by_name = {name: cost.terms(context) for name, cost in zip(planning.costs, costs, strict=True)}
    return {name: terms for name, terms in by_name.items() if terms}


def all_terms(terms: Mapping[str, Sequence[Term]]) -> tuple[Term, ...]:
    """Those of every cost, in order."""
    return tuple(term for own in terms.values() for term in own)


def objective_at(
    decision: Decision, backend: Backend, terms: Mapping[str, Sequence[Term]]
) -> LatentObjective:
    """What plans cost under `terms` where `decision` was made."""
    return LatentObjective(
        backend=backend,
        latents=decision.history.latents,
        past_actions=decision.history.actions,
        terms=all_terms(terms),
    )
