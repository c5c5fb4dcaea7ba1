"""Joint trajectories that are made while they are followed, within velocity, acceleration and jerk limits."""

from dataclasses import dataclass

import numpy as np
from ruckig import InputParameter, OutputParameter, Result, Ruckig

from wm_controllers.controller import JointTarget, NoSolutionError
from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import WmrError
from wm_robot.robots import RobotSpec


@dataclass(frozen=True, kw_only=True)
class OnlineTrajectoryConfig:
    """How fast the arm may go.

    Args:
        speed_scale: σ in (0, 1]: the same motions, 1/σ as slow. Speed limits are multiplied by σ,
            acceleration limits by σ² and jerk limits by σ³.
    """

    speed_scale: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.speed_scale <= 1:
            raise WmrError(f"speed_scale={self.speed_scale}; it must be in (0, 1]")


class OnlineTrajectory:
    """The fastest motion to a target that may change at every control period; all joints arrive together.

        |v| ≤ σ v_max,   |a| ≤ σ² a_max,   |j| ≤ σ³ j_max

    Between two periods the jerk is piecewise constant, so the limits hold in between as well. Every
    target lies within the joints' range, and a motion ends there; on the way from one target's motion to
    another's, a joint that is still fast may swing past its target before it returns.

    Args:
        robot: limits, and the period 1 / control_rate_hz.
        config: how fast.

    Source: Berscheid and Kröger 2021, "Jerk-limited real-time trajectory generation with arbitrary
    target states" (the ruckig library).
    """

    def __init__(self, robot: RobotSpec, config: OnlineTrajectoryConfig | None = None) -> None:
        self.robot = robot
        scale = (config or OnlineTrajectoryConfig()).speed_scale
        self._otg = Ruckig(robot.nq, 1.0 / robot.control_rate_hz)
        self._input, self._output = InputParameter(robot.nq), OutputParameter(robot.nq)
        self._input.max_velocity = (scale * np.array(robot.max_velocity)).tolist()
        self._input.max_acceleration = (scale**2 * np.array(robot.max_acceleration)).tolist()
        self._input.max_jerk = (scale**3 * np.array(robot.max_jerk)).tolist()
        self._ready = False

    def reset(self, q: FloatArray) -> None:
        """Start from rest at joint positions `q` (nq,), rad, wherever they are.

        Raises:
            ShapeError, NotFiniteError: `q` has another shape, or NaN.
        """
        self._input.current_position = self._joints("q", q).tolist()
        self._input.current_velocity = self._input.current_acceleration = [0.0] * self.robot.nq
        self._otg.reset()
        self._ready = True

    def step(self, q: FloatArray, v: FloatArray | None = None) -> JointTarget:
        """Positions, velocities and accelerations (nq,) at the end of the next control period.

        Args:
            q: where to go (nq,), rad.
            v: how fast to pass there (nq,), rad/s; left out, the motion ends there at rest.

        Raises:
            ShapeError, NotFiniteError: an argument of another shape, or with NaN.
            WmrError: not reset yet.
            NoSolutionError: a target out of the joints' range or faster than their limits. The state stays
                what it was.
        """
        if not self._ready:
            raise WmrError("the trajectory has no start; call reset(q) with the arm's joints first")
        q = self._joints("target q", q)
        v = np.zeros(self.robot.nq) if v is None else self._joints("target v", v)
        self._refuse_unreachable(q, v)
        self._input.target_position, self._input.target_velocity = q.tolist(), v.tolist()
        result = self._otg.update(self._input, self._output)
        if result not in (Result.Working, Result.Finished):
            raise NoSolutionError(f"no trajectory of {self.robot.name!r} to q={q}, v={v}: {result}")
        self._output.pass_to_input(self._input)
        return JointTarget(
            q=np.array(self._output.new_position),
            v=np.array(self._output.new_velocity),
            a=np.array(self._output.new_acceleration),
        )

    def _joints(self, what: str, value: FloatArray) -> FloatArray:
        return finite_array(what, value, (self.robot.nq,), names=self.robot.joint_names)

    def _refuse_unreachable(self, q: FloatArray, v: FloatArray) -> None:
        robot = self.robot
        for i in np.nonzero((q < robot.lower) | (q > robot.upper))[0]:
            raise NoSolutionError(
                f"target of joint {robot.joint_names[i]} is {q[i]:.6g} rad, valid: "
                f"[{robot.lower[i]:.6g}, {robot.upper[i]:.6g}] rad"
            )
        for i in np.nonzero(np.abs(v) > self._input.max_velocity)[0]:
            raise NoSolutionError(
                f"target speed of joint {robot.joint_names[i]} is {v[i]:.6g} rad/s, valid: up to "
                f"{self._input.max_velocity[i]:.6g} rad/s"
            )
