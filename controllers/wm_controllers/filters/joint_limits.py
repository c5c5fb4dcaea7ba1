"""Limits of velocity, acceleration and jerk, and which jerks leave a joint able to keep them."""

from dataclasses import dataclass

import numpy as np

from wm_controllers.filters.motion import Motion
from wm_robot.core.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class JointLimits:
    """V (nq,), rad/s; A (nq,), rad/s²; J (nq,), rad/s³."""

    V: FloatArray
    A: FloatArray
    J: FloatArray

    def jerk_bounds(self, motion: Motion, dt: float) -> tuple[FloatArray, FloatArray]:
        """Least and greatest constant jerk (nq,), rad/s³, over the next `dt` s.

        With a⁺ = a + j dt the velocity after the period, v + (a + a⁺) dt/2, still rises by a⁺²/2J while
        jerk −J takes a⁺ away. Its peak keeps below V where

            a⁺ ≤ −J dt/2 + √((J dt/2)² + 2 J s)  for s ≥ 0,  a⁺ ≤ 2 s/dt  for s < 0,   s = V − v − a dt/2

        and the same holds downwards. |a⁺| ≤ A and |j| ≤ J besides.
        """
        return -self._most(-motion.v, -motion.a, dt), self._most(motion.v, motion.a, dt)

    def _most(self, v: FloatArray, a: FloatArray, dt: float) -> FloatArray:
        s = self.V - v - a * dt / 2
        half = self.J * dt / 2
        root = np.sqrt(half**2 + 2 * self.J * np.maximum(s, 0.0)) - half
        peak = np.where(s >= 0, root, 2 * s / dt)
        return np.minimum((np.minimum(peak, self.A) - a) / dt, self.J)
