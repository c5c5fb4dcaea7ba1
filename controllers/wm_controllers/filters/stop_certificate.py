"""Whether an arm that brakes keeps its limits and its distances until it stands."""

import numpy as np
import ruckig

from wm_controllers.collision import Clearances
from wm_controllers.filters.motion import Motion
from wm_robot.core.arrays import FloatArray

MOST_HALVINGS = 6


class StopCertificate:
    """Proves a stop safe between its samples too.

    A clearance h changes by at most reach · |Δq|. Between two samples that see h₀ and h₁ it is therefore

        h ≥ (h₀ + h₁ − reach · (|q₁ − q₀| + 2 e)) / 2,

    with e how far the joints swing beyond their end points. An interval whose bound is negative is halved,
    and refused when it is too small to be halved.

    Args:
        clearances: that must stay positive.
        lower: joint limits (nq,), rad.
        upper: (nq,), rad.
        max_jerk: J (nq,), rad/s³, of the stops.
    """

    def __init__(
        self, clearances: Clearances, lower: FloatArray, upper: FloatArray, max_jerk: FloatArray
    ) -> None:
        self._clearances, self._lower, self._upper, self._max_jerk = clearances, lower, upper, max_jerk

    def __call__(self, motion: Motion, stop: ruckig.Trajectory) -> bool:
        """Whether `stop`, which begins at `motion`, is safe until its end."""
        q1 = np.array(stop.at_time(stop.duration)[0])
        swing = self._swing(motion)
        lowest, highest = np.minimum(motion.q, q1) - swing, np.maximum(motion.q, q1) + swing
        if np.any(lowest < self._lower) or np.any(highest > self._upper):
            return False
        h0 = self._clearances(motion.q)
        if np.any(h0 < 0):
            return False
        h1 = self._clearances(q1)
        ends = (0.0, motion.q, h0), (stop.duration, q1, h1)
        return bool(np.all(h1 >= 0)) and self._between(stop, *ends, 2 * swing, MOST_HALVINGS)

    def _swing(self, motion: Motion) -> FloatArray:
        """How far a stop can carry each joint beyond both its ends (nq,), rad, at most.

        A joint turns back only where its acceleration a is against its velocity v and cannot be taken away
        before v has gone, a² > 2 J |v|. Until then it moves for 2 |v| / |a| at most, at |v| at most.
        """
        v, a = np.abs(motion.v), np.abs(motion.a)
        turns = (motion.v * motion.a < 0) & (a**2 > 2 * self._max_jerk * v)
        return np.where(turns, 2 * v**2 / np.maximum(a, 1e-12), 0.0)

    def _between(
        self,
        stop: ruckig.Trajectory,
        first: tuple[float, FloatArray, FloatArray],
        last: tuple[float, FloatArray, FloatArray],
        swing: FloatArray,
        halvings: int,
    ) -> bool:
        (t0, q0, h0), (t1, q1, h1) = first, last
        lowest = h0 + h1 - self._clearances.reach @ (np.abs(q1 - q0) + swing)
        if np.all(lowest >= 0):
            return True
        if halvings == 0:
            return False
        t = (t0 + t1) / 2
        q = np.array(stop.at_time(t)[0])
        h = self._clearances(q)
        middle = t, q, h
        return (
            bool(np.all(h >= 0))
            and self._between(stop, first, middle, swing, halvings - 1)
            and self._between(stop, middle, last, swing, halvings - 1)
        )
