"""Features: the typed columns and cameras that every frame of a dataset has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wm_robot.core.errors import DatasetError

CAMERA_PREFIX = "observation.images."
STATE = "observation.state"
ACTION = "action"
PRIVILEGED = "privileged.state"


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One entry of a frame, as `meta/info.json` describes it.

    Args:
        dtype: a numpy type name, "video", "image" or "string".
        shape: extents of one frame's value; a camera's is (height, width, 3).
        names: names of the entries (a list, or a dict of lists in some datasets), or None.
        info: what a video's stream holds (codec, pixel format, ...), or None.
    """

    dtype: str
    shape: tuple[int, ...]
    names: Any = None
    info: Mapping[str, Any] | None = None

    @property
    def is_video(self) -> bool:
        return self.dtype == "video"

    @property
    def is_image(self) -> bool:
        """Whether a frame's value is a picture, in a video or on its own."""
        return self.dtype in ("video", "image")

    @property
    def is_numeric(self) -> bool:
        return not self.is_image and self.dtype != "string"

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of a picture; datasets name the axes in either order."""
        names = [str(n) for n in self.names] if isinstance(self.names, list | tuple) else []
        if self.shape[0] == 3 and (names[:1] in (["channels"], ["channel"]) or self.shape[-1] != 3):
            return self.shape[1], self.shape[2]
        return self.shape[0], self.shape[1]

    @property
    def entry_names(self) -> tuple[str, ...]:
        """One name an entry; empty where the dataset gives none."""
        names = self.names
        if isinstance(names, dict):
            names = [n for group in names.values() for n in (group if isinstance(group, list) else [group])]
        return tuple(map(str, names or ()))

    def to_json(self) -> dict[str, Any]:
        names = list(self.names) if isinstance(self.names, tuple) else self.names
        data: dict[str, Any] = {"dtype": self.dtype, "shape": list(self.shape), "names": names}
        if self.info is not None:
            data["info"] = dict(self.info)
        return data

    @staticmethod
    def from_json(key: str, data: Any) -> "Feature":
        """Raises DatasetError naming `key` when `data` is no feature."""
        try:
            feature = Feature(
                dtype=data["dtype"],
                shape=tuple(int(n) for n in data["shape"]),
                names=data.get("names"),
                info=data.get("info"),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"feature {key!r} is not described by dtype, shape and names: {data}"
            ) from error
        check_feature(key, feature)
        return feature


def check_feature(key: str, feature: Feature) -> None:
    """Raise DatasetError where a dataset could not hold `feature` under `key`."""
    if not key or "/" in key:
        raise DatasetError(f"feature key {key!r} is not valid: keys are not empty and hold no '/'")
    if feature.is_image and (len(feature.shape) != 3 or 3 not in (feature.shape[0], feature.shape[-1])):
        raise DatasetError(f"camera {key!r} has shape {feature.shape}; valid: (height, width, 3)")
    if feature.is_numeric:
        try:
            kind = np.dtype(feature.dtype).kind
        except TypeError:
            kind = ""
        if kind not in tuple("biuf"):
            raise DatasetError(
                f"feature {key!r} has dtype {feature.dtype!r}; valid: video, image, string, "
                "and numpy's numbers such as float32"
            )


def vector(names: Sequence[str]) -> Feature:
    """A float32 vector with one name an entry."""
    return Feature(dtype="float32", shape=(len(names),), names=list(names))


def camera(height: int, width: int) -> Feature:
    """An RGB camera whose frames are stored as video."""
    return Feature(dtype="video", shape=(height, width, 3), names=["height", "width", "channels"])


def _index() -> Feature:
    return Feature(dtype="int64", shape=(1,))


INDEX_FEATURES: dict[str, Feature] = {
    "timestamp": Feature(dtype="float32", shape=(1,)),
    "frame_index": _index(),
    "episode_index": _index(),
    "index": _index(),
    "task_index": _index(),
}
"""Columns that every dataset has and the writer fills in."""
