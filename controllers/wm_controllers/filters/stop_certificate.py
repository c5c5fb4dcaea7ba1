"""Whether an arm that brakes keeps its limits and its distances until it stands."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import ruckig

from wm_controllers.collision import Clearances
from wm_controllers.filters.joint_limits import JointLimits
from wm_controllers.filters.motion import Motion
from wm_robot.core.arrays import FloatArray

SLACK_M = 0.0005
"""By which clearances are positive where they are computed, so that they need not be computed everywhere."""


@dataclass(frozen=True, slots=True)
class Path:
    """Joint motion during `duration` s between two ends.

    at: joints (k, nq) at times t (k,), s.
    near, far: its ends (nq,), rad; `near` is where clearances are known.
    detour: by how much it is longer than the way between its ends (nq,), rad, at most.
    peaks: |q̇| and |q̈| at most (nq,).
    """

    at: Callable[[FloatArray], FloatArray]
    duration: float
    near: FloatArray
    far: FloatArray
    detour: FloatArray
    peaks: Callable[[], tuple[FloatArray, FloatArray]]


MOST_PIECES = 16
"""Into which a path is cut before it is refused."""


class StopCertificate:
    """Proves a step, and the stop that follows it, safe at every instant.

    A clearance h changes by at most reach · s while the joints travel s (nq,). So nothing needs a look
    whose clearance is greater than what the whole path can take from it. Of the others, h is computed at
    both ends of the path, and between two samples

        h ≥ (h₀ + h₁ − reach · (|q₁ − q₀| + e)) / 2,

    with e by how much the path is longer than the way between its ends. From a plane (the table, a wall) h
    is linear in the points p of the arm, which on a piece of T s leave their chord by no more than
    T² |p̈| / 8:

        h ≥ min(h₀, h₁) − T² (reach · |q̈| + (reach · |q̇|) Σ|q̇|) / 8.

    A path on which both may be negative is cut into pieces; it is refused where a sample has less than
    SLACK_M, or the pieces do not prove it either.

    Args:
        clearances: that must stay positive.
        lower: joint limits (nq,), rad.
        upper: (nq,), rad.
        limits: A and J of the stops.
        dt: control period, s.
    """

    def __init__(
        self, clearances: Clearances, lower: FloatArray, upper: FloatArray, limits: JointLimits, dt: float
    ) -> None:
        self._clearances, self._lower, self._upper = clearances, lower, upper
        self._max_acceleration, self._max_jerk, self._dt = limits.A, limits.J, dt

    def __call__(self, motion: Motion, jerk: FloatArray, step: Motion, stop: ruckig.Trajectory) -> bool:
        """Whether the arm may go on from `motion` at a constant `jerk` (nq,) to `step`, then along `stop`."""
        q1 = np.array(stop.at_time(stop.duration)[0])
        swing, detour = self._swing(step), self._detour(motion, jerk, step)
        ends = np.array([motion.q - detour, motion.q + detour, step.q - swing, step.q + swing, q1])
        if not ((ends >= self._lower) & (ends <= self._upper)).all():
            return False
        reach = self._clearances.reach
        before = reach @ (np.abs(step.q - motion.q) + detour)
        after = reach @ (np.abs(q1 - step.q) + 2 * swing)
        fall = np.maximum(before, after)
        h = self._clearances(step.q, below=fall + SLACK_M)
        if not (h >= SLACK_M).all():
            return False
        period = Path(
            at=lambda t: motion.after(jerk, t[:, None]).q,
            duration=self._dt,
            near=step.q,
            far=motion.q,
            detour=detour,
            peaks=lambda: self._peaks_of_step(motion, jerk, step),
        )
        braking = Path(
            at=lambda t: np.array([stop.at_time(instant)[0] for instant in t.tolist()]),
            duration=stop.duration,
            near=step.q,
            far=q1,
            detour=2 * swing,
            peaks=lambda: self._peaks_of_stop(step),
        )
        return self._proved(period, h, before) and self._proved(braking, h, after)

    def _swing(self, motion: Motion) -> FloatArray:
        """How far a stop can carry each joint beyond both its ends (nq,), rad, at most.

        The acceleration of a stop changes its sign once at most. So a joint turns back once at most, and
        only where its acceleration a is against its velocity v and cannot be taken away before v has gone,
        a² > 2 J |v|. Until then it moves for 2 |v| / |a| at most, at |v| at most.
        """
        v, a = np.abs(motion.v), np.abs(motion.a)
        turns = (motion.v * motion.a < 0) & (a**2 > 2 * self._max_jerk * v)
        return np.where(turns, 2 * v**2 / np.maximum(a, 1e-12), 0.0) if turns.any() else np.zeros(len(v))

    def _detour(self, motion: Motion, jerk: FloatArray, step: Motion) -> FloatArray:
        """By how much a step's path is longer than the way between its ends (nq,), rad, at most.

        Nothing where v and a keep their signs. Otherwise |v(t)| exceeds its greater end by |j| dt²/8 at
        most, the height of a parabola over its chord.
        """
        turns = (motion.v * step.v < 0) | (motion.a * step.a < 0)
        if not turns.any():
            return np.zeros(len(turns))
        fastest, _ = self._peaks_of_step(motion, jerk, step)
        return np.where(turns, self._dt * fastest - np.abs(step.q - motion.q), 0.0)

    def _peaks_of_step(self, motion: Motion, jerk: FloatArray, step: Motion) -> tuple[FloatArray, FloatArray]:
        v = np.maximum(np.abs(motion.v), np.abs(step.v)) + np.abs(jerk) * self._dt**2 / 8
        return v, np.maximum(np.abs(motion.a), np.abs(step.a))

    def _peaks_of_stop(self, step: Motion) -> tuple[FloatArray, FloatArray]:
        """A stop takes the acceleration away, and then brakes with no more than what J can undo in time."""
        a, J = np.abs(step.a), self._max_jerk
        v = np.abs(step.v) + a**2 / (2 * J)
        return v, np.maximum(a, np.minimum(np.sqrt(J * v), self._max_acceleration))

    def _proved(self, path: Path, h_near: FloatArray, fall: FloatArray) -> bool:
        """Whether all rows stay positive on a path: they begin at `h_near` and lose `fall` at most (R,)."""
        rows = (h_near < fall + SLACK_M).nonzero()[0]
        if not len(rows):
            return True
        h_far = self._clearances.exact(path.far, rows)
        if not (h_far >= SLACK_M).all():
            return False
        h_near, fall = h_near[rows], fall[rows]
        open_ = h_near + h_far < fall
        if not open_.any():
            return True
        rows, h_near, h_far, fall = rows[open_], h_near[open_], h_far[open_], fall[open_]
        reach, (v, a) = self._clearances.reach[rows], path.peaks()
        dip = path.duration**2 / 8 * (reach @ a + (reach @ v) * v.sum())
        dip = np.where(self._clearances.flat[rows], dip, np.inf)
        # How much of what is there the path may take, in pieces: all of it is one.
        needed = np.minimum(fall / (h_near + h_far), np.sqrt(dip / np.minimum(h_near, h_far)))
        hardest = needed.max()
        if hardest <= 1:
            return True
        open_ = needed > 1
        pieces = min(int(1.5 * hardest) + 1, MOST_PIECES)
        between = path.at(path.duration / pieces * np.arange(1, pieces))  # (pieces - 1, nq)
        sampled = self._clearances.exact(between, rows[open_])
        if not (sampled >= SLACK_M).all():
            return False
        q = np.concatenate([path.near[None], between, path.far[None]])  # (pieces + 1, nq)
        h = np.concatenate([h_near[None, open_], sampled, h_far[None, open_]])  # (pieces + 1, rows)
        travel = (np.abs(q[1:] - q[:-1]) + path.detour) @ reach[open_].T
        lowest = np.minimum(h[1:], h[:-1])
        return bool(((h[1:] + h[:-1] >= travel) | (lowest >= dip[open_] / pieces**2)).all())
