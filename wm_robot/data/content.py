"""A fingerprint of what a dataset holds, for checkpoints that were trained on it."""

import hashlib
import json
from pathlib import Path

import numpy as np

from wm_robot.core.files import sha256_file
from wm_robot.data.layout import video_file
from wm_robot.data.reader import read_dataset


def data_hash(root: Path) -> str:
    """Hex SHA-256 over features, frame rate, episodes, column values and encoded videos.

    The same episodes give the same hash in whatever data tables they lie; statistics, seeds and
    provenance do not count.

    Raises:
        DatasetError: the dataset at `root` does not open.
    """
    dataset = read_dataset(root)
    features = {
        key: [feature.dtype, list(feature.shape), list(feature.entry_names)]
        for key, feature in sorted(dataset.features.items())
    }
    digest = hashlib.sha256(json.dumps([dataset.fps, features, dataset.tasks]).encode())
    columns = sorted(dataset.info.columns)
    hashed_videos: set[Path] = set()
    for record in dataset.episodes:
        digest.update(json.dumps([record.length, record.tasks]).encode())
        for values in dataset.load_episode(record.index, columns).values():
            little_endian = values.dtype.newbyteorder("<")
            digest.update(
                json.dumps(values.tolist()).encode()
                if values.dtype == object
                else np.ascontiguousarray(values, little_endian).tobytes()
            )
        for key in sorted(record.videos):
            path = video_file(root, dataset.info.video_path, key, record.videos[key].file)
            if path not in hashed_videos:
                hashed_videos.add(path)
                digest.update(sha256_file(path).encode())
    return digest.hexdigest()
