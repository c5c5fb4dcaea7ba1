"""A goal as pictures in a folder, one for each camera."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from wm_robot.core.errors import WmrError
from wm_robot.core.spaces import ObservationSpace
from wm_robot.core.types import Goal, Image
from wm_robot.data.frames import fitted

ENDINGS = (".png", ".jpg", ".jpeg")


def read_goal(folder: Path, senses: ObservationSpace) -> Goal:
    """The goal that `folder` shows: <camera>.png or .jpg, of any size.

    Raises:
        WmrError: a camera's picture is missing or no picture.
    """
    height, width = senses.image_size
    pictures = read_pictures(folder, senses.cameras)
    return Goal(images={name: fitted(image, height, width) for name, image in pictures.items()})


def read_pictures(folder: Path, cameras: Sequence[str]) -> dict[str, Image]:
    """The picture of each camera in `folder`, by name; raises WmrError."""
    pictures = {}
    for name in cameras:
        found = [path for ending in ENDINGS if (path := folder / f"{name}{ending}").is_file()]
        if not found:
            raise WmrError(f"{folder} has no {name}.png; it needs one picture for each camera of the model")
        bgr = cv2.imread(str(found[0]), cv2.IMREAD_COLOR)
        if bgr is None:
            raise WmrError(f"{found[0]} is no picture that can be read")
        pictures[name] = np.asarray(bgr[:, :, ::-1], np.uint8)
    return pictures
