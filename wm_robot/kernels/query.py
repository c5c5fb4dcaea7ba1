"""What a backend is asked: checked here once, trusted from here on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import ShapeError
from wm_robot.kernels.predictor import Predictor
from wm_robot.kernels.terms import Term, check_term


@dataclass(frozen=True, kw_only=True)
class Query:
    """A history and the action sequences to try from it, as contiguous float32.

    Args:
        latents: (T, L), oldest first.
        past_actions: (T − 1, nu), the ones between those latents.
        actions: (K, H, nu), normalised.
    """

    latents: FloatArray
    past_actions: FloatArray
    actions: FloatArray

    @classmethod
    def checked(
        cls, predictor: Predictor, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike
    ) -> "Query":
        """Raises ShapeError or NotFiniteError for arrays that `predictor` cannot step."""
        p = predictor
        query = cls(
            latents=_float32("latents", latents, (p.history, p.latent)),
            past_actions=_float32("past_actions", past_actions, (p.history - 1, p.nu)),
            actions=_float32("actions", actions, ("K", "H", p.nu)),
        )
        if query.actions.size == 0:
            raise ShapeError("actions", query.actions.shape, ("K >= 1", "H >= 1", p.nu))
        return query

    @property
    def samples(self) -> int:
        return self.actions.shape[0]

    @property
    def horizon(self) -> int:
        return self.actions.shape[1]

    def check_terms(self, predictor: Predictor, terms: Sequence[Term]) -> None:
        """Raises ShapeError for a term made for another horizon or latent."""
        for term in terms:
            check_term(term, self.horizon, predictor.latent)


def _float32(what: str, value: ArrayLike, shape: tuple[int | str, ...]) -> FloatArray:
    return np.ascontiguousarray(finite_array(what, value, shape, dtype=np.float32))
