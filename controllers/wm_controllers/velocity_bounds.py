"""Position, velocity and acceleration limits of a joint as bounds on its next velocity."""

import numpy as np

from wm_controllers.controller import NoSolutionError
from wm_robot.core.arrays import FloatArray
from wm_robot.robots import RobotSpec

SLACK_RAD_S = 1e-6
"""How far bounds may cross by rounding."""


def velocity_bounds(robot: RobotSpec, q: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest velocity (nq,), rad/s, that the next control period of length T may have.

        |v⁺| ≤ v_max,   |v⁺ − v| ≤ a_max T,   and from v⁺ the joint can still brake within its range:
        D(v⁺) = T (v⁺ + (v⁺ − a T) + (v⁺ − 2 a T) + …) ≤ q_max − q,   the positive terms only

    D is the distance that is covered by q ← q + v T while braking at a_max, the period of v⁺ included.
    A velocity that satisfies it leaves max(0, v⁺ − a T) to the next period, which satisfies it again: bounds
    that hold once never become contradictory.

    Args:
        robot: limits, and T = 1 / control_rate_hz.
        q: joint positions at the beginning of the period (nq,), rad.
        v: velocities of the period before (nq,), rad/s.

    Raises:
        NoSolutionError: a joint is outside its range, or cannot brake in time, or is too fast.

    Source: Del Prete 2018, "Joint position and velocity bounds in discrete-time acceleration/torque
    control of robot arms"; differs: velocity is constant over a period, as a streamed command is.
    """
    period_s = 1.0 / robot.control_rate_hz
    a_max, v_max = np.array(robot.max_acceleration), np.array(robot.max_velocity)
    up = fastest_braking_speed(np.array(robot.upper) - q, a_max, period_s)
    down = fastest_braking_speed(q - np.array(robot.lower), a_max, period_s)
    high = np.minimum(np.minimum(v_max, up), v + a_max * period_s)
    low = np.maximum(np.maximum(-v_max, -down), v - a_max * period_s)
    for i in np.nonzero(low > high + SLACK_RAD_S)[0]:
        raise NoSolutionError(
            f"joint {robot.joint_names[i]} at {q[i]:.6g} rad and {v[i]:.6g} rad/s cannot keep its limits: "
            f"position [{robot.lower[i]:.6g}, {robot.upper[i]:.6g}] rad, speed {v_max[i]:.6g} rad/s, "
            f"acceleration {a_max[i]:.6g} rad/s²; stop the arm, and start again from joints at rest in range"
        )
    return np.minimum(low, high), high


def fastest_braking_speed(distance: FloatArray, a_max: FloatArray, period_s: float) -> FloatArray:
    """The v (nq,) with D(v) = `distance` (nq,): solves D for the n + 1 periods that braking takes.

    D(v) = T ((n + 1) v − n (n + 1) a T / 2) with n a T ≤ v < (n + 1) a T. A negative distance has to be
    made good within one period.
    """
    ratio = np.maximum(distance, 0.0) / (a_max * period_s**2)
    n = np.floor((np.sqrt(1.0 + 8.0 * ratio) - 1.0) / 2.0)
    return (distance / period_s + a_max * period_s * n * (n + 1.0) / 2.0) / (n + 1.0)
