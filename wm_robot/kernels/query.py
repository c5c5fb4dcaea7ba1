"""What a backend is asked: checked here once, trusted from here on."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import ShapeError


class Sizes(Protocol):
    """What every predictor has: T latents of L entries, and actions of nu."""

    @property
    def history(self) -> int: ...
    @property
    def latent(self) -> int: ...
    @property
    def nu(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class History:
    """What a search starts from, as contiguous float32.

    Args:
        latents: (T, L), oldest first.
        past_actions: (T − 1, nu), normalised, the ones between those latents.
    """

    latents: FloatArray
    past_actions: FloatArray

    @classmethod
    def checked(cls, predictor: Sizes, latents: ArrayLike, past_actions: ArrayLike) -> "History":
        """Raises ShapeError or NotFiniteError for arrays that `predictor` cannot step."""
        T, L, nu = predictor.history, predictor.latent, predictor.nu
        return cls(
            latents=_float32("latents", latents, (T, L)),
            past_actions=_float32("past_actions", past_actions, (T - 1, nu)),
        )


@dataclass(frozen=True, kw_only=True)
class Query(History):
    """A history and the action sequences to try from it.

    Args:
        actions: (K, H, nu), normalised.
    """

    actions: FloatArray

    @classmethod
    def of(cls, predictor: Sizes, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike) -> "Query":
        """Raises ShapeError or NotFiniteError for arrays that `predictor` cannot step."""
        history = History.checked(predictor, latents, past_actions)
        tried = _float32("actions", actions, ("K", "H", predictor.nu))
        if tried.size == 0:
            raise ShapeError("actions", tried.shape, ("K >= 1", "H >= 1", predictor.nu))
        return cls(latents=history.latents, past_actions=history.past_actions, actions=tried)

    @property
    def samples(self) -> int:
        return self.actions.shape[0]

    @property
    def horizon(self) -> int:
        return self.actions.shape[1]


def _float32(what: str, value: ArrayLike, shape: tuple[int | str, ...]) -> FloatArray:
    return np.ascontiguousarray(finite_array(what, value, shape, dtype=np.float32))
