"""The fastest motion along a given joint path."""

from dataclasses import dataclass

import cvxpy as cp
import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from wm_controllers.controller import JointTarget, NoSolutionError
from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import WmrError
from wm_robot.robots import RobotSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class TimedPath:
    """A joint path and when each place on it is passed.

    Args:
        path: q(s), s from 0 to 1.
        s: grid (N + 1,).
        speed: ṡ on the grid (N + 1,), 1/s.
        times_s: when each grid point is passed (N + 1,), s, from 0.
    """

    path: CubicSpline
    s: FloatArray
    speed: FloatArray
    times_s: FloatArray

    @property
    def duration_s(self) -> float:
        return float(self.times_s[-1])

    def at(self, time_s: float) -> JointTarget:
        """Positions, velocities and accelerations (nq,) at `time_s`; before and after it the arm rests."""
        if not 0.0 <= time_s <= self.duration_s:
            rest = np.zeros(self.path.c.shape[-1])
            return JointTarget(q=self.path(0.0 if time_s < 0 else 1.0), v=rest, a=rest)
        i = min(int(np.searchsorted(self.times_s, time_s, side="right")) - 1, len(self.s) - 2)
        elapsed, interval = time_s - self.times_s[i], self.times_s[i + 1] - self.times_s[i]
        acceleration = (self.speed[i + 1] - self.speed[i]) / interval
        s = self.s[i] + self.speed[i] * elapsed + 0.5 * acceleration * elapsed**2
        speed = self.speed[i] + acceleration * elapsed
        slope, bend = self.path(s, 1), self.path(s, 2)
        return JointTarget(q=self.path(s), v=slope * speed, a=slope * acceleration + bend * speed**2)


def time_optimal(robot: RobotSpec, q: ArrayLike, intervals: int = 100) -> TimedPath:
    """The fastest motion, from rest to rest, along the natural cubic spline through given points.

    With b = ṡ² and a = s̈, so b' = 2a, velocities and accelerations are linear in (b, a):

        min Σ_i 2 Δs / (√b_i + √b_{i+1})   subject to   b_{i+1} − b_i = 2 a_i Δs,   b_0 = b_N = 0,
            q'(s)² b ≤ v_max²,   |q'(s) a + q''(s) b| ≤ a_max   at both ends of every interval

    a convex (second-order cone) programme whose minimum is the global one. Acceleration jumps from limit
    to limit: track it with a jerk-limited controller, or scale it down in time. Between grid points
    the limits hold up to the curvature of the path over one interval.

    Args:
        robot: velocity and acceleration limits; position limits bind the points and the spline between.
        q: points (m, nq), rad, in the joint order of `robot`; no two in a row the same.
        intervals: N.

    Raises:
        ShapeError, NotFiniteError: an argument of another shape, or with NaN.
        WmrError: fewer than two points, or one that is repeated.
        NoSolutionError: the path leaves the joints' range, or the solver gives up.

    Source: Verscheure et al. 2009, "Time-optimal path tracking for robots: a convex optimization approach";
    differs: joint accelerations are limited, not torques.
    """
    path = _spline(robot, q)
    s, step = np.linspace(0.0, 1.0, intervals + 1), 1.0 / intervals
    v_max, a_max = np.array(robot.max_velocity), np.array(robot.max_acceleration)
    # Time in units of about the motion's duration, and shares of the limits: the solver wants numbers near 1.
    lengths = np.abs(np.diff(path(s), axis=0)).sum(axis=0)  # (nq,)
    unit_s = float(np.max(np.maximum(lengths / v_max, 2.0 * np.sqrt(lengths / a_max))))
    slope, bend = path(s, 1), path(s, 2)  # (N + 1, nq)
    fastest = np.min((unit_s * v_max / np.maximum(np.abs(slope), 1e-9)) ** 2, axis=1)  # (N + 1,)
    # At rest at both ends: left in as variables, b_0 = b_N = 0 would leave the cones √b ≥ c no interior.
    b_between, root_between = cp.Variable(intervals - 1), cp.Variable(intervals - 1)
    b, root = cp.hstack([0, b_between, 0]), cp.hstack([0, root_between, 0])  # (N + 1,)
    a = cp.diff(b) / (2 * step)
    constraints = [cp.square(root_between) <= b_between, b_between <= fastest[1:-1]]
    for joint in range(robot.nq):
        scale = 1.0 / (a_max[joint] * unit_s**2)
        for end in (slice(None, -1), slice(1, None)):
            share = cp.multiply(scale * slope[end, joint], a) + cp.multiply(scale * bend[end, joint], b[end])
            constraints += [cp.abs(share) <= 1]
    duration = 2 * step * cp.sum(cp.inv_pos(root[:-1] + root[1:]))
    problem = cp.Problem(cp.Minimize(duration), constraints)
    problem.solve(solver=cp.CLARABEL)
    if problem.status != cp.OPTIMAL:
        raise NoSolutionError(f"no timing of this path of {robot.name!r} was found: {problem.status}")
    speed = np.sqrt(np.asarray(b.value)) / unit_s
    times_s = np.concatenate([[0.0], np.cumsum(2 * step / (speed[:-1] + speed[1:]))])
    return TimedPath(path=path, s=s, speed=speed, times_s=times_s)


def _spline(robot: RobotSpec, q: ArrayLike) -> CubicSpline:
    points = finite_array("q", q, ("points", robot.nq), names=robot.joint_names)
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    if len(points) < 2 or np.any(lengths < 1e-9):
        raise WmrError("a path needs two points or more, no two in a row the same")
    at = np.concatenate([[0.0], np.cumsum(lengths)]) / lengths.sum()
    path = CubicSpline(at, points, bc_type="natural")
    between = path(np.linspace(0.0, 1.0, 1001))
    outside = np.any((between < robot.lower) | (between > robot.upper), axis=0)
    if outside.any():
        names = [name for name, out in zip(robot.joint_names, outside, strict=True) if out]
        raise NoSolutionError(
            f"the path takes {', '.join(names)} of {robot.name!r} out of range; move its points"
        )
    return path
