from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wm_robot.core.arrays import FloatArray

def instruction_sets(dtype: str) -> list[str]: ...
def allocations() -> int: ...

class Rollout:
    def __init__(
        self,
        parameters: Mapping[str, FloatArray],
        *,
        history: int,
        blocks: int,
        threads: int,
        instruction_set: str | None = None,
        dtype: str = "float32",
    ) -> None: ...
    @property
    def instruction_set(self) -> str: ...
    def imagine(self, latents: FloatArray, past_actions: FloatArray, actions: FloatArray) -> FloatArray: ...
    def price(
        self, latents: FloatArray, past_actions: FloatArray, actions: FloatArray, terms: Terms
    ) -> FloatArray: ...

class TokenRollout(Rollout):
    def __init__(
        self,
        parameters: Mapping[str, FloatArray],
        *,
        history: int,
        context: int,
        state: int,
        patches: int,
        patch: int,
        nu: int,
        width: int,
        heads: int,
        head: int,
        hidden: int,
        blocks: int,
        embedding: int,
        threads: int,
        instruction_set: str | None = None,
        dtype: str = "float32",
    ) -> None: ...

class Terms:
    def __init__(self, rollout: Rollout, horizon: int) -> None: ...
    def add_readout(
        self, step_weights: FloatArray, matrix: FloatArray | None, offset: FloatArray, scale: FloatArray
    ) -> None: ...
    def add_distance(
        self, step_weights: FloatArray, parameters: Mapping[str, FloatArray], layers: int, goal: FloatArray
    ) -> None: ...
    def add_smoothness(self, step_weights: FloatArray) -> None: ...
    def add_action_limits(self, step_weights: FloatArray, limit: float) -> None: ...

class Learning:
    elites: Learning
    softmax: Learning
    best: Learning

class SearchSettings:
    horizon: int
    knots: int
    nu: int
    candidates: list[int]
    interpolation: list[float]
    colour: list[float]
    noise: list[float]
    learning: Learning
    elites: int
    keep_fraction: float
    smoothing: float
    min_noise: list[float]
    temperature: float
    returns_mean: bool

class Pendulum:
    def __init__(self, threads: int) -> None: ...
    def set_state(self, angle: float, velocity: float) -> None: ...
    def price(self, actions: FloatArray) -> FloatArray: ...

class Search:
    def __init__(self, model: Rollout | Pendulum, settings: SearchSettings) -> None: ...
    def run_pendulum(
        self,
        pendulum: Pendulum,
        mean: FloatArray,
        std: FloatArray,
        elites: FloatArray,
        seed: int,
        deadline_ns: int,
    ) -> dict[str, Any]: ...
    def run(
        self,
        rollout: Rollout,
        terms: Terms,
        latents: ArrayLike,
        past_actions: ArrayLike,
        mean: FloatArray,
        std: FloatArray,
        elites: FloatArray,
        seed: int,
        deadline_ns: int,
    ) -> dict[str, Any]: ...

class DifferentialIk:
    def __init__(
        self,
        lower: Sequence[float],
        upper: Sequence[float],
        home: Sequence[float],
        free_tool_yaw: bool,
        damping: float,
        posture_gain: float,
        iterations: int,
        tolerance: float,
        max_step: float,
    ) -> None: ...
    def add_joint(
        self, parent: int, coordinate: int, rotation: ArrayLike, origin: ArrayLike, axis: ArrayLike
    ) -> None: ...
    def set_tool(self, joint: int, rotation: ArrayLike, origin: ArrayLike) -> None: ...
    def solve(self, q: ArrayLike, points: ArrayLike, quat_wxyz: ArrayLike) -> FloatArray | None: ...

class CapsuleDistances:
    def __init__(self, nq: int) -> None: ...
    def add_joint(
        self, parent: int, coordinate: int, rotation: ArrayLike, origin: ArrayLike, axis: ArrayLike
    ) -> None: ...
    def add_capsule(self, joint: int, ends: ArrayLike, radius: float) -> None: ...
    def add_pair(self, a: int, b: int, keep: float) -> None: ...
    def add_plane(self, capsule: int, normal: ArrayLike, offset: float, keep: float) -> None: ...
    def add_other(self) -> None: ...
    def distances(self, q: FloatArray, rows: NDArray[np.intp]) -> FloatArray: ...
    def gradients(
        self, q: FloatArray, v: FloatArray, rows: NDArray[np.intp]
    ) -> tuple[FloatArray, FloatArray]: ...
