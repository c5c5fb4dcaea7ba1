"""The smoothest joint motion through given points at given times."""

from math import comb

import cvxpy as cp
import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import BPoly

from wm_controllers.controller import NoSolutionError
from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import WmrError
from wm_robot.robots import RobotSpec

DEGREE = 5
SAMPLES = np.linspace(0.0, 1.0, 21)
"""Where in a segment the limits are imposed, as shares of its duration."""


def min_jerk(robot: RobotSpec, q: ArrayLike, times_s: ArrayLike) -> BPoly:
    """Joint positions over time, from rest to rest, with the least integral of squared jerk.

        min ∫ |q⃛|² dt   subject to   q(t_k) = q_k;  q̇ = q̈ = 0 at both ends;  q, q̇, q̈ continuous;
                                     q, q̇, q̈ and q⃛ within the robot's limits

    Piecewise of degree five, which is what the minimum is where no limit binds; with two points it is
    q_0 + (q_1 − q_0) (10τ³ − 15τ⁴ + 6τ⁵). The unknowns are Bernstein coefficients, in which the
    programme is a convex QP. Limits are imposed at 21 instants a segment: between two of them a binding
    limit is exceeded by a per mille or so, jerk by more.

    Args:
        robot: limits.
        q: points (m, nq), rad, in the joint order of `robot`.
        times_s: when each is passed (m,), s, increasing.

    Returns:
        q(t) for t in [times_s[0], times_s[-1]]: call it with times (T,) for positions (T, nq), rad; its
        `derivative(k)` is velocity, acceleration, jerk.

    Raises:
        ShapeError, NotFiniteError: an argument of another shape, or with NaN.
        WmrError: fewer than two points, or times that do not increase.
        NoSolutionError: no motion keeps the limits.

    Source: Flash and Hogan 1985 (minimum jerk); Kyriakopoulos and Saridis 1988 (with limits).
    """
    points = finite_array("q", q, ("points", robot.nq), names=robot.joint_names)
    times = finite_array("times_s", times_s, (len(points),))
    if len(points) < 2 or np.any(np.diff(times) <= 0):
        raise WmrError(f"times_s={times}: give two points or more, at increasing times")
    durations = np.diff(times)  # (m - 1,)
    segments = [cp.Variable((DEGREE + 1, robot.nq)) for _ in durations]
    upper = (robot.upper, robot.max_velocity, robot.max_acceleration, robot.max_jerk)
    lower = (robot.lower, *(tuple(-x for x in limit) for limit in upper[1:]))
    constraints = []
    for c, h, start, end in zip(segments, durations, points[:-1], points[1:], strict=True):
        constraints += [c[0] == start, c[-1] == end]
        for order in range(4):
            value = bernstein(DEGREE - order) @ derivative(order, h) @ c  # (samples, nq)
            constraints += [value <= np.array(upper[order]), value >= np.array(lower[order])]
    for order in (1, 2):
        constraints += [(derivative(order, durations[0]) @ segments[0])[0] == 0]
        constraints += [(derivative(order, durations[-1]) @ segments[-1])[-1] == 0]
        for k in range(len(segments) - 1):
            before = (derivative(order, durations[k]) @ segments[k])[-1]
            constraints += [before == (derivative(order, durations[k + 1]) @ segments[k + 1])[0]]
    unit = float(durations.mean()) ** 5  # makes the cost a pure number
    cost = sum(
        h * unit * cp.sum_squares(ROOT @ derivative(3, h) @ c)
        for c, h in zip(segments, durations, strict=True)
    )
    problem = cp.Problem(cp.Minimize(cost), constraints)
    problem.solve(solver=cp.CLARABEL, canon_backend=cp.SCIPY_CANON_BACKEND)
    if problem.status != cp.OPTIMAL:
        raise NoSolutionError(
            f"no motion of {robot.name!r} through these {len(points)} points in {times[-1] - times[0]:.6g} s "
            f"keeps its limits ({problem.status}); give it more time, or points within its joints' range"
        )
    return BPoly(np.stack([np.asarray(c.value) for c in segments], axis=1), times)


def derivative(order: int, duration_s: float) -> FloatArray:
    """The matrix (6 − order, 6) from coefficients of q to those of its derivative with respect to time."""
    matrix = np.eye(DEGREE + 1)
    for k in range(order):
        matrix = (DEGREE - k) / duration_s * np.diff(matrix, axis=0)
    return matrix


def bernstein(degree: int) -> FloatArray:
    """The Bernstein polynomials at SAMPLES, (samples, degree + 1)."""
    return np.column_stack(
        [comb(degree, i) * SAMPLES**i * (1 - SAMPLES) ** (degree - i) for i in range(degree + 1)]
    )


# ∫₀¹ |Σ j_i B_i²(τ)|² dτ = jᵀ G j with G_ik = C(2,i) C(2,k) / (5 C(4,i+k)), and |ROOT j|² = jᵀ G j.
GRAM = np.array([[comb(2, i) * comb(2, k) / (5 * comb(4, i + k)) for k in range(3)] for i in range(3)])
ROOT = np.linalg.cholesky(GRAM).T
