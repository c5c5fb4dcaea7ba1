"""Camera pictures for the page."""

from collections.abc import Mapping

import cv2
import numpy as np

from wm_robot.core.errors import WmrError
from wm_robot.core.spaces import ObservationSpace
from wm_robot.core.types import Goal, Image
from wm_robot.data.frames import fitted

LARGEST_BYTES = 20_000_000
GAP = 4
"""Pixels between two pictures."""


def enlarged(image: Image, height: int) -> Image:
    """With pixels that can be seen: a whole number of times as large, at least `height` high."""
    times = max(1, -(-height // image.shape[0]))
    return np.repeat(np.repeat(image, times, axis=0), times, axis=1)


def side_by_side(images: list[Image]) -> Image:
    """In a row, on white; all are of one height."""
    gap = np.full((images[0].shape[0], GAP, 3), 255, np.uint8)
    parts = [part for image in images for part in (gap, image)][1:]
    return np.concatenate(parts, axis=1)


def read_upload(name: str, content: bytes) -> Image:
    """The picture in an uploaded file.

    Raises:
        WmrError: it is no picture, or far too large.
    """
    if len(content) > LARGEST_BYTES:
        raise WmrError(f"{name} has {len(content) / 1e6:.0f} MB; valid: up to {LARGEST_BYTES / 1e6:.0f} MB")
    bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if bgr is None:
        raise WmrError(f"{name} is no picture that can be read; valid: PNG or JPEG")
    return np.asarray(bgr[:, :, ::-1], np.uint8)


def picture_goal(images: Mapping[str, Image], senses: ObservationSpace) -> Goal:
    """A goal of pictures, one for each camera and of any size.

    Raises:
        WmrError: a camera has none.
    """
    missing = [name for name in senses.cameras if name not in images]
    if missing:
        raise WmrError(f"no picture for {', '.join(missing)}: a goal needs one for each camera")
    height, width = senses.image_size
    return Goal(images={name: fitted(images[name], height, width) for name in senses.cameras})
