"""Camera pictures in the size that a model reads."""

import cv2
import numpy as np

from wm_robot.core.types import Image


def fitted(image: Image, height: int, width: int) -> Image:
    """The middle of `image` (any size, 3) in the wanted proportions, resized to (height, width, 3)."""
    rows, columns = image.shape[:2]
    if (rows, columns) == (height, width):
        return image
    scale = min(rows / height, columns / width)
    cut_rows, cut_columns = round(height * scale), round(width * scale)
    top, left = (rows - cut_rows) // 2, (columns - cut_columns) // 2
    cut = image[top : top + cut_rows, left : left + cut_columns]
    method = cv2.INTER_AREA if cut_rows > height else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cut, (width, height), interpolation=method), np.uint8)
