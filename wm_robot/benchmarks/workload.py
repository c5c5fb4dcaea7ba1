"""What rollout benchmarks plan: one round of MPPI over random world models of given sizes."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.backend import Backend
from wm_robot.kernels.predictor import Predictor
from wm_robot.kernels.synthetic import random_predictor, random_token_predictor
from wm_robot.kernels.terms import Readout, Term
from wm_robot.kernels.token_predictor import TokenPredictor
from wm_robot.planners.objective import LatentObjective
from wm_robot.planners.planner import PlannerConfig, SamplingPlanner
from wm_robot.planners.registry import make_planner


@dataclass(frozen=True, kw_only=True)
class Workload(ABC):
    """One plan: K candidates of H steps. The cost is the squared latent itself, at every step."""

    K: int
    H: int

    @property
    @abstractmethod
    def name(self) -> str:
        """Sizes in a few words."""

    @cached_property
    @abstractmethod
    def model(self) -> Mapping[str, FloatArray] | TokenPredictor:
        """What `make_backend` takes."""

    @cached_property
    @abstractmethod
    def predictor(self) -> Predictor | TokenPredictor:
        """Its weights with their sizes."""

    @property
    @abstractmethod
    def products(self) -> list[tuple[int, int, int]]:
        """(columns, out, in) of each product of one step of all candidates; attention is not counted."""

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        L = self.predictor.latent
        return (Readout(step_weights=np.ones(self.H), target=np.zeros(L), scale=np.full(L, 1.0 / L)),)

    @cached_property
    def latents(self) -> FloatArray:
        """History (T, L)."""
        shape = self.predictor.history, self.predictor.latent
        return np.random.default_rng(1).normal(size=shape).astype(np.float32)

    @cached_property
    def past_actions(self) -> FloatArray:
        """(T − 1, nu)."""
        shape = self.predictor.history - 1, self.predictor.nu
        return np.random.default_rng(2).uniform(-1, 1, shape).astype(np.float32)

    @cached_property
    def actions(self) -> FloatArray:
        """Candidates (K, H, nu), for parity."""
        shape = self.K, self.H, self.predictor.nu
        return np.random.default_rng(3).uniform(-1, 1, shape).astype(np.float32)

    def planner(self) -> SamplingPlanner:
        config = PlannerConfig(horizon=self.H, samples=self.K, iterations=1, returns="mean")
        return make_planner("mppi", config, self.predictor.nu)

    def objective(self, backend: Backend) -> LatentObjective:
        return LatentObjective(
            backend=backend, latents=self.latents, past_actions=self.past_actions, terms=self.terms
        )

    @property
    def reuse(self) -> float:
        """How many columns a weight meets each time the kernel reads it; its tile has 32."""
        rows = getattr(self.predictor, "rows", 1)
        group = max(1, 32 // rows)
        tiles = math.ceil(self.K / group) * math.ceil(group * rows / 32)
        return self.K * rows / tiles

    @property
    def flops(self) -> int:
        """Floating-point operations of the products of one plan."""
        return 2 * self.H * sum(columns * rows * cols for columns, rows, cols in self.products)


@dataclass(frozen=True, kw_only=True)
class CompactWorkload(Workload):
    """The residual MLP (see Predictor) that this project trains."""

    latent: int = 134
    width: int = 256
    hidden: int = 512
    blocks: int = 2
    embedding: int = 64
    history: int = 2
    nu: int = 4

    @property
    def name(self) -> str:
        return f"compact {self.width}-d, {self.blocks} blocks"

    @cached_property
    def model(self) -> dict[str, FloatArray]:
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
    def predictor(self) -> Predictor:
        return Predictor.from_parameters(self.model)

    @property
    def products(self) -> list[tuple[int, int, int]]:
        shapes = [a.shape for name, a in self.model.items() if name.endswith(".weight")]
        return [(self.K, rows, cols) for rows, cols in shapes]


@dataclass(frozen=True, kw_only=True)
class TokenWorkload(Workload):
    """A transformer (see TokenPredictor); the defaults are LeWM's: one modulated token, 10.8 M weights."""

    history: int = 3
    context: int = 3
    patches: int = 1
    patch: int = 192
    state: int = 0
    nu: int = 4
    width: int = 192
    heads: int = 16
    head: int = 64
    hidden: int = 2048
    blocks: int = 6
    embedding: int = 192

    @property
    def name(self) -> str:
        return f"{self.predictor.rows} tokens, {self.width}-d, {self.blocks} blocks"

    @cached_property
    def model(self) -> TokenPredictor:
        sizes = {name: value for name, value in vars(self).items() if name not in ("K", "H")}
        return random_token_predictor(np.random.default_rng(0), **sizes)

    @cached_property
    def predictor(self) -> TokenPredictor:
        return self.model

    @property
    def products(self) -> list[tuple[int, int, int]]:
        one = ("action", "state")
        shapes = {name: a.shape for name, a in self.model.parameters.items() if name.endswith(".weight")}
        return [
            (self.K * (1 if name.startswith(one) or "modulation" in name else self.model.rows), *shape)
            for name, shape in shapes.items()
            if name != "motion.weight"
        ]


def vjepa2_ac(K: int, H: int, blocks: int = 24) -> TokenWorkload:
    """V-JEPA 2-AC's sizes: action, state and 256 patches a frame, 24 blocks of width 1024."""
    return TokenWorkload(
        K=K,
        H=H,
        history=1,
        context=16,
        patches=256,
        patch=1408,
        state=7,
        nu=7,
        width=1024,
        heads=16,
        head=64,
        hidden=4096,
        blocks=blocks,
        embedding=0,
    )
