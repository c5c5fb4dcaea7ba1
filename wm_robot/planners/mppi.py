"""Model-predictive path integral control."""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.kernels.search import SearchSettings
from wm_robot.planners.planner import Belief, Noise, SamplingPlanner


@dataclass(frozen=True, kw_only=True)
class MPPIConfig:
    """How MPPI weighs candidates.

    Args:
        temperature: λ, in standard deviations of a round's costs: latent distances have no unit
            and shrink near the goal, so a fixed temperature would mean something else there.
    """

    temperature: Annotated[float, Bounds(0.0, 1000.0, "σ of the costs", excluded=(0.0,))] = 0.1

    def __post_init__(self) -> None:
        check_fields(self, "MPPI")


class MPPI(SamplingPlanner):
    """Averages all candidates, the cheap ones weighing exponentially more.

    μ ← Σ_k w_k u_k,   w = softmax(−(J − min J) / (λ std J)),   u_k ~ N(μ, σ_i²)

    Source: Williams et al. 2017, Information Theoretic MPC, Algorithm 2; differs: no control cost
    and no control-affine assumption, a temperature relative to the spread of the costs, and
    several rounds with decaying σ_i.
    """

    Config = MPPIConfig
    options: MPPIConfig

    def sample(self, belief: Belief, noise: Noise) -> FloatArray:
        return belief.mean + self.noise_at(belief.iteration) * noise(self.config.samples - 1)

    def settings(self) -> SearchSettings:
        rounds = range(self.config.iterations)
        return SearchSettings(
            interpolation=self._W,
            nu=self.nu,
            candidates=(self.config.samples,) * self.config.iterations,
            noise=tuple(self.noise_at(i) for i in rounds),
            learning="softmax",
            temperature=self.options.temperature,
            returns_mean=self.config.returns == "mean",
        )

    def update(self, belief: Belief, knots: FloatArray, costs: FloatArray) -> Belief:
        spread = costs[np.isfinite(costs)].std()
        excess = costs - costs.min()
        scale = self.options.temperature * spread if spread > 0 else 1.0
        weights = np.exp(-excess / scale)
        weights /= weights.sum()
        return replace(belief, mean=np.einsum("k,kmu->mu", weights, knots))
