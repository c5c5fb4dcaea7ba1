"""The jerk nearest to the one wanted that the barriers allow: the loop's solver."""

import numpy as np
from scipy.optimize import nnls

from wm_robot.core.arrays import FloatArray

MOST_ROWS = 24
"""Barrier rows that are looked at together: the nearest ones."""

INFEASIBLE = 1e-7
"""Residual below which no solution exists; with a solution that is |z| away it is 1 / √(1 + |z|²)."""


class BarrierQP:
    """u* = argmin ½ |u − w|²  subject to  low ≤ u ≤ high,  G u ≥ g

    u (nq,) is the jerk in units of each joint's limit. Where clipping w to the box satisfies the rows it is
    the solution. Otherwise this is least distance programming: with z = u − w and all constraints as
    E z ≥ f, let y ≥ 0 minimise |[Eᵀ; fᵀ] y − (0, …, 0, 1)|² and r be its residual; then z* = −r₁…ₙ / rₙ₊₁,
    and there is no solution where r = 0. An exact, finite method: it cannot run out of iterations near
    infeasibility. `barrier_qp_reference` says the same in cvxpy.

    Source: Lawson and Hanson 1974, Solving Least Squares Problems, chapter 23.
    """

    def __init__(self, nq: int) -> None:
        self._box = np.vstack([np.eye(nq), -np.eye(nq)])
        self._last = np.eye(nq + 1)[nq]

    def __call__(
        self, wanted: FloatArray, low: FloatArray, high: FloatArray, G: FloatArray, g: FloatArray
    ) -> FloatArray | None:
        """u* (nq,), or None where no u satisfies all.

        Args:
            wanted: w (nq,).
            low: (nq,).
            high: (nq,).
            G: (rows, nq), MOST_ROWS at most.
            g: (rows,).
        """
        if not (low <= high).all():
            return None
        clipped = np.minimum(np.maximum(wanted, low), high)
        if (G @ clipped >= g).all():
            return clipped
        nq = len(wanted)
        # Rows of unit length, so that a residual means the same in all of them.
        length = np.maximum(np.sqrt(np.einsum("rj,rj->r", G, G)), 1e-12)
        E = np.concatenate([G / length[:, None], self._box])
        f = np.concatenate([g / length, low, -high]) - E @ wanted
        dual = np.concatenate([E.T, f[None]])
        try:
            y, residual = nnls(dual, self._last)
        except RuntimeError:  # too many iterations, which numbers of this size do not need
            return None
        if residual < INFEASIBLE:
            return None
        r = dual @ y
        return np.minimum(np.maximum(wanted - r[:nq] / (r[nq] - 1.0), low), high)
