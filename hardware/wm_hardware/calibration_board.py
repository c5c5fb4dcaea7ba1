"""The printed board by which cameras are calibrated."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.core.types import Image

MIN_CORNERS = 8
"""Of a view that counts: fewer, or all in a line, leave its pose open."""


@dataclass(frozen=True, kw_only=True)
class Corners:
    """Chessboard corners found in one picture, in the same order in both arrays.

    Args:
        p_B: where they are on the board (n, 3), m.
        pixels: where they are in the picture (n, 2), x to the right and y down.
    """

    p_B: FloatArray
    pixels: FloatArray


@dataclass(frozen=True, kw_only=True)
class Board:
    """A ChArUco board: a chessboard with a marker in each white square, so that a part of it suffices.

    Its frame B has the origin at the outer corner of the first square, x along the columns, y down the
    rows, and z into the board.

    Args:
        columns: squares in a row.
        rows: squares in a column.
        square_m: measured side of a printed square; its error scales all positions.
        marker_m: measured side of a printed marker.

    The markers are from OpenCV's DICT_5X5_100.
    """

    columns: int = 7
    rows: int = 5
    square_m: float = 0.035
    marker_m: float = 0.026

    def __post_init__(self) -> None:
        if self.columns < 3 or self.rows < 3 or not 0 < self.marker_m < self.square_m:
            raise WmrError(
                f"board of {self.columns} x {self.rows} squares of {self.square_m} m with markers of "
                f"{self.marker_m} m: it needs 3 x 3 squares or more, and markers smaller than a square"
            )

    def picture(self, pixels_per_square: int) -> Image:
        """The board to print, (rows, columns, 3) times `pixels_per_square`, without a margin."""
        size = self.columns * pixels_per_square, self.rows * pixels_per_square
        return np.repeat(self._charuco.generateImage(size)[..., None], 3, axis=2).astype(np.uint8)

    def find(self, image: Image) -> Corners | None:
        """The corners seen in an RGB picture; None where too few are to tell the board's pose."""
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        pixels, numbers, _, _ = cv2.aruco.CharucoDetector(self._charuco).detectBoard(grey)
        if numbers is None or len(numbers) < MIN_CORNERS:
            return None
        if self._charuco.checkCharucoCornersCollinear(numbers):
            return None
        places = np.asarray(self._charuco.getChessboardCorners(), np.float64)
        p_B = places[np.asarray(numbers, np.intp).ravel()]  # (n, 3)
        return Corners(p_B=p_B, pixels=np.asarray(pixels, np.float64).reshape(-1, 2))

    @cached_property
    def _charuco(self) -> cv2.aruco.CharucoBoard:
        markers = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_5X5_100)
        return cv2.aruco.CharucoBoard((self.columns, self.rows), self.square_m, self.marker_m, markers)
