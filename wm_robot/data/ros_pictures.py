"""Pictures of sensor_msgs → RGB arrays."""

from typing import Any

import cv2
import numpy as np

from wm_robot.core.errors import WmrError
from wm_robot.core.types import Image

CHANNELS = {"rgb8": 3, "bgr8": 3, "mono8": 1}


class PictureError(WmrError):
    """A message that holds no picture, or one in a form that is not known."""


def decode(message: Any) -> Image:
    """RGB (height, width, 3) uint8 of a raw picture in rgb8, bgr8 or mono8, or of a JPEG or PNG.

    Args:
        message: sensor_msgs/Image or sensor_msgs/CompressedImage of whatever library.

    Raises:
        PictureError: another encoding, fewer bytes than its size needs, or no picture at all.
    """
    return _pixels(message) if hasattr(message, "encoding") else _decompressed(message)


def _pixels(message: Any) -> Image:
    channels = CHANNELS.get(message.encoding)
    if channels is None:
        raise PictureError(f"picture encoding {message.encoding!r}; valid: {', '.join(CHANNELS)}")
    height, width, step = message.height, message.width, message.step
    if not height or not width or step < width * channels or len(message.data) < height * step:
        raise PictureError(
            f"picture of {height} rows of {width} {message.encoding} pixels, {step} bytes a row, came with "
            f"{len(message.data)} bytes"
        )
    rows = np.frombuffer(message.data, np.uint8, height * step).reshape(height, step)  # (height, step)
    pixels = rows[:, : width * channels].reshape(height, width, channels)  # (height, width, channels)
    if message.encoding == "bgr8":
        return np.ascontiguousarray(pixels[..., ::-1])
    return np.repeat(pixels, 3, axis=2) if channels == 1 else pixels.copy()


def _decompressed(message: Any) -> Image:
    encoded = np.frombuffer(message.data, np.uint8)
    bgr = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if len(encoded) else None
    if bgr is None:
        raise PictureError(f"compressed picture ({message.format!r}, {len(encoded)} bytes) cannot be decoded")
    return np.ascontiguousarray(bgr[..., ::-1], dtype=np.uint8)
