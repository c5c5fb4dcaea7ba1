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

        and the same holds downwards. |a⁺| ≤ A and |j| ≤ J besides. A joint whose peak is already bound to
        pass V, because V was lowered, is held to that peak: there is always a jerk between the bounds.
        """
        half = self.J * dt / 2
        sides = np.array([-1.0, 1.0])[:, None]  # (2, 1): downwards and upwards
        v, a = sides * motion.v, sides * motion.a  # (2, nq)
        V = np.maximum(self.V, v + np.maximum(a, 0.0) ** 2 / (2 * self.J))
        s = V - v - a * dt / 2
        a_most = np.where(s >= 0, np.sqrt(half**2 + 2 * self.J * np.maximum(s, 0.0)) - half, 2 * s / dt)
        most = np.minimum((np.minimum(a_most, self.A) - a) / dt, self.J)
        most = np.maximum(most, -self.J)  # rounding
        return -most[0], most[1]

    def stopping_distance(self, v: FloatArray) -> FloatArray:
        """How far a joint goes on (nq,), rad, that brakes from velocity `v` (nq,) without acceleration.

        v²/2A + v A/2J where the brake reaches A, else v √(v/J).
        """
        speed = np.abs(v)
        full = speed**2 / (2 * self.A) + speed * self.A / (2 * self.J)
        return np.sign(v) * np.where(speed > self.A**2 / self.J, full, speed * np.sqrt(speed / self.J))
