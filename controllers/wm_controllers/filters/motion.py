"""Joint motion as it is commanded, and the quickest way from it to a standstill."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import ruckig

from wm_robot.core.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Motion:
    """Joint positions q, velocities v and accelerations a (nq,) at one instant, rad and s."""

    q: FloatArray
    v: FloatArray
    a: FloatArray

    @classmethod
    def of(cls, state: tuple[Sequence[float], Sequence[float], Sequence[float]]) -> "Motion":
        q, v, a = state
        return cls(np.array(q), np.array(v), np.array(a))

    def after(self, jerk: FloatArray, dt: float | FloatArray) -> "Motion":
        """The motion `dt` s later under a constant jerk (nq,), rad/s³."""
        return Motion(
            self.q + dt * (self.v + dt / 2 * (self.a + dt / 3 * jerk)),
            self.v + dt * (self.a + dt / 2 * jerk),
            self.a + dt * jerk,
        )


class Planner:
    """Time-optimal motions within limits of velocity, acceleration and jerk, a joint at a time.

    Source: Berscheid and Kröger 2021, Jerk-limited real-time trajectory generation (Ruckig).

    Args:
        max_acceleration: (nq,), rad/s².
        max_jerk: (nq,), rad/s³.
    """

    def __init__(self, max_acceleration: FloatArray, max_jerk: FloatArray) -> None:
        nq = len(max_jerk)
        self._solver = ruckig.Ruckig(nq)
        self._input = ruckig.InputParameter(nq)
        self._input.max_acceleration, self._input.max_jerk = max_acceleration.tolist(), max_jerk.tolist()
        self._nq = nq

    def to(self, motion: Motion, q: FloatArray, max_velocity: FloatArray) -> ruckig.Trajectory | None:
        """From `motion` to rest at `q` (nq,); None where none was found."""
        self._input.control_interface = ruckig.ControlInterface.Position
        self._input.synchronization = ruckig.Synchronization.No
        self._input.max_velocity = max_velocity.tolist()
        self._input.target_position = q.tolist()
        self._input.target_velocity = [0.0] * self._nq
        return self._solve(motion)

    def stop(self, motion: Motion) -> ruckig.Trajectory | None:
        """From `motion` to a standstill of all joints when the slowest can; None where none was found.

        Together, because joints that stop one by one swing the tool aside.
        """
        self._input.control_interface = ruckig.ControlInterface.Velocity
        self._input.synchronization = ruckig.Synchronization.Time
        self._input.target_velocity = [0.0] * self._nq
        return self._solve(motion)

    def _solve(self, motion: Motion) -> ruckig.Trajectory | None:
        self._input.current_position = motion.q.tolist()
        self._input.current_velocity = motion.v.tolist()
        self._input.current_acceleration = motion.a.tolist()
        trajectory = ruckig.Trajectory(self._nq)
        try:
            self._solver.calculate(self._input, trajectory)
        except ruckig.RuckigError:
            return None
        return trajectory
