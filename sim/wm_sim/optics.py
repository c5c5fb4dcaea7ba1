"""Where a camera of a scene stands and how it projects, as a calibration of a real one would tell."""

from dataclasses import dataclass

import mujoco
import numpy as np

from wm_robot.core.arrays import FloatArray

OPTICAL = np.diag([1.0, -1.0, -1.0])
"""MuJoCo's cameras look along −z with y up; an optical frame's z points forward, its y down."""


@dataclass(frozen=True, kw_only=True)
class Optics:
    """A pinhole camera without distortion. The centre of the top left pixel is (0, 0).

    Args:
        height: pixels.
        width: pixels.
        K: camera matrix (3, 3), pixels: the point p_O, in the optical frame, falls on K p_O / z.
        R_WO: the optical frame's axes in the world (3, 3): x right, y down, z forward.
        p_WO: its origin in the world (3,), m.
    """

    height: int
    width: int
    K: FloatArray
    R_WO: FloatArray
    p_WO: FloatArray

    @property
    def quat_wxyz(self) -> FloatArray:
        """R_WO as a quaternion (4,)."""
        quat_wxyz = np.empty(4)
        mujoco.mju_mat2Quat(quat_wxyz, self.R_WO.ravel())
        return quat_wxyz


def optics(model: mujoco.MjModel, data: mujoco.MjData, camera: str, height: int, width: int) -> Optics:
    """Of `camera` at a picture size; poses in `data` must be current.

    Raises:
        KeyError: no such camera.
    """
    seen = data.camera(camera)
    # fovy is between the outer edges of the first and the last row, half a pixel beyond their centres.
    focal = height / 2 / np.tan(np.deg2rad(model.camera(camera).fovy[0]) / 2)
    K = np.array([[focal, 0.0, (width - 1) / 2], [0.0, focal, (height - 1) / 2], [0.0, 0.0, 1.0]])
    R_WO = seen.xmat.reshape(3, 3) @ OPTICAL
    return Optics(height=height, width=width, K=K, R_WO=R_WO, p_WO=seen.xpos.copy())
