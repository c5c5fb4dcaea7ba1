"""Writes a LeRobotDataset v3.0 that is valid after every episode, whatever is killed when.

Each episode, or several that are ready together, is committed in two steps: its videos (one file
each), its rows (the youngest data table is replaced by a longer one) and its record (likewise); then
`meta/info.json`, which says how many episodes there are. A process that dies in between leaves at
most files or rows beyond that count; readers never look there, the next episode overwrites them,
`repair` removes them.
"""

import fcntl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.errors import DatasetError
from wm_robot.core.files import write_all_atomic
from wm_robot.data.episode import EncodedEpisode, encode_episode
from wm_robot.data.episodes_table import (
    EpisodeRecord,
    VideoSpan,
    episode_row,
    episodes_schema,
    parse_statistics,
)
from wm_robot.data.features import INDEX_FEATURES, Feature, check_feature
from wm_robot.data.frames_table import frames_schema, frames_table
from wm_robot.data.info import DatasetInfo, read_info, write_info
from wm_robot.data.layout import (
    DATA_PATH,
    EPISODES_PATH,
    INFO,
    LOCK,
    PROVENANCE,
    STATS,
    TASKS,
    table_file,
    video_file,
)
from wm_robot.data.parquet import read_table
from wm_robot.data.provenance import Provenance, write_provenance
from wm_robot.data.records import episode_tables, read_records
from wm_robot.data.shard import Shard
from wm_robot.data.statistics import Statistics, combined_by_feature, numeric_statistics
from wm_robot.data.stats_file import stats_file
from wm_robot.data.tasks_table import read_tasks, tasks_file
from wm_robot.data.video import LOSSLESS, VideoConfig, stream_info


