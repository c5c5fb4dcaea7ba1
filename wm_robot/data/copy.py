"""Carries stored episodes from one dataset to another; videos are copied, never encoded again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wm_robot.data.episode import EncodedEpisode, checked_column
from wm_robot.data.features import INDEX_FEATURES, Feature
from wm_robot.data.layout import video_file
from wm_robot.data.progress import progress_bar
from wm_robot.data.reader import Dataset
from wm_robot.data.statistics import image_statistics
from wm_robot.data.video import LOSSLESS, cut, encode
from wm_robot.data.writer import DatasetWriter


def copied_features(features: Mapping[str, Feature]) -> dict[str, Feature]:
    """Features of a copy: pictures in table cells become video, everything else stays."""
    return {
        key: replace(feature, dtype="video", info=None) if feature.is_image else feature
        for key, feature in features.items()
    }


def copy_episodes(
    dataset: Dataset, positions: Sequence[int], writer: DatasetWriter, *, progress: bool = False
) -> None:
    """Append the episodes at `positions` of `dataset`; the writer numbers them anew.

    Raises:
        DatasetError: an episode cannot be read whole.
    """
    owners = Counter((key, span.file) for record in dataset.episodes for key, span in record.videos.items())
    shared = {video for video, count in owners.items() if count > 1}
    for position in progress_bar(positions, f"copying {dataset.root.name}", len(positions), shown=progress):
        writer.append(_encoded(dataset, position, shared))


def _encoded(dataset: Dataset, position: int, shared: set[tuple[str, int]]) -> EncodedEpisode:
    record, arrays = dataset.episodes[position], dataset.load_episode(position)
    columns, videos, statistics = {}, {}, {}
    for key, feature in dataset.features.items():
        if key in INDEX_FEATURES:
            continue
        if not feature.is_image:
            columns[key] = checked_column(key, arrays[key], feature)
            continue
        statistics[key] = image_statistics(arrays[key])
        if not feature.is_video:
            videos[key] = encode(arrays[key], dataset.fps, LOSSLESS)
            continue
        span = record.videos[key]
        path = video_file(dataset.root, dataset.info.video_path, key, span.file)
        alone = (key, span.file) not in shared
        videos[key] = path.read_bytes() if alone else cut(path, span.from_s, span.to_s)
    names = [dataset.tasks[index] for index in arrays["task_index"]]
    tasks = tuple(dict.fromkeys(names))
    return EncodedEpisode(
        columns=columns,
        videos=videos,
        image_statistics=statistics,
        tasks=tasks,
        task_of_frame=np.array([tasks.index(name) for name in names]),
        seed=record.seed,
    )
