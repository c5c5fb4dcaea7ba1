"""How a camera maps directions to pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from wm_hardware.calibration_board import Corners
from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError

MIN_VIEWS = 6


@dataclass(frozen=True, kw_only=True)
class Intrinsics:
    """A pinhole with radial and tangential distortion, in OpenCV's form.

    Args:
        width, height: of the pictures that it holds for, pixels.
        fx, fy: focal lengths, pixels.
        cx, cy: principal point, pixels.
        distortion: k1, k2, p1, p2, k3.
        residual_px: root mean square distance of found and predicted corners; 0 where none were used.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    distortion: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)
    residual_px: float = 0.0

    @property
    def matrix(self) -> FloatArray:
        """K (3, 3), pixels."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def project(self, p_C: FloatArray) -> FloatArray:
        """Pixels (n, 2) of points p_C (n, 3), m, in the camera's frame."""
        pixels, _ = cv2.projectPoints(p_C, np.zeros(3), np.zeros(3), self.matrix, np.array(self.distortion))
        return np.asarray(pixels, np.float64).reshape(-1, 2)

    def board_pose(self, corners: Corners) -> FloatArray:
        """X_CB (4, 4): where the board is in the camera's frame, from one view alone."""
        distortion = np.array(self.distortion)
        _, turn, move = cv2.solvePnP(
            corners.p_B, corners.pixels, self.matrix, distortion, flags=cv2.SOLVEPNP_IPPE
        )
        turn, move = cv2.solvePnPRefineLM(corners.p_B, corners.pixels, self.matrix, distortion, turn, move)
        X_CB = np.eye(4)
        X_CB[:3, :3], X_CB[:3, 3] = cv2.Rodrigues(turn)[0], np.ravel(move)
        return X_CB


def calibrate_intrinsics(views: Sequence[Corners], width: int, height: int) -> Intrinsics:
    """The camera that explains several views of a board; k3 stays 0, as few lenses need it.

    Args:
        views: from distances and slants as different as may be, up to the picture's corners.
        width: of the pictures, pixels.
        height: of the pictures, pixels.

    Raises:
        WmrError: too few views.

    Source: Zhang 2000, A flexible new technique for camera calibration, as in `cv2.calibrateCamera`.
    """
    if len(views) < MIN_VIEWS:
        raise WmrError(f"the board was found in {len(views)} pictures; {MIN_VIEWS} or more are needed")
    residual_px, K, distortion, _, _ = cv2.calibrateCamera(
        [view.p_B.astype(np.float32) for view in views],
        [view.pixels.astype(np.float32) for view in views],
        (width, height),
        None,
        None,
        flags=cv2.CALIB_FIX_K3,
    )
    return Intrinsics(
        width=width,
        height=height,
        fx=float(K[0, 0]),
        fy=float(K[1, 1]),
        cx=float(K[0, 2]),
        cy=float(K[1, 2]),
        distortion=tuple(float(value) for value in np.ravel(distortion)),
        residual_px=float(residual_px),
    )
