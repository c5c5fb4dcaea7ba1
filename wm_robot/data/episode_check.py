"""What can be wrong inside one episode."""

import numpy as np

from wm_robot.core.errors import DatasetError
from wm_robot.data.episodes_table import EpisodeRecord
from wm_robot.data.reader import Dataset
from wm_robot.data.video import TOLERANCE_S


def check_episode(dataset: Dataset, position: int) -> list[str]:
    """What is wrong with the episode at `position`, one line each; every frame is decoded.

    Empty means that the episode can be used.
    """
    record = dataset.episodes[position]
    problems: list[str] = []
    arrays = {}
    for key in dataset.features:
        try:
            arrays |= dataset.load_episode(position, [key])
        except DatasetError as error:
            if str(error) not in problems:
                problems.append(str(error))
    for key, values in arrays.items():
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            rows = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
            problems.append(f"{key} holds NaN or infinity in frame {rows[0]}")
    expected = _index_columns(dataset, record)
    for key, values in expected.items():
        if key in arrays and not np.allclose(arrays[key], values, rtol=0, atol=TOLERANCE_S):
            row = int(np.argmax(~np.isclose(arrays[key], values, rtol=0, atol=TOLERANCE_S)))
            problems.append(f"{key} of frame {row} is {arrays[key][row]}, expected {values[row]}")
    tasks = arrays.get("task_index", np.zeros(1, int))
    if tasks.min() < 0 or tasks.max() >= len(dataset.tasks):
        problems.append(f"task_index reaches {tasks.max()}, but there are {len(dataset.tasks)} tasks")
    return problems


def _index_columns(dataset: Dataset, record: EpisodeRecord) -> dict[str, np.ndarray]:
    frame = np.arange(record.length)
    return {
        "timestamp": frame / dataset.fps,
        "frame_index": frame,
        "episode_index": np.full(record.length, record.index),
    }
