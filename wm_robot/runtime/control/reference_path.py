"""A path of the end effector through waypoints, continuous to the second derivative."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wm_robot.core.arrays import FloatArray

ROUNDING_M = 1e-9


@dataclass(frozen=True, slots=True)
class Knot:
    """Position p (3,), m, velocity v, m/s, and acceleration a, m/s², at time `t_ns`."""

    t_ns: int
    p: FloatArray
    v: FloatArray
    a: FloatArray


def at_rest(t_ns: int, p: FloatArray) -> Knot:
    """Standing at `p` (3,)."""
    return Knot(t_ns, p, np.zeros(3), np.zeros(3))


def passing_velocity(before: Knot, knot: Knot, after: Knot) -> FloatArray:
    """Velocity (3,), m/s, at which to pass `knot` without overshooting it, where all three have a = 0.

    The mean slope, at most twice the smaller one of both sides, and 0 in an axis that turns back: then the
    control points of both pieces lie between their ends (`ReferencePath.stays_within`).

    Source: Fritsch and Carlson 1980, whose bound is that of cubics.
    """
    slope_in = (knot.p - before.p) / ((knot.t_ns - before.t_ns) * 1e-9)
    slope_out = (after.p - knot.p) / ((after.t_ns - knot.t_ns) * 1e-9)
    mean = (after.p - before.p) / ((after.t_ns - before.t_ns) * 1e-9)
    most = 2 * np.minimum(np.abs(slope_in), np.abs(slope_out))
    return np.where(slope_in * slope_out > 0, np.clip(mean, -most, most), 0.0)


class ReferencePath:
    """Quintic polynomials between knots; it stands before the first and after the last.

    Between two knots a distance T apart, with s the time since the first,

        p(s) = Σ_{i≤5} c_i s^i

    takes p, v and a at both, so the whole path is twice continuously differentiable.

    Args:
        knots: in the order of time; the last one at rest.
    """

    def __init__(self, knots: Sequence[Knot]) -> None:
        self._knots = tuple(knots)
        self._pieces = [_quintic(a, b) for a, b in zip(self._knots[:-1], self._knots[1:], strict=True)]

    @property
    def end_ns(self) -> int:
        return self._knots[-1].t_ns

    def knots_between(self, begin_ns: int, end_ns: int) -> list[Knot]:
        """Knots from `begin_ns` to before `end_ns` that make the same path there."""
        if begin_ns >= end_ns:
            return []
        return [self(begin_ns), *(knot for knot in self._knots if begin_ns < knot.t_ns < end_ns)]

    def stays_within(self, low: FloatArray, high: FloatArray) -> bool:
        """Whether the whole path surely lies in the box from `low` (3,) to `high` (3,), m.

        A polynomial lies in the convex hull of its Bézier control points. Half of those of a quintic follow
        from p, v and a at its beginning, the others from those at its end.
        """
        for begin, end in zip(self._knots[:-1], self._knots[1:], strict=True):
            T = (end.t_ns - begin.t_ns) * 1e-9
            points = np.array(
                [
                    begin.p,
                    begin.p + T / 5 * begin.v,
                    begin.p + 2 * T / 5 * begin.v + T**2 / 20 * begin.a,
                    end.p - 2 * T / 5 * end.v + T**2 / 20 * end.a,
                    end.p - T / 5 * end.v,
                    end.p,
                ]
            )
            if np.any(points < low - ROUNDING_M) or np.any(points > high + ROUNDING_M):
                return False
        return True

    def __call__(self, t_ns: int) -> Knot:
        """Where the path is at `t_ns`."""
        if t_ns <= self._knots[0].t_ns:
            first = self._knots[0]
            return first if t_ns == first.t_ns else at_rest(t_ns, first.p)
        for knot, end, c in zip(self._knots[:-1], self._knots[1:], self._pieces, strict=True):
            if t_ns < end.t_ns:
                s = (t_ns - knot.t_ns) * 1e-9
                powers = s ** np.arange(6)
                v = np.array([i * powers[i - 1] if i else 0.0 for i in range(6)])
                a = np.array([i * (i - 1) * powers[i - 2] if i > 1 else 0.0 for i in range(6)])
                return Knot(t_ns, powers @ c, v @ c, a @ c)
        return at_rest(t_ns, self._knots[-1].p)


def _quintic(begin: Knot, end: Knot) -> FloatArray:
    """Coefficients (6, 3) over the time since `begin`."""
    T = (end.t_ns - begin.t_ns) * 1e-9
    c0, c1, c2 = begin.p, begin.v, begin.a / 2
    # What position, velocity and acceleration still lack at T, once the first three terms are there.
    p = end.p - (c0 + c1 * T + c2 * T**2)
    v = end.v - (c1 + 2 * c2 * T)
    a = end.a - 2 * c2
    c3 = (10 * p - 4 * v * T + a * T**2 / 2) / T**3
    c4 = (-15 * p + 7 * v * T - a * T**2) / T**4
    c5 = (6 * p - 3 * v * T + a * T**2 / 2) / T**5
    return np.array([c0, c1, c2, c3, c4, c5])
