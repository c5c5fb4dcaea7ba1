"""A whole search as data, for backends that run one in a single call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.terms import Term

Learning = Literal["elites", "softmax", "best"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SearchSettings:
    """What a sampling planner does, in the terms of `csrc/include/wm/search.hpp`.

    Args:
        interpolation: W (H, M), knots to actions.
        nu: entries of an action.
        candidates: of each round, the mean included.
        colour: (M, M), what makes noise of white noise; None leaves it white.
        noise: standard deviation by round; None takes the belief's own.
        learning: "elites" fits mean and deviation to the cheapest, "softmax" averages all with weights,
            "best" moves to the cheapest.
        elites: candidates that "elites" fits to.
        keep_fraction: share of the elites that are candidates again.
        smoothing: weight of the old mean and deviation.
        min_noise: floor of the deviation by round.
        temperature: of "softmax", in standard deviations of a round's costs.
        returns_mean: return the final mean whatever it costs.
    """

    interpolation: FloatArray
    nu: int
    candidates: tuple[int, ...]
    learning: Learning
    colour: FloatArray | None = None
    noise: tuple[float, ...] | None = None
    elites: int = 0
    keep_fraction: float = 0.0
    smoothing: float = 0.0
    min_noise: tuple[float, ...] = ()
    temperature: float = 0.0
    returns_mean: bool = False


@dataclass(frozen=True, kw_only=True)
class SearchBelief:
    """Mean and deviation of the knots (M, nu) and the elites (E, M, nu), cheapest first."""

    mean: FloatArray
    std: FloatArray
    elites: FloatArray


@dataclass(frozen=True, kw_only=True)
class SearchOutcome:
    """What a search found.

    Args:
        knots: the plan (M, nu).
        cost: of the plan.
        costs: of the last round's candidates (K,); infinite where not finite.
        rounds: rounds done.
        deadline_missed: whether it returned after its deadline.
        phase_ns: time spent to evaluate, drawing included, and to update.
        belief: where the search ended.
    """

    knots: FloatArray
    cost: float
    costs: FloatArray
    rounds: int
    deadline_missed: bool
    phase_ns: tuple[int, int]
    belief: SearchBelief


class SearchingBackend(Protocol):
    """A backend that runs a search in one call, without Python in between."""

    def search(
        self,
        settings: SearchSettings,
        latents: ArrayLike,
        past_actions: ArrayLike,
        terms: Sequence[Term],
        *,
        belief: SearchBelief,
        seed: int,
        deadline_ns: int | None = None,
    ) -> SearchOutcome:
        """Minimise the sum of `terms`; same seed and inputs, same outcome.

        Args:
            settings: the algorithm.
            latents: history (T, L), oldest first.
            past_actions: (T − 1, nu), normalised.
            terms: what candidates cost.
            belief: where to begin.
            seed: of the search's random numbers, 64 bits.
            deadline_ns: on the steady clock; no round begins that would, at the pace of the slowest so far,
                end after it. One round is always done.

        Raises:
            ShapeError, NotFiniteError: arrays that the predictor cannot step, or no finite cost in a round.
        """
        ...
