"""The jerk nearest to the one wanted that the barriers allow: the readable reference."""

import cvxpy as cp
import numpy as np

from wm_controllers.filters.barrier_qp import MOST_ROWS
from wm_robot.core.arrays import FloatArray


class ReferenceBarrierQP:
    """As BarrierQP, in cvxpy by disciplined parametrised programming, solved by Clarabel.

    Source: Agrawal et al. 2019, Differentiable convex optimization layers (DPP).
    """

    def __init__(self, nq: int) -> None:
        self._u = cp.Variable(nq)
        self._wanted, self._low, self._high = cp.Parameter(nq), cp.Parameter(nq), cp.Parameter(nq)
        self._G, self._g = cp.Parameter((MOST_ROWS, nq)), cp.Parameter(MOST_ROWS)
        self._problem = cp.Problem(
            cp.Minimize(0.5 * cp.sum_squares(self._u - self._wanted)),
            [self._low <= self._u, self._u <= self._high, self._G @ self._u >= self._g],
        )

    def __call__(
        self, wanted: FloatArray, low: FloatArray, high: FloatArray, G: FloatArray, g: FloatArray
    ) -> FloatArray | None:
        """See BarrierQP."""
        rows = np.zeros((MOST_ROWS, len(wanted)))
        least = np.full(MOST_ROWS, -1.0)
        rows[: len(g)], least[: len(g)] = G, g
        self._wanted.value, self._low.value, self._high.value = wanted, low, high
        self._G.value, self._g.value = rows, least
        self._problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
        return None if self._u.value is None or self._problem.status != cp.OPTIMAL else self._u.value
