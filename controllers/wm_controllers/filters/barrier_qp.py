"""The jerk nearest to the one wanted that the barriers allow: the loop's solver."""

import numpy as np
from proxsuite import proxqp

from wm_robot.core.arrays import FloatArray

MOST_ROWS = 24
"""Barrier rows that are looked at together: the nearest ones."""

ACCURACY = 1e-9


class BarrierQP:
    """u* = argmin ½ |u − w|²  subject to  low ≤ u ≤ high,  G u ≥ g

    u (nq,) is the jerk in units of each joint's limit. Where clipping w to the box satisfies the rows it is
    the solution; only otherwise the solver is asked. `barrier_qp_reference` says the same in cvxpy.

    Source: Bambade et al. 2022, ProxQP.
    """

    def __init__(self, nq: int) -> None:
        self._nq = nq
        self._solver = proxqp.dense.QP(nq, 0, MOST_ROWS, True)
        self._solver.settings.eps_abs = ACCURACY
        self._solver.settings.eps_rel = 0.0
        self._solver.settings.max_iter = 200
        self._identity = np.eye(nq)
        self._above = np.full(MOST_ROWS, 1e20)

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
        if np.any(low > high):
            return None
        clipped = np.minimum(np.maximum(wanted, low), high)
        if np.all(G @ clipped >= g):
            return clipped
        C = np.zeros((MOST_ROWS, self._nq))
        below = np.full(MOST_ROWS, -1.0)
        # Rows of unit length: the accuracy asked for means the same in all of them.
        length = np.maximum(np.linalg.norm(G, axis=1), 1e-12)
        C[: len(g)], below[: len(g)] = G / length[:, None], g / length
        self._solver.init(self._identity, -wanted, None, None, C, below, self._above, low, high)
        self._solver.solve()
        results = self._solver.results
        if results.info.status != proxqp.PROXQP_SOLVED:
            return None
        return np.minimum(np.maximum(results.x, low), high)
