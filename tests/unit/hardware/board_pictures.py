"""Pictures of a flat board by a perfect pinhole camera, drawn by a homography."""

import cv2
import numpy as np
from scipy.spatial.transform import Rotation
from wm_hardware.calibration_board import Board

from wm_robot.core.seeding import rng

BOARD = Board()
WIDTH, HEIGHT, FOCAL_PX = 640, 480, 600.0
K = np.array([[FOCAL_PX, 0.0, 319.5], [0.0, FOCAL_PX, 239.5], [0.0, 0.0, 1.0]])
PIXELS_PER_SQUARE = 64


def pose(p, rotvec):
    X = np.eye(4)
    X[:3, :3], X[:3, 3] = Rotation.from_rotvec(rotvec).as_matrix(), p
    return X


def board_poses(count):
    """X_CB in front of the camera, at 30 to 45 cm, tilted by about 25 degrees about all axes."""
    generator = rng(1, "board poses")
    middle = pose([-BOARD.columns * BOARD.square_m / 2, -BOARD.rows * BOARD.square_m / 2, 0], np.zeros(3))
    return [
        pose([*generator.uniform(-0.04, 0.04, 2), generator.uniform(0.3, 0.45)], generator.normal(0, 0.4, 3))
        @ middle
        for _ in range(count)
    ]


def picture(X_CB):
    """What the camera sees, RGB: pixel (i, j) of the board's file lies at (i + ½, j + ½) pixel sides."""
    side_m = BOARD.square_m / PIXELS_PER_SQUARE
    to_board = np.array([[side_m, 0, side_m / 2], [0, side_m, side_m / 2], [0, 0, 1]])
    H = K @ X_CB[:3, [0, 1, 3]] @ to_board
    grey = (128, 128, 128)
    return cv2.warpPerspective(
        BOARD.picture(PIXELS_PER_SQUARE), H, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderValue=grey
    )
