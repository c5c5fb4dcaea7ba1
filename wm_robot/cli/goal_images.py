"""A goal as pictures in a folder, one for each camera."""

from pathlib import Path

import cv2
import numpy as np

from wm_robot.core.errors import WmrError
from wm_robot.core.spaces import ObservationSpace
from wm_robot.core.types import Goal
from wm_robot.data.frames import fitted

ENDINGS = (".png", ".jpg", ".jpeg")


def read_goal(folder: Path, senses: ObservationSpace) -> Goal:
    """The goal that `folder` shows: <camera>.png or .jpg, of any size.

    Raises:
        WmrError: a camera's picture is missing or no picture.
    """
    height, width = senses.image_size
    images = {}
    for name in senses.cameras:
        found = [path for ending in ENDINGS if (path := folder / f"{name}{ending}").is_file()]
        if not found:
            raise WmrError(f"{folder} has no {name}.png; it needs one picture for each camera of the model")
        bgr = cv2.imread(str(found[0]), cv2.IMREAD_COLOR)
        if bgr is None:
            raise WmrError(f"{found[0]} is no picture that can be read")
        images[name] = fitted(np.asarray(bgr[:, :, ::-1], np.uint8), height, width)
    return Goal(images=images)
