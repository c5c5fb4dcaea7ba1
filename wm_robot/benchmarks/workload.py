"""What rollout benchmarks plan: one round of MPPI over a random world model of given sizes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.backend import Backend
from wm_robot.kernels.synthetic import random_predictor
from wm_robot.kernels.terms import Readout, Term
from wm_robot.planners.objective import LatentObjective
from wm_robot.planners.planner import PlannerConfig, SamplingPlanner
from wm_robot.planners.registry import make_planner


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One plan: K candidates of H steps by a predictor of the given sizes (see Predictor).

    The cost is the squared latent itself, at every step.
    """

    K: int
    H: int
    latent: int = 134
    width: int = 256
    hidden: int = 512
    blocks: int = 2
    embedding: int = 64
    history: int = 2
    nu: int = 4

    @cached_property
    def parameters(self) -> dict[str, FloatArray]:
        return random_predictor(
            np.random.default_rng(0),
            history=self.history,
            latent=self.latent,
            nu=self.nu,
            width=self.width,
            embedding=self.embedding,
            hidden=self.hidden,
            blocks=self.blocks,
        )

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        scale = np.full(self.latent, 1.0 / self.latent)
        return (Readout(step_weights=np.ones(self.H), target=np.zeros(self.latent), scale=scale),)

    @cached_property
    def latents(self) -> FloatArray:
        """History (T, L)."""
        return np.random.default_rng(1).normal(size=(self.history, self.latent)).astype(np.float32)

    @cached_property
    def past_actions(self) -> FloatArray:
        """(T − 1, nu)."""
        return np.random.default_rng(2).uniform(-1, 1, (self.history - 1, self.nu)).astype(np.float32)

    @cached_property
    def actions(self) -> FloatArray:
        """Candidates (K, H, nu), for parity."""
        return np.random.default_rng(3).uniform(-1, 1, (self.K, self.H, self.nu)).astype(np.float32)

    def planner(self) -> SamplingPlanner:
        config = PlannerConfig(horizon=self.H, samples=self.K, iterations=1, returns="mean")
        return make_planner("mppi", config, self.nu)

    def objective(self, backend: Backend) -> LatentObjective:
        return LatentObjective(
            backend=backend, latents=self.latents, past_actions=self.past_actions, terms=self.terms
        )

    @property
    def products(self) -> list[tuple[int, int]]:
        """(out, in) of every matrix that one step of one candidate goes through."""
        return [a.shape for name, a in self.parameters.items() if name.endswith(".weight")]

    @property
    def flops(self) -> int:
        """Floating-point operations of the products of one plan."""
        return 2 * self.K * self.H * sum(rows * cols for rows, cols in self.products)
