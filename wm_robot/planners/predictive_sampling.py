"""Predictive sampling: keep the best guess."""

from dataclasses import replace

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.search import SearchSettings
from wm_robot.planners.planner import Belief, Noise, SamplingPlanner


class PredictiveSampling(SamplingPlanner):
    """Moves to the cheapest candidate; the simplest planner that works.

    μ ← argmin_k J(u_k),   u_k ~ N(μ, σ_i²)

    With a horizon of one step and one round it is the greedy baseline: best of K actions.

    Source: Howell et al. 2022, Predictive Sampling: Real-time Behaviour Synthesis with MuJoCo.
    """

    def sample(self, belief: Belief, noise: Noise) -> FloatArray:
        return belief.mean + self.noise_at(belief.iteration) * noise(self.config.samples - 1)

    def settings(self) -> SearchSettings:
        rounds = range(self.config.iterations)
        return SearchSettings(
            interpolation=self._W,
            nu=self.nu,
            candidates=(self.config.samples,) * self.config.iterations,
            noise=tuple(self.noise_at(i) for i in rounds),
            learning="best",
            returns_mean=self.config.returns == "mean",
        )

    def update(self, belief: Belief, knots: FloatArray, costs: FloatArray) -> Belief:
        return replace(belief, mean=knots[costs.argmin()])
