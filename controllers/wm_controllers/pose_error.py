"""How far an end effector is from where it shall be, as a twist."""

import numpy as np
import pinocchio as pin

from wm_controllers.controller import PoseTarget
from wm_controllers.kinematics import Arm
from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import WmrError


def task_rows(arm: Arm) -> int:
    """6, or 5 for an arm that cannot choose its tool's turn about the tool's own axis."""
    return 5 if arm.robot.free_tool_yaw else 6


def checked_target(target: PoseTarget) -> tuple[pin.SE3, FloatArray]:
    """X_WT, the wanted placement of E in the world, and V_WE (6,).

    Raises:
        ShapeError, NotFiniteError: a field of another shape, or with NaN.
        WmrError: the quaternion is zero.
    """
    p_WE = finite_array("p_WE", target.p_WE, (3,), names=("x", "y", "z"))
    w, x, y, z = finite_array("quat_wxyz", target.quat_wxyz, (4,), names=("w", "x", "y", "z"))
    V_WE = finite_array("V_WE", target.V_WE, (6,), names=("vx", "vy", "vz", "wx", "wy", "wz"))
    quaternion = pin.Quaternion(w, x, y, z)
    if quaternion.norm() < 1e-6:
        raise WmrError("quat_wxyz is (0, 0, 0, 0), which is no orientation; (1, 0, 0, 0) is the world's")
    return pin.SE3(quaternion.normalized().matrix(), p_WE), V_WE


def pose_error(X_ET: pin.SE3, rows: int) -> FloatArray:
    """e (rows,): the motion in frame E that would bring E to T, m and rad.

        e = [p_ET; log R_ET],            −∂(½|e|²)/∂q = J_Eᵀ e

    so a spring along e is conservative. With 5 rows the rotation is the shortest one that brings the
    tool's axis z_E onto z_T: its axis is z_E × z_T, whose z in E is zero, and its angle that between them.

    Args:
        X_ET: wanted placement in E.
        rows: 6, or 5 where the tool's turn about its own axis does not count.
    """
    error = np.empty(rows)
    error[:3] = X_ET.translation
    if rows == 6:
        error[3:] = pin.log3(X_ET.rotation)
        return error
    x, y, z = X_ET.rotation[:, 2]  # z_T in E, where z_E is (0, 0, 1)
    sine = float(np.hypot(x, y))
    angle = float(np.arctan2(sine, z))
    if sine > 1e-9:
        error[3:] = -y * angle / sine, x * angle / sine
    else:
        error[3:] = angle, 0.0  # aligned: no turn; exactly opposite: any axis will do
    return error
