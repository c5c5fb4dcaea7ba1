"""Every joint a spring and a damper about a moving target, for arms that take torques."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from wm_controllers.controller import JointTarget
from wm_controllers.damping import modal_damping
from wm_controllers.dynamics import coriolis_matrix, gravity_torque, mass_matrix, torque_limit
from wm_controllers.kinematics import Arm
from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError


@dataclass(frozen=True, kw_only=True)
class JointImpedanceConfig:
    """How stiff the joints are.

    Args:
        stiffness: N·m/rad, one figure for all joints or one each.
        damping_ratio: ζ of every mode; 1 is critical.
    """

    stiffness: float | tuple[float, ...] = 50.0
    damping_ratio: float = 1.0

    def __post_init__(self) -> None:
        if not (np.all(np.asarray(self.stiffness) > 0) and self.damping_ratio > 0):
            raise WmrError(f"stiffness={self.stiffness}, damping_ratio={self.damping_ratio}: all must be > 0")


class JointImpedance:
    """Torques that let the joints follow a target as springs and dampers would.

        τ = M(q) a* + C(q, v) v* + g(q) + K (q* − q) + D (v* − v),   |τ_i| ≤ τ_max,i

    Left to itself the arm then moves as M ë + (C + D) ė + K e = 0, and ½ ėᵀ M ė + ½ eᵀ K e falls at the
    rate ėᵀ D ė, because Ṁ − 2C is skew-symmetric. That is why C stands before v* and not before v: to cancel
    the arm's own Coriolis forces would leave ½ ėᵀ Ṁ ė behind, which can feed energy in. While a torque is
    at its limit none of this is promised.

    Args:
        arm: dynamics and torque limits.
        config: stiffness and damping; D comes from `modal_damping` at the present q.

    Raises:
        ShapeError: another number of stiffnesses than of joints.

    Source: Paden and Panja 1988 (PD+); Takegaki and Arimoto 1981.
    """

    target = JointTarget
    command: Literal["torque"] = "torque"

    def __init__(self, arm: Arm, config: JointImpedanceConfig | None = None) -> None:
        self.arm = arm
        self.config = config or JointImpedanceConfig()
        stiffness = self.config.stiffness
        each = stiffness if isinstance(stiffness, tuple) else (stiffness,) * arm.robot.nq
        self.stiffness = np.diag(arm.joints("stiffness", each))
        self._max_torque = torque_limit(arm)

    def step(self, q: FloatArray, v: FloatArray, target: JointTarget) -> FloatArray:
        """Torques (nq,), N·m, for the next control period.

        Args:
            q: measured joint positions (nq,), rad.
            v: measured joint velocities (nq,), rad/s.
            target: where the joints shall be.

        Raises:
            ShapeError, NotFiniteError: an argument of another shape, or with NaN.
        """
        joints = self.arm.joints
        q, v = joints("q", q), joints("v", v)
        q_want, v_want, a_want = joints("q*", target.q), joints("v*", target.v), joints("a*", target.a)
        M = mass_matrix(self.arm, q)
        D = modal_damping(M, self.stiffness, self.config.damping_ratio)
        feedforward = M @ a_want + coriolis_matrix(self.arm, q, v) @ v_want + gravity_torque(self.arm, q)
        torque = feedforward + self.stiffness @ (q_want - q) + D @ (v_want - v)
        return np.clip(torque, -self._max_torque, self._max_torque)
