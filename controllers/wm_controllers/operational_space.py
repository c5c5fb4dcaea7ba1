"""The end effector a spring and a damper about a moving pose, for arms that take torques."""

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from wm_controllers.controller import PoseTarget
from wm_controllers.damping import modal_damping
from wm_controllers.dynamics import gravity_torque, mass_matrix, torque_limit
from wm_controllers.kinematics import Arm
from wm_controllers.pose_error import checked_target, pose_error, task_rows
from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError

SINGULAR = 1e-4
"""ε, 1/kg and 1/(kg·m²): bounds the inertia that a singular arm shows."""


@dataclass(frozen=True, kw_only=True)
class OperationalSpaceConfig:
    """How stiff the end effector is, and how strongly the rest of the arm goes home.

    Args:
        stiffness_n_m: against a shift, N/m, alike in every direction.
        stiffness_nm_rad: against a turn, N·m/rad, alike about every axis.
        damping_ratio: ζ of every mode; 1 is critical.
        posture_rad_s: natural frequency of the return to the home posture in the null space; 0 leaves the
            null space undriven and undamped.
    """

    stiffness_n_m: float = 400.0
    stiffness_nm_rad: float = 30.0
    damping_ratio: float = 1.0
    posture_rad_s: float = 3.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (0 <= value < np.inf and (value > 0 or field.name == "posture_rad_s")):
                raise WmrError(f"operational space {field.name}={value}; it must be finite and > 0")


class OperationalSpaceImpedance:
    """Torques that hold the end effector as a spring and a damper would, without a force sensor.

        τ = Jᵀ (K e + D (V* − J v)) + g(q) + (M − Jᵀ Λ J) (ω² (q_home − q) − 2 ω v)
        Λ = (J M⁻¹ Jᵀ + ε I)⁻¹,   |τ_i| ≤ τ_max,i

    J is the end effector's body Jacobian, e the pose error in E (`pose_error`) and V* the target's velocity
    in E. The arm's own inertia is what is felt: it is not reshaped, which would need measured forces. For a
    target at rest ½ vᵀ M v + ½ eᵀ K e falls at the rate (J v)ᵀ D (J v) or faster, since K is isotropic in
    shift and in turn, Ṁ − 2C is skew-symmetric and Coriolis forces are not cancelled. The last term is the
    posture's: M − Jᵀ Λ J = M (I − J̄ J) gives the task no acceleration (J̄ is the dynamically consistent
    inverse); its damper is passive too, its spring may exchange energy with the rest but holds little.
    A moving target's inertial and Coriolis forces are not fed forward: E lags a fast one.

    Args:
        arm: dynamics and torque limits.
        config: stiffness and damping; D comes from `modal_damping` of Λ at the present q.

    Source: Khatib 1987 (operational space, null space); Ott 2008 (impedance without inertia shaping).
    """

    target = PoseTarget
    command: Literal["torque"] = "torque"

    def __init__(self, arm: Arm, config: OperationalSpaceConfig | None = None) -> None:
        self.arm = arm
        self.config = config or OperationalSpaceConfig()
        self._rows = task_rows(arm)
        linear, angular = self.config.stiffness_n_m, self.config.stiffness_nm_rad
        self.stiffness = np.diag(([linear] * 3 + [angular] * 3)[: self._rows])
        self._home = np.array(arm.robot.home)
        self._max_torque = torque_limit(arm)

    def step(self, q: FloatArray, v: FloatArray, target: PoseTarget) -> FloatArray:
        """Torques (nq,), N·m, for the next control period.

        Args:
            q: measured joint positions (nq,), rad.
            v: measured joint velocities (nq,), rad/s.
            target: where the end effector shall be.

        Raises:
            ShapeError, NotFiniteError: an argument of another shape, or with NaN.
        """
        q, v = self.arm.joints("q", q), self.arm.joints("v", v)
        X_WT, V_WE = checked_target(target)
        X_WE = self.arm.place(q)
        J = self.arm.jacobian()[: self._rows]  # (rows, nq)
        R_EW = X_WE.rotation.T
        V_E = np.concatenate([R_EW @ V_WE[:3], R_EW @ V_WE[3:]])[: self._rows]
        M = mass_matrix(self.arm, q)
        task_inertia = np.linalg.inv(J @ np.linalg.solve(M, J.T) + SINGULAR * np.eye(self._rows))
        D = modal_damping(task_inertia, self.stiffness, self.config.damping_ratio)
        wrench = self.stiffness @ pose_error(X_WE.actInv(X_WT), self._rows) + D @ (V_E - J @ v)
        frequency = self.config.posture_rad_s
        pull = frequency**2 * (self._home - q) - 2.0 * frequency * v
        posture = M @ pull - J.T @ (task_inertia @ (J @ pull))
        torque = J.T @ wrench + gravity_torque(self.arm, q) + posture
        return np.clip(torque, -self._max_torque, self._max_torque)
