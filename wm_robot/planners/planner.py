"""The base of all sampling planners: an algorithm adds only how it samples and how it learns."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, Protocol, cast

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.core.clock import Clock, SteadyClock
from wm_robot.core.errors import NotFiniteError, ShapeError
from wm_robot.kernels.noise import normals
from wm_robot.kernels.search import SearchBelief, SearchOutcome, SearchSettings
from wm_robot.planners.interpolation import Interpolation, interpolation_matrix

Objective = Callable[[FloatArray], FloatArray]
"""Costs (K,) of normalised action sequences (K, H, nu)."""

Noise = Callable[[int], FloatArray]
"""Standard normal knots (count, M, nu) of the present round, for as many candidates as asked."""

OnRound = Callable[["Belief", FloatArray, FloatArray, "Belief"], None]
"""Told of each round: the belief before it, candidates (K, M, nu), their costs (K,), the belief after it."""

Choice = Literal["best", "mean"]


@dataclass(frozen=True, kw_only=True)
class PlannerConfig:
    """The size and spread of the search, common to every algorithm.

    Args:
        horizon: H, steps looked ahead.
        knots: M, free actions within the horizon; None means one a step.
        interpolation: how knots become actions.
        samples: K, candidates an iteration, the mean of the belief included.
        iterations: rounds of sampling when no deadline cuts them short.
        noise: standard deviation of the first round, in normalised actions.
        noise_decay: factor on the noise from one round to the next.
        returns: "best" is the cheapest candidate seen, the final mean among them; "mean" is the
            final mean, whatever it costs: smoother, but its jitter costs the last centimetre.
    """

    horizon: Annotated[int, Bounds(1, 1000, "steps")] = 3
    knots: Annotated[int, Bounds(1, 1000)] | None = None
    interpolation: Interpolation = "zero_order"
    samples: Annotated[int, Bounds(2, 1_000_000)] = 128
    iterations: Annotated[int, Bounds(1, 1000)] = 5
    noise: Annotated[float, Bounds(0.0, 10.0, "half ranges", excluded=(0.0,))] = 0.6
    noise_decay: Annotated[float, Bounds(0.0, 1.0, excluded=(0.0,))] = 0.8
    returns: Choice = "best"

    def __post_init__(self) -> None:
        check_fields(self, "planner")
        interpolation_matrix(self.interpolation, self.horizon, self.knot_count)

    @property
    def knot_count(self) -> int:
        return self.horizon if self.knots is None else self.knots


@dataclass(frozen=True, kw_only=True)
class Belief:
    """Where a search believes that the good knots lie.

    Args:
        mean: (M, nu).
        std: standard deviation (M, nu).
        elites: best candidates of the last round (E, M, nu), cheapest first; E may be 0.
        iteration: rounds already learned from.
    """

    mean: FloatArray
    std: FloatArray
    elites: FloatArray
    iteration: int = 0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The outcome of one search.

    Args:
        actions: normalised actions (H, nu).
        cost: of `actions`; of the cheapest candidate where the mean is returned, which is not priced.
        costs: of the last round's candidates (K,).
        iterations: rounds done.
        deadline_missed: whether the search returned after its deadline.
        phase_s: seconds spent to "sample", "evaluate" and "update"; "evaluate" includes the sampling where
            one call does both.
        belief: where the search ended, the warm start of the next one.
    """

    actions: FloatArray
    cost: float
    costs: FloatArray
    iterations: int
    deadline_missed: bool
    phase_s: dict[str, float] = field(compare=False)
    belief: Belief


class SearchingObjective(Protocol):
    """An objective that may know how to search by itself."""

    def search(
        self, settings: SearchSettings, *, belief: SearchBelief, seed: int, deadline_ns: int | None
    ) -> SearchOutcome | None:
        """See SearchingBackend.search; None where this objective can only be priced."""
        ...


