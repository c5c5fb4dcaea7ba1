"""A decision made again, this time with everything that its search tried on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import Goal
from wm_robot.insight.named_terms import named_terms, objective_at
from wm_robot.kernels.backend import Backend
from wm_robot.kernels.terms import Term
from wm_robot.planners.objective import LatentObjective
from wm_robot.planners.planner import Belief, Plan, SamplingPlanner
from wm_robot.planners.world_model import WorldModel
from wm_robot.runtime.decision import Decision

SHOWN_ELITES = 0.1
"""Share of the candidates that count as elites where an algorithm has none."""

SAME_ACTIONS = 1e-4
"""Largest difference in a normalised action that arithmetic alone explains.

Rounds that are drawn and learned from in float64 here are float32 in a compiled search: costs differ by
1e-6 of their size, and knots by as much. Two candidates that are closer than that may change places; then
the search went another way, and the look says so.
"""


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round of a search.

    Args:
        actions: candidates (K, H, nu), normalised; the first is the mean of the belief.
        costs: (K,); infinite where not finite.
        term_costs: (K,) by the name of the cost, which add up to `costs`.
        elites: indices into the candidates (E,), cheapest first.
        mean: of the knots before the round (M, nu).
        std: standard deviation of the knots before the round (M, nu), normalised.
        effective_sample_size: 1 / Σ w², w = softmax(−J / τ), from 1 to K.
    """

    actions: FloatArray
    costs: FloatArray
    term_costs: Mapping[str, FloatArray]
    elites: NDArray[np.intp]
    mean: FloatArray
    std: FloatArray
    effective_sample_size: float

    @property
    def action_spread(self) -> FloatArray:
        """Standard deviation of the elites' first action (nu,), normalised."""
        return self.actions[self.elites, 0].std(axis=0)


@dataclass(frozen=True, kw_only=True)
class SecondLook:
    """What a decision's search went through.

    Args:
        rounds: in order.
        plan: as it came out this time.
        deviation: largest difference between its normalised actions and those of the decision.
        term_costs: of the decision's own actions, by the name of the cost.
        warm_start_cost: of the mean that the search began with; of holding still after a cold start.
        was_warm: whether there was a warm start.
    """

    rounds: tuple[Round, ...]
    plan: Plan
    deviation: float
    term_costs: Mapping[str, float]
    warm_start_cost: float
    was_warm: bool

    @property
    def same(self) -> bool:
        """Whether the plan came out as it was; where not, the rounds are those of a twin."""
        return self.deviation <= SAME_ACTIONS

    @property
    def cost(self) -> float:
        """Of the decision's own actions."""
        return sum(self.term_costs.values())

    @property
    def gain(self) -> float:
        """How much cheaper the decision is than what its search began with; 0 where it found nothing."""
        return self.warm_start_cost - self.cost


def look_again(
    decision: Decision,
    model: WorldModel,
    backend: Backend,
    goal: Goal,
    *,
    goal_latent: FloatArray | None = None,
) -> SecondLook:
    """Make `decision` again, round by round, as many rounds as it had then.

    Args:
        decision: to be made again; costs in plain Python that a `LatentMPC` may have are unknown here.
        model, backend, goal: that it was made with; another backend of equal precision does, too.
        goal_latent: of the goal's images (P * D,), where it is known already.

    Raises:
        MismatchError, ShapeError: model or goal are not the decision's.
    """
    terms = named_terms(model, decision.planning, goal, goal_latent=goal_latent)
    objective = objective_at(decision, backend, terms)
    search = replace(decision.planning.search, iterations=decision.plan.iterations)
    planner = replace(decision.planning, search=search).make_planner(model.action_space.nu)
    temperature = getattr(planner.options, "temperature", None)
    rounds: list[Round] = []

    def keep(before: Belief, knots: FloatArray, costs: FloatArray, after: Belief) -> None:
        actions = planner.actions(knots)
        elites = len(after.elites) or max(2, round(SHOWN_ELITES * len(costs)))
        rounds.append(
            Round(
                actions=actions,
                costs=costs,
                term_costs=_prices(objective, terms, actions, costs),
                elites=np.argsort(costs, kind="stable")[:elites],
                mean=before.mean,
                std=_std(planner, before),
                effective_sample_size=effective_sample_size(costs, temperature),
            )
        )

    plan = planner.plan(objective, decision.seed, warm_start=decision.warm_start, on_round=keep)
    start = planner.actions(planner.start(decision.warm_start).mean)
    both = np.stack([decision.plan.actions, start])
    priced = {name: replace(objective, terms=own)(both) for name, own in terms.items()}
    return SecondLook(
        rounds=tuple(rounds),
        plan=plan,
        deviation=float(np.abs(plan.actions - decision.plan.actions).max()),
        term_costs={name: float(costs[0]) for name, costs in priced.items()},
        warm_start_cost=float(sum(costs[1] for costs in priced.values())),
        was_warm=decision.warm_start is not None,
    )


def effective_sample_size(costs: FloatArray, temperature: float | None = None) -> float:
    """1 / Σ w², w = softmax(−J / τ): 1 when one candidate decides alone, K when all weigh the same.

    Args:
        costs: (K,), of which those that are not finite weigh nothing.
        temperature: λ of MPPI, τ in standard deviations of the costs; 1 where the algorithm has none.
    """
    finite = costs[np.isfinite(costs)]
    scale = (temperature or 1.0) * float(finite.std()) or 1.0
    weights = np.exp(-(finite - finite.min()) / scale)
    return float(weights.sum() ** 2 / np.sum(weights**2))


def _std(planner: SamplingPlanner, belief: Belief) -> FloatArray:
    """Deviation (M, nu) that a round draws with: the belief's own, or that of the algorithm's schedule."""
    settings = planner.settings()
    if settings is None or settings.noise is None:
        return belief.std
    return np.full(belief.mean.shape, planner.noise_at(belief.iteration))


def _prices(
    objective: LatentObjective,
    terms: Mapping[str, Sequence[Term]],
    actions: FloatArray,
    costs: FloatArray,
) -> dict[str, FloatArray]:
    """Costs (K,) of candidates (K, H, nu) by name; one cost alone is the whole, which is known."""
    if len(terms) == 1:
        return dict.fromkeys(terms, costs)
    return {name: replace(objective, terms=tuple(own))(actions) for name, own in terms.items()}
