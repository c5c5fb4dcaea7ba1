"""Where a camera is: fixed beside the arm, or carried by it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from wm_hardware.calibration_board import Board
from wm_hardware.intrinsics import MIN_VIEWS, Intrinsics, calibrate_intrinsics
from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import from_json, write_json
from wm_robot.core.types import Image

Mount = Literal["fixed", "in_hand"]
MIN_TURN_RAD = 0.15
LEVER_M = 0.3
"""Weighs turns against displacements as an arm's own errors do: 0.2 degrees at this distance are 1 mm."""
OUTLIER_M = 1e-3


@dataclass(frozen=True, kw_only=True)
class View:
    """One picture of the board, taken while the arm stood still.

    Args:
        image: RGB (height, width, 3) uint8.
        X_WE: pose of the end effector in the world (4, 4), m.
    """

    image: Image
    X_WE: FloatArray


@dataclass(frozen=True, kw_only=True)
class HandEye:
    """A calibrated camera. Its frame C has x to the right, y down and z into the picture.

    Args:
        mount: "fixed", then the parent frame P is the world; "in_hand", then it is the end effector.
        p_PC: the camera's position in its parent frame (3,), m.
        quat_PC_wxyz: its orientation there (4,).
        intrinsics: of the camera.
        views: pictures that were used.
        worst_view: which of the pictures given fits worst.
        residual_px: root mean square distance of found and predicted corners.
        residual_mm: root mean square distance of the board from where camera and arm together put it.
        residual_deg: the same for its orientation.
    """

    mount: Mount
    p_PC: tuple[float, ...]
    quat_PC_wxyz: tuple[float, ...]
    intrinsics: Intrinsics
    views: int
    worst_view: int
    residual_px: float
    residual_mm: float
    residual_deg: float

    @property
    def X_PC(self) -> FloatArray:
        """The camera's pose in its parent frame (4, 4), m."""
        X = np.eye(4)
        X[:3, :3] = Rotation.from_quat(self.quat_PC_wxyz, scalar_first=True).as_matrix()
        X[:3, 3] = self.p_PC
        return X

    def save(self, path: Path) -> None:
        """Write the calibration as JSON; the file is the old one or the whole new one."""
        write_json(path, self)

    @classmethod
    def load(cls, path: Path) -> "HandEye":
        """Raises WmrError: no such file, or none that `save` wrote."""
        try:
            return from_json(cls, json.loads(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise WmrError(f"{path} is no camera calibration ({error}); run the calibration again") from error


def calibrate_hand_eye(
    views: Sequence[View], board: Board, mount: Mount, intrinsics: Intrinsics | None = None
) -> HandEye:
    """Camera pose from pictures of a board that the arm carries (or, in hand, that lies still).

    With H = X_WE for a fixed camera and H = X_WE⁻¹ for one in hand, every view i is
    X_PC X_CB,i = H_i X_QB, where Q is the frame that the board is fixed to. Motions between views give
    A X_PC = X_PC B, solved in closed form; both poses are then refined by least squares on how far and by
    how much turned the board is seen from where they and the arm put it, with outliers counting less.
    (Least squares on pixels would trust the arm blindly: with arm poses 1 mm and 0.2° off it came out four
    times worse.)

    Args:
        views: ten or more, in which the arm turns the camera against the board about several axes.
        board: as printed and measured.
        mount: of the camera.
        intrinsics: of the camera, where they are known; found from the same views when None.

    Raises:
        WmrError: the board is seen in too few views, the arm turned about one axis alone, the pictures
            differ in size, or `mount` is none.
        ShapeError, NotFiniteError: a pose that is none.

    Source: Park and Martin 1994, Robot sensor calibration: solving AX = XB on the Euclidean group;
    differs: followed by least squares. (OpenCV 5.0 has no `calibrateHandEye` in Python.)
    """
    if mount not in ("fixed", "in_hand"):
        raise WmrError(f"camera mount is {mount!r}; valid: fixed, in_hand")
    sizes = {view.image.shape for view in views}
    if len(sizes) > 1:
        raise WmrError(f"pictures of one camera must be of one size, got {sorted(sizes)}")
    seen = [(i, corners) for i, view in enumerate(views) if (corners := board.find(view.image)) is not None]
    if len(seen) < MIN_VIEWS:
        raise WmrError(
            f"the board was found in {len(seen)} of {len(views)} pictures; {MIN_VIEWS} or more are needed: "
            "show it whole, sharp and evenly lit, and check its columns and rows"
        )
    found = [corners for _, corners in seen]
    height, width = views[0].image.shape[:2]
    camera = intrinsics or calibrate_intrinsics(found, width, height)
    if (camera.width, camera.height) != (width, height):
        raise WmrError(
            f"intrinsics hold for {camera.width} x {camera.height} pixels, "
            f"the pictures have {width} x {height}; take pictures of that size"
        )
    hands = [finite_array("X_WE", views[i].X_WE, (4, 4)) for i, _ in seen]
    H = np.array(hands if mount == "fixed" else [np.linalg.inv(X_WE) for X_WE in hands])  # (n, 4, 4)
    X_CB = np.array([camera.board_pose(corners) for corners in found])  # (n, 4, 4)
    X_PC = _park_martin(H, X_CB)
    X_PC, X_QB = _refine(X_PC, np.linalg.inv(H[0]) @ X_PC @ X_CB[0], H, X_CB)
    apart = _apart(X_PC, X_QB, H, X_CB)  # (n, 6)
    predicted = np.linalg.inv(X_PC) @ H @ X_QB  # (n, 4, 4)
    pixels = [
        camera.project(corners.p_B @ X[:3, :3].T + X[:3, 3]) - corners.pixels
        for X, corners in zip(predicted, found, strict=True)
    ]
    return HandEye(
        mount=mount,
        p_PC=tuple(X_PC[:3, 3].tolist()),
        quat_PC_wxyz=tuple(Rotation.from_matrix(X_PC[:3, :3]).as_quat(scalar_first=True).tolist()),
        intrinsics=camera,
        views=len(seen),
        worst_view=seen[int(np.argmax(np.linalg.norm(apart, axis=1)))][0],
        residual_px=_rms(np.concatenate(pixels)),
        residual_mm=1e3 * _rms(apart[:, :3]),
        residual_deg=float(np.rad2deg(_rms(apart[:, 3:]) / LEVER_M)),
    )


def _park_martin(H: FloatArray, X_CB: FloatArray) -> FloatArray:
    """X_PC (4, 4) from H and X_CB, each (n, 4, 4), in closed form."""
    pairs = [(i, j) for j in range(len(H)) for i in range(j)]
    A = np.array([H[j] @ np.linalg.inv(H[i]) for i, j in pairs])  # A X = X B
    B = np.array([X_CB[j] @ np.linalg.inv(X_CB[i]) for i, j in pairs])
    alpha = Rotation.from_matrix(A[:, :3, :3]).as_rotvec()  # (pairs, 3)
    beta = Rotation.from_matrix(B[:, :3, :3]).as_rotvec()
    spread = np.linalg.svd(alpha, compute_uv=False) / np.sqrt(len(pairs))
    if spread[1] < MIN_TURN_RAD:
        raise WmrError(
            f"the arm turned by {np.rad2deg(spread[0]):.0f} degrees about one axis but only "
            f"{np.rad2deg(spread[1]):.0f} about any other (root mean square); "
            f"{np.rad2deg(MIN_TURN_RAD):.0f} or more about two axes are needed: tilt it more ways"
        )
    R = Rotation.align_vectors(alpha, beta)[0].as_matrix()
    left = (A[:, :3, :3] - np.eye(3)).reshape(-1, 3)
    right = (B[:, :3, 3] @ R.T - A[:, :3, 3]).ravel()
    X_PC = np.eye(4)
    X_PC[:3, :3], X_PC[:3, 3] = R, np.linalg.lstsq(left, right, rcond=None)[0]
    return X_PC


def _refine(
    X_PC: FloatArray, X_QB: FloatArray, H: FloatArray, X_CB: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """X_PC and X_QB (4, 4) moved a little, so that the board is seen where they and the arm put it."""

    def poses(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        return X_PC @ _small(x[:6]), X_QB @ _small(x[6:])

    def residuals(x: FloatArray) -> FloatArray:
        return _apart(*poses(x), H, X_CB).ravel()

    return poses(least_squares(residuals, np.zeros(12), loss="soft_l1", f_scale=OUTLIER_M).x)


def _apart(X_PC: FloatArray, X_QB: FloatArray, H: FloatArray, X_CB: FloatArray) -> FloatArray:
    """Displacement, m, and rotation vector, rad times LEVER_M, from seen to predicted board poses (n, 6)."""
    X = np.linalg.inv(X_CB) @ np.linalg.inv(X_PC) @ H @ X_QB
    return np.hstack([X[:, :3, 3], LEVER_M * Rotation.from_matrix(X[:, :3, :3]).as_rotvec()])


def _small(x: FloatArray) -> FloatArray:
    """The transform (4, 4) of a rotation vector, rad, and a translation, m, (6,)."""
    X = np.eye(4)
    X[:3, :3], X[:3, 3] = Rotation.from_rotvec(x[:3]).as_matrix(), x[3:]
    return X


def _rms(vectors: FloatArray) -> float:
    """Root mean square length of vectors (n, d)."""
    return float(np.sqrt(np.mean(np.sum(vectors**2, axis=1))))