class SamplingPlanner(ABC):
    """Minimises the cost of an action sequence by drawing candidates and learning from them.

    minimise_u  J(W u),   u ∈ [−1, 1]^(M × nu)

    J is the objective, u are knots and W (H, M) interpolates them. From a belief over u every
    algorithm repeats: draw candidates u_k, price J(W u_k), move the belief. The belief's mean is
    always a candidate, so a warm start is never made worse. An algorithm is `sample` and `update`.

    The search is anytime: before a round that would, at the pace of the slowest round so far, end
    after the deadline, it stops with the best plan yet. One round is always done.
    """

    Config: ClassVar[type | None] = None
    """The dataclass of the algorithm's own settings, None when it has none."""

    def __init__(
        self, config: PlannerConfig, nu: int, options: Any = None, *, clock: Clock | None = None
    ) -> None:
        self.config = config
        self.nu = nu
        self.options = self.Config() if options is None and self.Config is not None else options
        self.clock = clock or SteadyClock()
        self._W = interpolation_matrix(config.interpolation, config.horizon, config.knot_count)  # (H, M)
        self._W_inverse = np.linalg.pinv(self._W)  # (M, H)
        self._settings = self.settings()
        shape = (config.knot_count, nu)
        self._cold_start = Belief(
            mean=np.zeros(shape), std=np.full(shape, config.noise), elites=np.empty((0, *shape))
        )

    @abstractmethod
    def sample(self, belief: Belief, noise: Noise) -> FloatArray:
        """Candidate knots (K - 1, M, nu) to try beside the mean; the caller clips them to [-1, 1]."""

    @abstractmethod
    def update(self, belief: Belief, knots: FloatArray, costs: FloatArray) -> Belief:
        """The belief after candidates `knots` (K, M, nu) turned out to cost `costs` (K,)."""

    def settings(self) -> SearchSettings | None:
        """The algorithm as data, for backends that search in one call; None where it is more than that."""
        return None

    def plan(
        self,
        objective: Objective,
        seed: int,
        *,
        warm_start: Belief | None = None,
        deadline_ns: int | None = None,
        on_round: OnRound | None = None,
    ) -> Plan:
        """The cheapest action sequence found; same seed and inputs, same plan.

        Where the objective can search by itself and the algorithm is known to it, one call does it all,
        unless somebody wants to see the rounds.

        Args:
            objective: prices action sequences; a cost that is not finite counts as infinite.
            seed: 64 bits, the only source of randomness.
            warm_start: belief to begin with, such as `shift(previous.belief, 1)`.
            deadline_ns: when the plan must be there, on the planner's clock.
            on_round: for those who look at how a search goes; see `OnRound`.

        Raises:
            ShapeError: the objective returns something else than one cost a candidate.
            NotFiniteError: no candidate of a round has a finite cost.
        """
        belief = self.start(warm_start)
        if on_round is None and (found := self._search(objective, belief, seed, deadline_ns)) is not None:
            return found
        best, best_cost = belief.mean, np.inf
        costs = np.empty(0)
        phase_ns = {"sample": 0, "evaluate": 0, "update": 0}
        slowest_ns = 0
        last_ns = self.clock.now_ns()

        def lap(phase: str) -> int:
            nonlocal last_ns
            now_ns = self.clock.now_ns()
            elapsed_ns, last_ns = now_ns - last_ns, now_ns
            phase_ns[phase] += elapsed_ns
            return elapsed_ns

        for _ in range(self.config.iterations):
            if belief.iteration and deadline_ns is not None and last_ns + slowest_ns > deadline_ns:
                break
            noise = partial(self._noise, seed, belief.iteration)
            knots = np.concatenate([belief.mean[None], self.sample(belief, noise)])  # (K, M, nu)
            knots = knots.clip(-1.0, 1.0)
            round_ns = lap("sample")
            costs = self._evaluate(objective, knots)  # (K,)
            round_ns += lap("evaluate")
            k = int(costs.argmin())
            if costs[k] < best_cost:
                best, best_cost = knots[k], float(costs[k])
            before = belief
            belief = replace(self.update(belief, knots, costs), iteration=belief.iteration + 1)
            if on_round is not None:
                on_round(before, knots, costs, belief)
            slowest_ns = max(slowest_ns, round_ns + lap("update"))

        if self.config.returns == "mean":
            best = belief.mean
        elif (mean_cost := float(self._evaluate(objective, belief.mean[None])[0])) < best_cost:
            best, best_cost = belief.mean, mean_cost
        lap("evaluate")
        return Plan(
            actions=self._W @ best,
            cost=best_cost,
            costs=costs,
            iterations=belief.iteration,
            deadline_missed=deadline_ns is not None and last_ns > deadline_ns,
            phase_s={name: ns * 1e-9 for name, ns in phase_ns.items()},
            belief=belief,
        )

    def start(self, warm_start: Belief | None = None) -> Belief:
        """The belief of a new search: full noise around the warm start's mean, or around zero."""
        cold = self._cold_start
        if warm_start is None:
            return cold
        if warm_start.mean.shape != cold.mean.shape:
            raise ShapeError("warm start mean", warm_start.mean.shape, cold.mean.shape)
        return Belief(mean=warm_start.mean, std=cold.std, elites=warm_start.elites)

    def shift(self, belief: Belief, steps: int) -> Belief:
        """The belief as seen `steps` later: its actions move forward, zeros fill the end.

        Knots follow by least squares, so with fewer knots than steps the shift is the nearest one.
        """

        def shifted(knots: FloatArray) -> FloatArray:
            actions = self._W @ knots  # (..., H, nu)
            later = np.zeros_like(actions)
            kept = max(self.config.horizon - steps, 0)
            later[..., :kept, :] = actions[..., self.config.horizon - kept :, :]
            return (self._W_inverse @ later).clip(-1.0, 1.0)  # (..., M, nu)

        return replace(belief, mean=shifted(belief.mean), elites=shifted(belief.elites))

    def actions(self, knots: FloatArray) -> FloatArray:
        """Normalised actions (..., H, nu) of knots (..., M, nu)."""
        return self._W @ knots

    def noise_at(self, iteration: int) -> float:
        """Standard deviation that the schedule gives to a round."""
        return self.config.noise * self.config.noise_decay**iteration

    def _noise(self, seed: int, round_: int, count: int) -> FloatArray:
        shape = (self.config.knot_count, self.nu)
        return normals(seed, round_, count, shape[0] * shape[1]).reshape(count, *shape)

    def _search(
        self, objective: Objective, belief: Belief, seed: int, deadline_ns: int | None
    ) -> Plan | None:
        """The plan as one call of the objective, or None where it cannot be made so."""
        settings = self._settings
        timed_elsewhere = deadline_ns is not None and not isinstance(self.clock, SteadyClock)
        # hasattr, because isinstance of a protocol takes longer than the rest of this function.
        if settings is None or timed_elsewhere or not hasattr(objective, "search"):
            return None
        searching = cast(SearchingObjective, objective)
        start = SearchBelief(mean=belief.mean, std=belief.std, elites=belief.elites)
        outcome = searching.search(settings, belief=start, seed=seed, deadline_ns=deadline_ns)
        if outcome is None:
            return None
        phases = zip(("evaluate", "update"), outcome.phase_ns, strict=True)
        return Plan(
            actions=self._W @ outcome.knots,
            cost=outcome.cost,
            costs=outcome.costs,
            iterations=outcome.rounds,
            deadline_missed=outcome.deadline_missed,
            phase_s={name: ns * 1e-9 for name, ns in phases},
            belief=Belief(**vars(outcome.belief), iteration=outcome.rounds),
        )

    def _evaluate(self, objective: Objective, knots: FloatArray) -> FloatArray:
        costs = np.asarray(objective(self._W @ knots), dtype=np.float64)  # (K, H, nu) -> (K,)
        if costs.shape != (len(knots),):
            raise ShapeError("objective costs", costs.shape, (len(knots),))
        costs = np.where(np.isfinite(costs), costs, np.inf)
        if np.isinf(costs).all():
            raise NotFiniteError("every candidate's cost")
        return costs