class DatasetWriter:
    """Appends episodes to one dataset; made by `create` or `resume`, closed by `close` or `with`.

    Not thread-safe. One process at a time: a second writer is refused.
    """

    def __init__(self, root: Path, info: DatasetInfo, tasks: tuple[str, ...], video: VideoConfig) -> None:
        self.root = root
        self.video = video
        self._info = info
        self._tasks = tasks
        self._buffer: dict[str, list[NDArray]] = {}
        self._frames_schema = frames_schema(info.features)
        self._episodes_schema = episodes_schema(info.features)
        self._data = Shard(root=root, template=DATA_PATH, row_groups=True)
        self._episodes = Shard(root=root, template=EPISODES_PATH, row_groups=False)
        self._statistics: Mapping[str, Statistics] = {}
        self._lock = open(root / LOCK, "w")  # noqa: SIM115  (held until close)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise DatasetError(f"another process is writing to {root}; wait until it has finished") from error

    @classmethod
    def create(
        cls,
        root: Path,
        *,
        fps: int,
        features: Mapping[str, Feature],
        robot_type: str | None = None,
        provenance: Provenance | None = None,
        video: VideoConfig = LOSSLESS,
    ) -> Self:
        """Start an empty dataset in the folder `root`.

        Args:
            root: new or empty folder.
            fps: frames a second.
            features: what a frame holds; the index columns are added.
            robot_type: name of the robot.
            provenance: where the episodes will come from.
            video: codec settings.

        Raises:
            DatasetError: the folder holds something already, or a feature is not valid.
        """
        if root.is_file() or not _is_free(root):
            raise DatasetError(f"{root} exists already; choose another folder or resume the dataset in it")
        if fps < 1:
            raise DatasetError(f"fps is {fps}; it must be a whole number above 0")
        for key, feature in features.items():
            check_feature(key, feature)
        described = {k: f for k, f in features.items() if k not in INDEX_FEATURES} | INDEX_FEATURES
        info = DatasetInfo(fps=fps, features=described, robot_type=robot_type)
        frames_schema(info.features)
        (root / INFO).parent.mkdir(parents=True, exist_ok=True)
        writer = cls(root, info, (), video)
        if provenance is not None:
            write_provenance(root, provenance)
        write_info(root, info)
        return writer

    @classmethod
    def resume(cls, root: Path, *, video: VideoConfig = LOSSLESS) -> Self:
        """Continue the dataset at `root` after its last finished episode.

        Raises:
            DatasetError: no dataset, a broken one, or one that another program wrote.
        """
        info = read_info(root)
        writer = cls(root, info, read_tasks(root)[: info.total_tasks] if info.total_tasks else (), video)
        try:
            writer._restore()
        except DatasetError:
            writer.close()
            raise
        return writer

    @property
    def info(self) -> DatasetInfo:
        return self._info

    @property
    def episodes(self) -> int:
        """Episodes that are finished and safe on disk."""
        return self._info.total_episodes

    def add_frame(self, frame: Mapping[str, NDArray]) -> None:
        """Buffer one frame: a value for every feature but the index columns."""
        for key in frame.keys() | self._buffer.keys():
            if key not in frame:
                raise DatasetError(f"the frame lacks {key!r}, which earlier frames of the episode have")
            self._buffer.setdefault(key, []).append(np.asarray(frame[key]))

    def save_episode(self, task: str, seed: int | None = None) -> int:
        """Commit the buffered frames as one episode and return its index."""
        frames, self._buffer = {k: np.stack(v) for k, v in self._buffer.items()}, {}
        return self.write_episode(frames, task, seed)

    def write_episode(self, frames: Mapping[str, NDArray], task: str, seed: int | None = None) -> int:
        """Commit an episode given as arrays (T, ...) by feature and return its index.

        Raises:
            WmrError: the arrays do not fit the features; nothing is written.
        """
        features, fps = self._info.features, self._info.fps
        return self.append(encode_episode(frames, features, fps=fps, task=task, seed=seed, video=self.video))

    def append(self, *episodes: EncodedEpisode) -> int:
        """Commit episodes that are encoded already, all or none of them, and return the last one's index.

        Together they cost little more than one: tables and statistics are written once.
        """
        info, tasks, whole = self._info, self._tasks, self._statistics
        data, records = self._data, self._episodes
        files: dict[Path, bytes] = {}
        tables: dict[tuple[str, int], Shard] = {}
        for episode in episodes:
            info, tasks = _described(info, episode), _with_tasks(tasks, episode)
            index = info.total_episodes
            columns = {**episode.columns, **_index_columns(episode, info, tasks)}
            record = EpisodeRecord(
                index=index,
                length=episode.length,
                first_frame=info.total_frames,
                tasks=episode.tasks,
                data_file=data.next_number,
                episodes_file=records.next_number,
                videos={
                    key: VideoSpan(file=index, from_s=0.0, to_s=episode.length / info.fps)
                    for key in episode.videos
                },
                seed=episode.seed,
            )
            numeric = numeric_statistics({k: columns[k] for k, f in info.columns.items() if f.is_numeric})
            figures = {**numeric, **episode.image_statistics}
            statistics = {key: figures[key] for key in info.features if key in figures}
            whole = combined_by_feature(whole, statistics)
            files |= {
                video_file(self.root, info.video_path, key, index): content
                for key, content in episode.videos.items()
            }
            data = data.added(frames_table(columns, self._frames_schema))
            records = records.added(episode_row(record, statistics, self._episodes_schema))
            tables |= {(shard.template, shard.number): shard for shard in (data, records)}
            info = replace(
                info,
                total_episodes=index + 1,
                total_frames=info.total_frames + episode.length,
                total_tasks=len(tasks),
            )
        if tasks != self._tasks:
            files[self.root / TASKS] = tasks_file(tasks)
        files[self.root / STATS] = stats_file(whole)
        files |= [shard.file() for shard in tables.values()]
        write_all_atomic(files)
        write_info(self.root, info)
        self._info, self._tasks, self._statistics = info, tasks, whole
        self._data, self._episodes = data, records
        return info.total_episodes - 1

    def close(self) -> None:
        """Let others write; frames that are only buffered are dropped."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _restore(self) -> None:
        """Take up the youngest tables and the statistics of the finished episodes."""
        records = read_records(self.root, self._info)
        for number, table in episode_tables(self.root):
            committed = [record for record in records if record.episodes_file == number]
            if not committed:
                break
            if table.schema.names != self._episodes_schema.names:
                raise DatasetError(
                    f"{self.root} was written by another program and cannot be continued; "
                    "record into a new folder"
                )
            rows = [table.slice(i, 1).cast(self._episodes_schema) for i in range(len(committed))]
            self._episodes = replace(self._episodes, number=number, episodes=tuple(rows))
            for statistics in parse_statistics(table.slice(0, len(rows)), self._info.features):
                self._statistics = combined_by_feature(self._statistics, statistics)
        if records:
            self._restore_data(records)

    def _restore_data(self, records: list[EpisodeRecord]) -> None:
        youngest = records[-1].data_file
        members = [record for record in records if record.data_file == youngest]
        table = read_table(table_file(self.root, self._info.data_path, youngest)).cast(self._frames_schema)
        start = members[0].first_frame
        rows = tuple(table.slice(m.first_frame - start, m.length) for m in members)
        self._data = replace(self._data, number=youngest, episodes=rows)


def _is_free(root: Path) -> bool:
    """Whether `root` holds nothing, or only what a creation that was killed at once leaves."""
    started = (root / LOCK, root / PROVENANCE)
    return all(path.is_dir() or path in started or path.suffix == ".tmp" for path in root.rglob("*"))


def _described(info: DatasetInfo, episode: EncodedEpisode) -> DatasetInfo:
    """What the streams hold is known from the first episode on."""
    if info.total_episodes > 0:
        return info
    described = {key: stream_info(content) for key, content in episode.videos.items()}
    features = {k: replace(f, info=described.get(k, f.info)) for k, f in info.features.items()}
    return replace(info, features=features)


def _with_tasks(tasks: tuple[str, ...], episode: EncodedEpisode) -> tuple[str, ...]:
    return (*tasks, *(task for task in episode.tasks if task not in tasks))


def _index_columns(episode: EncodedEpisode, info: DatasetInfo, tasks: tuple[str, ...]) -> dict[str, NDArray]:
    """The columns that the writer fills in, for an episode appended to the dataset `info`."""
    frame = np.arange(episode.length)
    task_indices = np.array([tasks.index(task) for task in episode.tasks])
    return {
        "timestamp": (frame / info.fps).astype(np.float32),
        "frame_index": frame,
        "episode_index": np.full(episode.length, info.total_episodes),
        "index": info.total_frames + frame,
        "task_index": task_indices[episode.task_of_frame],
    }
