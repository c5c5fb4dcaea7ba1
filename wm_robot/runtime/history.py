"""What the predictor needs to know about the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.backend import Backend


@dataclass(frozen=True, kw_only=True)
class History:
    """The last latents and the actions between them.

    Args:
        latents: (T, L), oldest first.
        actions: normalised (T − 1, nu).
    """

    latents: FloatArray
    actions: FloatArray

    @classmethod
    def at_rest(cls, latent: FloatArray, length: int, hold: FloatArray) -> Self:
        """T = `length` frames that all look like `latent` (L,), with the action `hold` (nu,) between them."""
        return cls(latents=np.tile(latent, (length, 1)), actions=np.tile(hold, (length - 1, 1)))

    def followed_by(self, action: FloatArray, latent: FloatArray) -> "History":
        """One step later: normalised `action` (nu,) led to `latent` (L,)."""
        return History(
            latents=np.concatenate([self.latents[1:], latent[None]]),
            actions=np.concatenate([self.actions, action[None]])[1:],
        )

    def imagined_after(self, actions: Sequence[FloatArray] | FloatArray, backend: Backend) -> "History":
        """The history after normalised `actions` (n, nu), as the predictor expects it to be."""
        if len(actions) == 0:
            return self
        steps = np.asarray(actions)
        history = self
        for action, latent in zip(
            steps, backend.rollout(self.latents, self.actions, steps[None])[0], strict=True
        ):
            history = history.followed_by(action, latent)
        return history
