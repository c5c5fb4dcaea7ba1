"""How fast a stream of joint positions ever asked an arm to be."""

import numpy as np

from wm_robot.core.arrays import FloatArray

BLOCK = 1024
"""Rows that are reduced at once: one command then costs a row copy, whatever the length of the stream."""


class MotionExtremes:
    """Extremes of a stream of joint positions and of its first three finite differences, in bounded memory.

        v_k = (q_k − q_{k−1}) / T,   a_k = (v_k − v_{k−1}) / T,   j_k = (a_k − a_{k−1}) / T

    The arm counts as having stood at `rest` for ever before the first position, so that a first step is
    a velocity, an acceleration and a jerk like any other.

    Args:
        rest: joint positions (nq,), rad.
        period_s: T, between two positions.
    """

    def __init__(self, rest: FloatArray, period_s: float) -> None:
        self._period_s = period_s
        self._rows = np.empty((3 + BLOCK, len(rest)))  # three of the past, then those not yet reduced
        self.reset(rest)

    def reset(self, rest: FloatArray) -> None:
        """Forget everything; the arm stands at `rest` (nq,)."""
        self._count = 0
        self._low, self._high = np.array(rest, dtype=float), np.array(rest, dtype=float)
        self._peaks = np.zeros((3, len(self._low)))
        self._stand(rest)

    def rest(self, q: FloatArray) -> None:
        """Keep the extremes, but go on from a standstill at `q` (nq,): the stream was broken off."""
        self._reduce()
        self._stand(q)

    def add(self, q: FloatArray) -> None:
        """The next position (nq,) of the stream. Real time: allocates nothing between two blocks."""
        if self._filled == len(self._rows):
            self._reduce()
        self._rows[self._filled] = q
        self._filled += 1
        self._count += 1

    @property
    def count(self) -> int:
        """Positions added since the last reset."""
        return self._count

    @property
    def lowest(self) -> FloatArray:
        """Lowest position of each joint (nq,), rad."""
        self._reduce()
        return self._low.copy()

    @property
    def highest(self) -> FloatArray:
        """Highest position of each joint (nq,), rad."""
        self._reduce()
        return self._high.copy()

    @property
    def velocity(self) -> FloatArray:
        """Largest |v| of each joint (nq,), rad/s."""
        return self._peak(1)

    @property
    def acceleration(self) -> FloatArray:
        """Largest |a| of each joint (nq,), rad/s²."""
        return self._peak(2)

    @property
    def jerk(self) -> FloatArray:
        """Largest |j| of each joint (nq,), rad/s³."""
        return self._peak(3)

    def _peak(self, order: int) -> FloatArray:
        self._reduce()
        return self._peaks[order - 1] / self._period_s**order

    def _stand(self, q: FloatArray) -> None:
        self._rows[:3] = q
        self._filled = 3

    def _reduce(self) -> None:
        if self._filled == 3:
            return
        rows = self._rows[: self._filled]
        np.minimum(self._low, rows[3:].min(axis=0), out=self._low)
        np.maximum(self._high, rows[3:].max(axis=0), out=self._high)
        for order in (1, 2, 3):
            # The row before the first new one is the last that enters a difference of the first order.
            steps = np.abs(np.diff(rows[3 - order :], n=order, axis=0))
            np.maximum(self._peaks[order - 1], steps.max(axis=0), out=self._peaks[order - 1])
        self._rows[:3] = rows[-3:].copy()
        self._filled = 3
