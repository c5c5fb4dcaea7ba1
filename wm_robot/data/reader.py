"""Reads LeRobotDataset v3.0: whole episodes as arrays, or single frames."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.errors import DatasetError, UnknownNameError
from wm_robot.data.episodes_table import EpisodeRecord
from wm_robot.data.features import Feature
from wm_robot.data.frames_table import column_values
from wm_robot.data.info import DatasetInfo, read_info
from wm_robot.data.layout import table_file, video_file
from wm_robot.data.parquet import read_rows
from wm_robot.data.progress import progress_bar
from wm_robot.data.provenance import Provenance, read_provenance
from wm_robot.data.records import read_records
from wm_robot.data.tasks_table import read_tasks
from wm_robot.data.video import decode, decode_picture


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset on disk that has been opened; made by `read_dataset`.

    Args:
        root: its folder.
        info: content of meta/info.json.
        episodes: one record an episode, in order.
        tasks: instructions by task index.
        provenance: where it comes from, when wm_robot recorded it.
    """

    root: Path
    info: DatasetInfo
    episodes: tuple[EpisodeRecord, ...]
    tasks: tuple[str, ...]
    provenance: Provenance | None

    @property
    def fps(self) -> int:
        return self.info.fps

    @property
    def features(self) -> Mapping[str, Feature]:
        return self.info.features

    def load_episode(self, index: int, keys: Iterable[str] | None = None) -> dict[str, NDArray]:
        """The arrays (T, ...) of an episode by feature; pictures as (T, height, width, 3) uint8 RGB.

        Args:
            index: episode, from 0.
            keys: features to load; all of them when None.

        Raises:
            UnknownNameError: a key that the dataset lacks.
            DatasetError: no such episode, or its files are missing or damaged.
        """
        return self._load(self._record(index), self._wanted(keys), slice(None))

    def load_frame(self, index: int, frame: int, keys: Iterable[str] | None = None) -> dict[str, NDArray]:
        """One frame of an episode by feature, reading no more video than the frame needs."""
        record = self._record(index)
        if not 0 <= frame < record.length:
            raise DatasetError(f"episode {index} has no frame {frame}; valid: 0 to {record.length - 1}")
        loaded = self._load(record, self._wanted(keys), slice(frame, frame + 1))
        return {key: values[0] for key, values in loaded.items()}

    def load_all(
        self, keys: Iterable[str] | None = None, *, workers: int = 2, progress: bool = False
    ) -> dict[str, NDArray]:
        """All frames of all episodes, one after the other: (N, ...) by feature.

        Episode i occupies rows `episodes[i].first_frame` to `first_frame + length`.

        Args:
            keys: features to load; all of them when None.
            workers: decoding threads.
            progress: show a bar on standard error.
        """
        wanted = self._wanted(keys)
        if not self.episodes:
            raise DatasetError(f"{self.root} has no episodes")
        arrays: dict[str, NDArray] = {}

        def load(record: EpisodeRecord) -> None:
            rows = slice(record.first_frame, record.first_frame + record.length)
            for key, values in self._load(record, wanted, slice(None)).items():
                arrays[key][rows] = values

        for key, values in self._load(self.episodes[0], wanted, slice(0, 1)).items():
            arrays[key] = np.empty((self.info.total_frames, *values.shape[1:]), values.dtype)
        with ThreadPoolExecutor(max(workers, 1)) as pool:
            done = pool.map(load, self.episodes)
            for _ in progress_bar(done, f"reading {self.root.name}", len(self.episodes), shown=progress):
                pass
        return arrays

    def _record(self, index: int) -> EpisodeRecord:
        if not 0 <= index < len(self.episodes):
            raise DatasetError(f"{self.root} has no episode {index}; valid: 0 to {len(self.episodes) - 1}")
        return self.episodes[index]

    def _wanted(self, keys: Iterable[str] | None) -> dict[str, Feature]:
        if keys is None:
            return dict(self.features)
        wanted = {}
        for key in keys:
            if key not in self.features:
                raise UnknownNameError("feature", key, self.features)
            wanted[key] = self.features[key]
        return wanted

    def _load(self, record: EpisodeRecord, wanted: Mapping[str, Feature], rows: slice) -> dict[str, NDArray]:
        columns = self._columns(record, wanted)
        timestamps = columns.pop("timestamp")[rows].astype(np.float64)
        loaded: dict[str, NDArray] = {}
        for key, feature in wanted.items():
            if key == "timestamp":
                loaded[key] = timestamps.astype(np.float32)
            elif feature.is_video:
                span = record.videos[key]
                path = video_file(self.root, self.info.video_path, key, span.file)
                loaded[key] = decode(path, span.from_s + timestamps)
            elif feature.is_image:
                loaded[key] = np.stack([decode_picture(cell["bytes"]) for cell in columns[key][rows]])
            else:
                loaded[key] = columns[key][rows]
            if feature.is_image and loaded[key].shape[1:3] != feature.image_size:
                raise DatasetError(
                    f"{self.root}: {key} of episode {record.index} is {loaded[key].shape[1:3]} pixels, "
                    f"but the dataset says {feature.image_size}"
                )
        return loaded

    def _columns(self, record: EpisodeRecord, wanted: Mapping[str, Feature]) -> dict[str, NDArray]:
        """The table columns of an episode among `wanted`, and its timestamps."""
        path = table_file(self.root, self.info.data_path, record.data_file)
        table = read_rows(path, record.first_frame, record.length)
        expected = np.arange(record.first_frame, record.first_frame + record.length)
        if not np.array_equal(table["index"].to_numpy(), expected):
            raise DatasetError(f"{path} does not hold frames {expected[0]} to {expected[-1]} in order")
        keys = ["timestamp", *(k for k, f in wanted.items() if not f.is_video and k != "timestamp")]
        return {key: column_values(table, key, self.features[key]) for key in keys}


def read_dataset(root: Path) -> Dataset:
    """Open the dataset at `root`; its tables are checked against each other, its files for being there.

    Raises:
        DatasetError: no dataset, another version, or broken; `wmr data validate` says everything
            that is wrong.
    """
    info = read_info(root)
    missing = [key for key in ("timestamp", "index") if key not in info.features]
    if missing:
        raise DatasetError(f"{root} lacks the features {', '.join(missing)}")
    records = read_records(root, info) if info.total_episodes else []
    for path in sorted(referenced_files(root, info, records)):
        if not path.is_file():
            raise DatasetError(f"{path} is missing; `wmr data repair` keeps the whole episodes")
    return Dataset(
        root=root,
        info=info,
        episodes=tuple(records),
        tasks=read_tasks(root)[: info.total_tasks] if records else (),
        provenance=read_provenance(root),
    )


def referenced_files(root: Path, info: DatasetInfo, records: Iterable[EpisodeRecord]) -> set[Path]:
    """Data tables and videos that the episodes lie in."""
    files = set()
    for record in records:
        files.add(table_file(root, info.data_path, record.data_file))
        for key, span in record.videos.items():
            files.add(video_file(root, info.video_path, key, span.file))
    return files
