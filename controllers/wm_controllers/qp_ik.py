"""Streaming inverse kinematics: one quadratic programme a control period."""

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import pinocchio as pin
from proxsuite import proxqp

from wm_controllers.controller import NoSolutionError, PoseTarget
from wm_controllers.kinematics import Arm
from wm_controllers.pose_error import checked_target, pose_error, task_rows
from wm_controllers.velocity_bounds import velocity_bounds
from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError

ACTIVE = 1e-8
"""Multiplier from which a bound counts as active; the solver's are good to 1e-9."""


@dataclass(frozen=True, kw_only=True)
class QPIKConfig:
    """Weights and gains of the programme.

    Args:
        task_gain: κ, 1/s: share of the pose error that is made good a second.
        max_linear_m_s: fastest end-effector speed that a pose error asks for.
        max_angular_rad_s: likewise, turning.
        orientation_weight: w, m/rad: how much a turn counts against a shift.
        posture_gain: κ_p, 1/s: share of the way to the home posture that is made good a second.
        posture_weight: w_p, m/rad: how much the posture counts against the task.
        damping_weight: w_d, m/rad: how much joint motion costs against the task.
    """

    task_gain: float = 10.0
    max_linear_m_s: float = 0.5
    max_angular_rad_s: float = 1.5
    orientation_weight: float = 0.3
    posture_gain: float = 1.0
    posture_weight: float = 0.003
    damping_weight: float = 0.002

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0 < getattr(self, field.name) < np.inf:
                raise WmrError(f"QP IK {field.name}={getattr(self, field.name)}; it must be finite and > 0")


class QPIK:
    """Joint velocities that follow a moving end-effector pose within the joints' limits.

        v* = argmin_v ½ |W (J_E v − ξ)|² + ½ w_p² |v − κ_p (q_home − q)|² + ½ w_d² |v|²
             subject to  l(q, v_now) ≤ v ≤ u(q, v_now)

        ξ = V*_E + sat(κ e),   e = [R_WEᵀ (p* − p_WE); log(R_WEᵀ R*)],   W = diag(1, 1, 1, w, w, w)

    J_E is the end effector's body Jacobian and V*_E the target's velocity, in E. For an arm that cannot
    choose its tool's yaw, the row about the tool's axis is dropped (`pose_error`). Position, velocity and
    acceleration limits all become bounds on v (`velocity_bounds`), so the programme has a solution exactly
    if l ≤ u, and it has one for ever once q and v come from this controller: integrate q ← q + v T with
    T = 1 / robot.control_rate_hz and pass both back. Do not pass measured values, whose noise reads as
    acceleration.

    ProxQP's dense back-end finds which bounds are active; the rest is one linear system. Not built on pink,
    which states the same tasks: its braking bound √(2 a d) is that of continuous time, which some periods
    later contradicts the acceleration limit, and a step takes it longer.

    Args:
        arm: kinematics and limits.
        config: weights and gains.

    Source: Kanoun, Lamiraux and Wieber 2011; Bambade et al. 2022 (ProxQP).
    """

    target = PoseTarget
    command: Literal["velocity"] = "velocity"

    def __init__(self, arm: Arm, config: QPIKConfig | None = None) -> None:
        self.arm = arm
        self.config = config or QPIKConfig()
        self._rows = task_rows(arm)
        self._weights = np.array([1.0] * 3 + [self.config.orientation_weight] * 3)[: self._rows, None]
        self._home = np.array(arm.robot.home)
        self._solver = proxqp.dense.QP(arm.robot.nq, 0, 0, True)
        self._solver.settings.eps_abs = 1e-9
        self._solver.settings.max_iter = 200  # takes some ten to twenty; this bounds the time of a step

    def step(self, q: FloatArray, v: FloatArray, target: PoseTarget) -> FloatArray:
        """Joint velocities (nq,), rad/s, for the next control period.

        Args:
            q: commanded joint positions (nq,), rad.
            v: joint velocities commanded for the period that ends now (nq,), rad/s.
            target: where the end effector shall be.

        Raises:
            ShapeError, NotFiniteError: an argument of another shape, or with NaN.
            NoSolutionError: the limits contradict each other, or the solver gives up.
        """
        q, v = self.arm.joints("q", q), self.arm.joints("v", v)
        X_WT, V_WE = checked_target(target)
        low, high = velocity_bounds(self.arm.robot, q, v)
        H, g = self._objective(q, X_WT, V_WE)
        return self._solve(H, g, low, high)

    def _objective(self, q: FloatArray, X_WT: pin.SE3, V_WE: FloatArray) -> tuple[FloatArray, FloatArray]:
        """H (nq, nq) and g (nq,) of ½ vᵀ H v + gᵀ v."""
        config = self.config
        X_WE = self.arm.place(q)
        error = config.task_gain * pose_error(X_WE.actInv(X_WT), self._rows)
        error[:3] /= max(1.0, float(np.linalg.norm(error[:3])) / config.max_linear_m_s)
        error[3:] /= max(1.0, float(np.linalg.norm(error[3:])) / config.max_angular_rad_s)
        feedforward = np.concatenate([X_WE.rotation.T @ V_WE[:3], X_WE.rotation.T @ V_WE[3:]])
        J = self._weights * self.arm.jacobian()[: self._rows]  # (rows, nq)
        twist = self._weights[:, 0] * (feedforward[: self._rows] + error)
        H = J.T @ J
        H.flat[:: len(H) + 1] += config.posture_weight**2 + config.damping_weight**2
        posture = config.posture_weight**2 * config.posture_gain * (self._home - q)
        return H, -J.T @ twist - posture

    def _solve(self, H: FloatArray, g: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
        self._solver.init(H, g, None, None, None, None, None, low, high)
        self._solver.solve()
        results = self._solver.results
        if results.info.status != proxqp.QPSolverOutput.PROXQP_SOLVED:
            raise NoSolutionError(
                f"inverse kinematics of {self.arm.robot.name!r}: {results.info.status} after "
                f"{results.info.iter} iterations"
            )
        return _polished(H, g, low, high, np.array(results.z))


def _polished(H: FloatArray, g: FloatArray, low: FloatArray, high: FloatArray, z: FloatArray) -> FloatArray:
    """The minimum (nq,) to machine precision, given the multipliers `z` (nq,) of the bounds.

    The solver's last bits depend on where its memory lies; which bounds are active does not. With those
    held, what is left is a linear system, and a replay repeats the step bit for bit.
    """
    v = np.where(z < -ACTIVE, low, high)
    free = np.abs(z) <= ACTIVE
    if free.any():
        held = H[np.ix_(free, ~free)] @ v[~free]
        v[free] = np.linalg.solve(H[np.ix_(free, free)], -g[free] - held)
    return np.clip(v, low, high)
