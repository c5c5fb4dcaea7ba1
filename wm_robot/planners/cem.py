"""Cross-entropy method."""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.kernels.search import SearchSettings
from wm_robot.planners.planner import Belief, Noise, SamplingPlanner


@dataclass(frozen=True, kw_only=True)
class CEMConfig:
    """How CEM learns.

    Args:
        elite_fraction: share of the candidates that the next round is fitted to.
        smoothing: weight of the old mean and deviation in the new ones.
        min_noise: floor of the deviation in the first round; it decays with `noise_decay`, so the
            search cannot freeze early and can still settle to millimetres at the end.
    """

    elite_fraction: Annotated[float, Bounds(0.0, 1.0, excluded=(0.0, 1.0))] = 0.1
    smoothing: Annotated[float, Bounds(0.0, 1.0, excluded=(1.0,))] = 0.1
    min_noise: Annotated[float, Bounds(0.0, 10.0, "half ranges")] = 0.05

    def __post_init__(self) -> None:
        check_fields(self, "CEM")


class CEM(SamplingPlanner):
    """Fits a diagonal Gaussian to the cheapest candidates, again and again.

    u_k ~ N(μ, diag σ²);   μ, σ ← mean and deviation of the elites, smoothed, σ with a decaying floor

    Source: Rubinstein & Kroese, The Cross-Entropy Method, 2004.
    """

    Config = CEMConfig
    options: CEMConfig

    def sample(self, belief: Belief, noise: Noise) -> FloatArray:
        return belief.mean + belief.std * noise(self.config.samples - 1)

    def settings(self) -> SearchSettings:
        return SearchSettings(
            interpolation=self._W,
            nu=self.nu,
            candidates=(self.config.samples,) * self.config.iterations,
            learning="elites",
            elites=self.elite_count,
            smoothing=self.options.smoothing,
            min_noise=tuple(self._floor(i) for i in range(self.config.iterations)),
            returns_mean=self.config.returns == "mean",
        )

    def update(self, belief: Belief, knots: FloatArray, costs: FloatArray) -> Belief:
        elites = cheapest(knots, costs, self.elite_count)
        floor = self._floor(belief.iteration)
        return fit_to_elites(belief, elites, smoothing=self.options.smoothing, floor=floor)

    def _floor(self, iteration: int) -> float:
        return self.options.min_noise * self.config.noise_decay**iteration

    @property
    def elite_count(self) -> int:
        return max(2, round(self.options.elite_fraction * self.config.samples))


def cheapest(knots: FloatArray, costs: FloatArray, count: int) -> FloatArray:
    """The `count` cheapest of `knots` (K, M, nu), cheapest first, none with an infinite cost."""
    order = np.argsort(costs, kind="stable")[:count]
    return knots[order[np.isfinite(costs[order])]]  # (E, M, nu)


def fit_to_elites(belief: Belief, elites: FloatArray, *, smoothing: float, floor: float) -> Belief:
    """The belief with mean and deviation moved to those of `elites` (E, M, nu)."""
    mean = smoothing * belief.mean + (1 - smoothing) * elites.mean(axis=0)
    std = smoothing * belief.std + (1 - smoothing) * elites.std(axis=0)
    return replace(belief, mean=mean, std=np.maximum(std, floor), elites=elites)
