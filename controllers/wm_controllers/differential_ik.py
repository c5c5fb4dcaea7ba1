"""Task-space command → joint command by differential inverse kinematics."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from wm_controllers.kinematics import Arm, load_arm, turning_joints
from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import WmrError
from wm_robot.kernels import native
from wm_robot.robots import RobotSpec

if TYPE_CHECKING:
    from wm_robot.kernels._native import DifferentialIk

AXES = ("x", "y", "z")


@dataclass(frozen=True, kw_only=True)
class IKConfig:
    """Numbers of the solver.

    Args:
        damping: λ, the cost of joint motion against task error.
        posture_gain: share of the way to the home posture taken in the null space, an iteration.
        iterations: Newton steps at most.
        tolerance: task error at which it stops, m and rad together.
        max_step_rad: largest joint motion of one iteration.
    """

    damping: float = 1e-3
    posture_gain: float = 0.05
    iterations: int = 50
    tolerance: float = 1e-4
    max_step_rad: float = 0.2

    def __post_init__(self) -> None:
        if self.damping <= 0 or self.iterations < 1:
            raise WmrError(
                f"IK damping={self.damping} must be positive, iterations={self.iterations} at least 1"
            )


class DifferentialIK:
    """Damped least squares with a null-space posture and joint limits.

        e  = [R_WEᵀ (p* − p_WE); log(R_WEᵀ R*)]
        dq = J⁺ e + k (I − J⁺ J)(q_home − q),   J⁺ = Jᵀ (J Jᵀ + (λ² + ½|e|²) I)⁻¹

    with J the end effector's body Jacobian. For an arm that cannot choose its tool's yaw the last row
    is dropped and the rotation error is that of the tool's axis alone, R_WEᵀ (z_E × z*). A joint that a
    step would carry past a limit stops there, and the step is solved again with the joints left.

    Solved in C++ where the compiled kernels are built, else by the loop here, which defines the arithmetic
    and takes about 20 times as long.

    Args:
        model: MJCF file of the arm.
        robot: names the arm's joints and its end-effector frame; other joints are frozen.
        config: numbers of the solver.

    Raises:
        UnknownNameError: the model lacks a joint or the end-effector frame.

    Source: Sugihara 2011 (damping by the error); Liégeois 1977 (null-space posture).
    """

    def __init__(self, model: Path, robot: RobotSpec, config: IKConfig | None = None) -> None:
        self.robot = robot
        self.config = config or IKConfig()
        self._arm = load_arm(model, robot)
        self._rows = 5 if robot.free_tool_yaw else 6
        self._lower, self._upper = np.array(robot.lower), np.array(robot.upper)
        self._home = np.array(robot.home)
        self._native = _compiled(self._arm, self.config) if native.is_available() else None

    def forward(self, q: Sequence[float] | FloatArray) -> tuple[FloatArray, FloatArray]:
        """End-effector position p_WE (3,), m, and orientation quat_wxyz (4,) at joints `q` (nq,)."""
        X_WE = self._arm.place(self._arm.joints("q", q))
        xyzw = pin.Quaternion(X_WE.rotation).coeffs()
        return np.array(X_WE.translation), np.array([xyzw[3], *xyzw[:3]])

    def jacobian(self, q: Sequence[float] | FloatArray) -> FloatArray:
        """Body Jacobian J_E (6, nq): (linear, angular) velocity of E in E for joint velocities."""
        self._arm.place(self._arm.joints("q", q))
        return self._arm.jacobian()

    def joint_target(self, q: FloatArray, p_WE: FloatArray, quat_wxyz: FloatArray) -> FloatArray:
        """Joint positions (nq,), rad, that bring the end effector towards a pose, starting from `q`.

        Out of reach, it returns the joints that come near: ask `forward` how near.

        Args:
            q: joint positions to start from (nq,), rad.
            p_WE: wanted end-effector position in the world (3,), m.
            quat_wxyz: wanted end-effector orientation in the world (4,).

        Raises:
            ShapeError, NotFiniteError: an argument of another shape, or with NaN.
        """
        return self.joint_path(q, finite_array("p_WE", p_WE, (3,), names=AXES)[None], quat_wxyz)[0]

    def joint_path(self, q: FloatArray, p_WE: FloatArray, quat_wxyz: FloatArray) -> FloatArray:
        """`joint_target` of each of the positions `p_WE` (T, 3), m, from the one before: (T, nq), rad.

        Raises:
            ShapeError, NotFiniteError: an argument of another shape, or with NaN.
        """
        path = None if self._native is None else self._native.solve(q, p_WE, quat_wxyz)
        return self._joint_path(q, p_WE, quat_wxyz) if path is None else path

    def _joint_path(self, q: FloatArray, p_WE: FloatArray, quat_wxyz: FloatArray) -> FloatArray:
        q = self._arm.joints("q", q)
        p_WE = finite_array("p_WE", p_WE, ("T", 3), names=AXES)
        w, x, y, z = finite_array("quat_wxyz", quat_wxyz, (4,), names=("w", "x", "y", "z"))
        R_WT = pin.Quaternion(w, x, y, z).normalized().matrix()
        path = np.empty((len(p_WE), len(q)))
        for t, p in enumerate(p_WE):
            path[t] = q = self._joint_target(q, pin.SE3(R_WT, p))
        return path

    def _joint_target(self, q: FloatArray, X_WT: pin.SE3) -> FloatArray:
        for _ in range(self.config.iterations):
            error = self._error(self._arm.place(q).actInv(X_WT))  # (rows,)
            J = self._arm.jacobian()[: self._rows]  # (rows, nq)
            square = float(error @ error)
            q = q + self._step(q, J, error, self.config.damping**2 + 0.5 * square)
            q = np.minimum(np.maximum(q, self._lower), self._upper)
            if square < self.config.tolerance**2:
                break
        return q

    def _error(self, X_ET: pin.SE3) -> FloatArray:
        error = np.empty(self._rows)
        error[:3] = X_ET.translation
        if self.robot.free_tool_yaw:
            x, y, _ = X_ET.rotation[:, 2]  # z* in E, where the tool's own axis is (0, 0, 1)
            error[3:] = -y, x
        else:
            error[3:] = pin.log3(X_ET.rotation)
        return error

    def _step(self, q: FloatArray, J: FloatArray, error: FloatArray, damping: float) -> FloatArray:
        pull = self.config.posture_gain * (self._home - q)
        dq = self._solve(J, error, pull, damping)
        free = np.ones(len(q), dtype=bool)
        while (outside := free & self._beyond_limits(q + dq)).any():
            free &= ~outside
            dq[outside] = 0.0
            if free.any():
                dq[free] = self._solve(J[:, free], error, pull[free], damping)
        return dq

    def _beyond_limits(self, q: FloatArray) -> NDArray[np.bool_]:
        return (q < self._lower) | (q > self._upper)

    def _solve(self, J: FloatArray, error: FloatArray, pull: FloatArray, damping: float) -> FloatArray:
        gram = J @ J.T
        gram.flat[:: len(gram) + 1] += damping
        dq = J.T @ np.linalg.solve(gram, error - J @ pull) + pull
        return dq / max(1.0, float(np.abs(dq).max()) / self.config.max_step_rad)


def _compiled(arm: Arm, config: IKConfig) -> "DifferentialIk":
    robot, tool = arm.robot, arm.model.frames[arm.frame]
    compiled: DifferentialIk = native.native_module().DifferentialIk(
        robot.lower,
        robot.upper,
        robot.home,
        free_tool_yaw=robot.free_tool_yaw,
        damping=config.damping,
        posture_gain=config.posture_gain,
        iterations=config.iterations,
        tolerance=config.tolerance,
        max_step=config.max_step_rad,
    )
    for joint in turning_joints(arm):
        compiled.add_joint(*joint)
    compiled.set_tool(tool.parentJoint - 1, tool.placement.rotation, tool.placement.translation)
    return compiled
