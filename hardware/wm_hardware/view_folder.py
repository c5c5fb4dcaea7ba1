"""Pictures of a calibration board in a folder, with where the arm was when each was taken."""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from wm_hardware.hand_eye import View
from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.core.files import write_atomic
from wm_robot.core.serialization import write_json
from wm_robot.core.types import Image

POSES = "poses.json"
"""X_WE (4, 4) as lists of rows, m, by file name; absent where the arm's pose is not known."""

ENDINGS = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class ViewFolder:
    """A folder of one camera's views; each is on the disk as soon as it is added."""

    path: Path

    def add(self, image: Image, X_WE: FloatArray | None = None) -> str:
        """Keep a picture, RGB (height, width, 3) uint8, and the arm's pose (4, 4); returns its file name."""
        numbers = [int(picture.stem) for picture in self.pictures() if picture.stem.isdecimal()]
        name = f"{max(numbers, default=-1) + 1:03d}.png"
        write_atomic(self.path / name, cv2.imencode(".png", image[..., ::-1])[1].tobytes())
        if X_WE is not None:
            poses = {key: pose.tolist() for key, pose in self.poses().items()}
            write_json(self.path / POSES, {**poses, name: X_WE.tolist()})
        return name

    def pictures(self) -> list[Path]:
        """Files in the order of their names."""
        return sorted(path for path in self.path.glob("*") if path.suffix.lower() in ENDINGS)

    def images(self) -> list[Image]:
        """Every picture, RGB.

        Raises:
            WmrError: no picture is there, or one cannot be read.
        """
        pictures = self.pictures()
        if not pictures:
            raise WmrError(f"{self.path} holds no picture; valid: {', '.join(ENDINGS)}")
        return [_read(path) for path in pictures]

    def poses(self) -> dict[str, FloatArray]:
        """X_WE (4, 4) by file name; empty where none is known.

        Raises:
            WmrError: the file is broken.
        """
        path = self.path / POSES
        if not path.exists():
            return {}
        try:
            return {name: np.array(X_WE, dtype=float) for name, X_WE in json.loads(path.read_text()).items()}
        except (OSError, ValueError, AttributeError) as error:
            raise WmrError(f"{path} is no JSON object of 4 x 4 matrices by file name: {error}") from error

    def views(self) -> list[View]:
        """Every picture with its pose.

        Raises:
            WmrError: no picture, or one without a pose, by name.
        """
        poses, pictures = self.poses(), self.pictures()
        lacking = [path.name for path in pictures if path.name not in poses]
        if lacking:
            raise WmrError(
                f"{self.path / POSES} has no pose of {', '.join(lacking)}; add it, or remove the picture"
            )
        return [
            View(image=image, X_WE=poses[path.name])
            for image, path in zip(self.images(), pictures, strict=True)
        ]


def _read(path: Path) -> Image:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise WmrError(f"{path} is no picture that can be read")
    return np.ascontiguousarray(bgr[..., ::-1], dtype=np.uint8)
