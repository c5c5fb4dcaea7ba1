"""A backend that several threads use in turns, for computations too long to hold it all the time."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray
from wm_robot.dashboard.panel import Mind
from wm_robot.kernels.search import SearchOutcome
from wm_robot.kernels.terms import Term


class GuardedBackend:
    """Holds the mind's lock for each call alone."""

    def __init__(self, mind: Mind) -> None:
        self._mind, self._backend = mind, mind.backend
        if hasattr(mind.backend, "search"):
            self.search = self._search

    @property
    def predictor(self) -> Any:
        return self._backend.predictor

    def rollout(self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike) -> FloatArray:
        """See Backend.rollout."""
        with self._mind.lock:
            return self._backend.rollout(latents, past_actions, actions)

    def costs(
        self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike, terms: Sequence[Term]
    ) -> FloatArray:
        """See Backend.costs."""
        with self._mind.lock:
            return self._backend.costs(latents, past_actions, actions, terms)

    def _search(self, *args: Any, **options: Any) -> SearchOutcome:
        with self._mind.lock:
            return self._backend.search(*args, **options)  # type: ignore[attr-defined]
