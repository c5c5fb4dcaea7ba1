"""What lies between a joint command and a servo's target: delay, play, and the arm's own brake."""

from collections import deque

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.robots import RobotSpec


class Drivetrain:
    """Turns commands into the target that the position servos follow at each physics step.

    A command acts `delay_s` after it was given. A servo of stiffness k_p and damping k_v lags a motion by
    k_v / k_p; the velocity v of a command is fed forward,

        m = q + (k_v / k_p − servo lag) v,

    so that the joint lags by the spec's `servo_lag_s`. Play of width b is the play operator on the motor's
    target m: the output o stays where it is until the motor takes it along,

        o ← min(max(o, m − b/2), m + b/2).

    Args:
        spec: servo lag, delay, play and acceleration limits.
        damping_s: k_v / k_p of the joints' servos (nq,), s.

    Source: Visintin 1994, Differential Models of Hysteresis, III.2 (play operator).
    """

    def __init__(self, spec: RobotSpec, damping_s: FloatArray) -> None:
        self._lead_s = np.maximum(damping_s - spec.servo_lag_s, 0.0)
        self._delay_ns = round(spec.imperfections.delay_s * 1e9)
        self._half_play = spec.imperfections.backlash_rad / 2
        self._max_velocity = np.array(spec.max_velocity)
        self._max_acceleration = np.array(spec.max_acceleration)
        self.reset(np.array(spec.home))

    def reset(self, q: FloatArray) -> None:
        """Rest at `q` (nq,), rad, with nothing under way."""
        self._under_way: deque[tuple[int, FloatArray, FloatArray]] = deque()
        self._q, self._v, self._output = q.copy(), np.zeros_like(q), q.copy()
        self._brake_v: FloatArray | None = None

    @property
    def braking(self) -> bool:
        return self._brake_v is not None

    def command(self, q: FloatArray, v: FloatArray, now_ns: int) -> None:
        """Pass `q` (nq,), rad, at `v` (nq,), rad/s, after the delay; ends a braking once it acts."""
        self._under_way.append((now_ns, q, v))

    def brake(self, v: FloatArray) -> None:
        """From velocities `v` (nq,), rad/s, brake at the joints' largest acceleration and hold.

        Commands under way are dropped.
        """
        self._under_way.clear()
        self._brake_v = np.clip(v, -self._max_velocity, self._max_velocity)

    def target(self, now_ns: int, step_s: float, extra_delay_s: float = 0.0) -> FloatArray:
        """Where the servos shall be (nq,), rad, during the step of `step_s` that begins at `now_ns`."""
        acting_ns = now_ns - self._delay_ns - round(extra_delay_s * 1e9)
        while self._under_way and self._under_way[0][0] <= acting_ns:
            _, self._q, self._v = self._under_way.popleft()
            self._brake_v = None
        if self._brake_v is not None:
            self._q, self._v = self._q + self._brake_v * step_s, self._brake_v
            slower = np.maximum(np.abs(self._brake_v) - self._max_acceleration * step_s, 0.0)
            self._brake_v = np.copysign(slower, self._brake_v)
        motor = self._q + self._lead_s * self._v
        low, high = motor - self._half_play, motor + self._half_play
        self._output = np.minimum(np.maximum(self._output, low), high)
        return self._output
