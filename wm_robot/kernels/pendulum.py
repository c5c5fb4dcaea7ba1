"""A pendulum to swing up: a known model, to see what a search costs where a rollout costs next to nothing."""

from typing import TYPE_CHECKING

import numpy as np

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.kernels.native import default_threads, native_module
from wm_robot.kernels.native_search import native_settings, outcome
from wm_robot.kernels.search import SearchBelief, SearchOutcome, SearchSettings

if TYPE_CHECKING:
    from wm_robot.kernels._native import Search


class PendulumObjective:
    """J(a) = Σ_t θ² + 0.1 ω² + 0.001 u² before each step of 0.05 s, u = 2 a in N m; compiled.

        ω ← clip(ω + (15 sin θ + 3 u) 0.05, ±8),   θ ← wrap(θ + 0.05 ω)

    Args:
        angle: θ at the start, rad from upright.
        velocity: ω at the start, rad/s.
        threads: None takes OMP_NUM_THREADS, or else every core of this process.

    Source: Gymnasium's Pendulum-v1.
    """

    def __init__(self, angle: float, velocity: float, *, threads: int | None = None) -> None:
        self._pendulum = native_module().Pendulum(default_threads() if threads is None else threads)
        self._pendulum.set_state(angle, velocity)
        self._search: tuple[SearchSettings, Search] | None = None

    def __call__(self, actions: FloatArray) -> FloatArray:
        """Costs (K,) of normalised actions (K, H, 1)."""
        return self._pendulum.price(finite_array("actions", actions, ("K", "H", 1), dtype=np.float32))

    def search(
        self, settings: SearchSettings, *, belief: SearchBelief, seed: int, deadline_ns: int | None
    ) -> SearchOutcome:
        """See SearchingBackend.search."""
        if self._search is None or self._search[0] is not settings:
            module = native_module()
            self._search = settings, module.Search(self._pendulum, native_settings(module, settings))
        start = belief.mean, belief.std, belief.elites
        found = self._search[1].run_pendulum(self._pendulum, *start, seed, deadline_ns or 0)
        return outcome(found)
