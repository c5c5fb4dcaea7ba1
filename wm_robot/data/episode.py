"""An episode in its stored form: the unit that collectors hand over and writers commit."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.errors import DatasetError, NotFiniteError, ShapeError, UnknownNameError
from wm_robot.data.features import INDEX_FEATURES, Feature
from wm_robot.data.statistics import Statistics, image_statistics
from wm_robot.data.video import LOSSLESS, VideoConfig, encode


@dataclass(frozen=True, kw_only=True)
class EncodedEpisode:
    """One episode whose pictures are already video, small enough to send between processes.

    Args:
        columns: values (T, ...) of every feature that is neither video nor index column.
        videos: MP4 file by camera key, first frame at 0 s.
        image_statistics: by camera key.
        tasks: instructions that occur in the episode.
        task_of_frame: position in `tasks` of each frame's instruction (T,).
        seed: seed that the environment was reset with, or None.
    """

    columns: Mapping[str, NDArray]
    videos: Mapping[str, bytes]
    image_statistics: Mapping[str, Statistics]
    tasks: tuple[str, ...]
    task_of_frame: NDArray[np.int64]
    seed: int | None = field(default=None)

    @property
    def length(self) -> int:
        return len(self.task_of_frame)


def encode_episode(
    frames: Mapping[str, NDArray],
    features: Mapping[str, Feature],
    *,
    fps: int,
    task: str,
    seed: int | None = None,
    video: VideoConfig = LOSSLESS,
) -> EncodedEpisode:
    """Check the arrays of an episode and encode its videos.

    Args:
        frames: (T, ...) for every feature but the index columns; pictures are uint8 RGB
            (T, height, width, 3). Row t holds the observation at t and the action from t to t + 1.
        features: what the dataset holds; index columns may be among them.
        fps: frames a second.
        task: what the episode shows, in words.
        seed: seed that the environment was reset with.
        video: codec settings.

    Raises:
        UnknownNameError, DatasetError: a feature too many or too few, or lengths that differ.
        ShapeError: an array of another shape than its feature's.
        NotFiniteError: NaN or infinity.
    """
    wanted = {key: feature for key, feature in features.items() if key not in INDEX_FEATURES}
    for key in frames:
        if key not in wanted:
            raise UnknownNameError("feature", key, wanted)
    missing = sorted(set(wanted) - set(frames))
    if missing:
        raise DatasetError(f"the episode lacks {', '.join(missing)}")
    lengths = {key: len(values) for key, values in frames.items()}
    if len(set(lengths.values())) != 1 or not min(lengths.values()):
        raise DatasetError(f"the features of an episode need one common length above 0, got {lengths}")
    (length,) = set(lengths.values())
    pictures = {key for key, feature in wanted.items() if feature.is_video}
    return EncodedEpisode(
        columns={k: checked_column(k, frames[k], f) for k, f in wanted.items() if k not in pictures},
        videos={k: encode(_checked_images(k, frames[k], wanted[k]), fps, video) for k in sorted(pictures)},
        image_statistics={k: image_statistics(frames[k]) for k in sorted(pictures)},
        tasks=(task,),
        task_of_frame=np.zeros(length, np.int64),
        seed=seed,
    )


def checked_column(key: str, values: NDArray, feature: Feature) -> NDArray:
    """`values` (T, ...) in the dtype and shape that `feature` says."""
    if not feature.is_numeric:
        return np.asarray(values, dtype=object)
    array = np.asarray(values)
    if array.shape[1:] != feature.shape:
        raise ShapeError(key, array.shape, ("T", *feature.shape))
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise NotFiniteError(key)
    return array.astype(feature.dtype)


def _checked_images(key: str, images: NDArray, feature: Feature) -> NDArray:
    expected = (*feature.image_size, 3)
    if images.shape[1:] != expected or images.dtype != np.uint8:
        raise ShapeError(f"{key} ({images.dtype}, must be uint8)", images.shape, ("T", *expected))
    return images
