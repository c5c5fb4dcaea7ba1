"""Predictive sampling: keep the best guess."""

from dataclasses import replace

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.planners.planner import Belief, SamplingPlanner


class PredictiveSampling(SamplingPlanner):
    """Moves to the cheapest candidate; the simplest planner that works.

    μ ← argmin_k J(u_k),   u_k ~ N(μ, σ_i²)

    With a horizon of one step and one round it is the greedy baseline: best of K actions.

    Source: Howell et al. 2022, Predictive Sampling: Real-time Behaviour Synthesis with MuJoCo.
    """

    def sample(self, belief: Belief, rng: np.random.Generator) -> FloatArray:
        noise = rng.standard_normal((self.config.samples - 1, *belief.mean.shape))
        return belief.mean + self.noise_at(belief.iteration) * noise

    def update(self, belief: Belief, knots: FloatArray, costs: FloatArray) -> Belief:
        return replace(belief, mean=knots[costs.argmin()])
