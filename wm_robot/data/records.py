"""The episode records of a dataset, in order and checked against meta/info.json."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from wm_robot.core.errors import DatasetError
from wm_robot.data.episodes_table import EpisodeRecord, parse_records
from wm_robot.data.info import DatasetInfo
from wm_robot.data.layout import CHUNK_SIZE
from wm_robot.data.parquet import read_table


def episode_tables(root: Path) -> Iterator[tuple[int, pa.Table]]:
    """(running number, table) of each file below meta/episodes, in order."""
    for number, path in _table_paths(root):
        yield number, read_table(path)


def readable_records(root: Path, info: DatasetInfo) -> list[EpisodeRecord]:
    """Every record that can be read, checked against nothing; unreadable files are passed over."""
    records: list[EpisodeRecord] = []
    for number, path in _table_paths(root):
        with suppress(DatasetError):
            records += parse_records(read_table(path), info.videos, number)
    return records


def read_records(root: Path, info: DatasetInfo) -> list[EpisodeRecord]:
    """Records of the finished episodes; rows beyond them are leftovers and are not returned.

    Raises:
        DatasetError: records are missing, out of order, or do not add up to what meta/info.json says.
    """
    records: list[EpisodeRecord] = []
    for number, table in episode_tables(root):
        if len(records) < info.total_episodes:
            records += parse_records(table, info.videos, number)
    del records[info.total_episodes :]
    if len(records) < info.total_episodes:
        raise DatasetError(
            f"{root} says it has {info.total_episodes} episodes, but meta/episodes records {len(records)}; "
            "`wmr data repair` keeps the whole ones"
        )
    frames = 0
    for position, record in enumerate(records):
        if record.index != position or record.first_frame != frames or record.length < 1:
            raise DatasetError(
                f"{root}: record {position} of meta/episodes is episode {record.index} with {record.length} "
                f"frames from frame {record.first_frame}; expected episode {position} from frame {frames}"
            )
        frames += record.length
    if frames != info.total_frames:
        raise DatasetError(f"{root} says it has {info.total_frames} frames, but its episodes have {frames}")
    return records


def _table_paths(root: Path) -> list[tuple[int, Path]]:
    paths = sorted((root / "meta" / "episodes").glob("chunk-*/file-*.parquet"))
    numbers = [(path.parent.name.removeprefix("chunk-"), path.stem.removeprefix("file-")) for path in paths]
    return [
        (int(chunk) * CHUNK_SIZE + int(file), path)
        for path, (chunk, file) in zip(paths, numbers, strict=True)
        if chunk.isdigit() and file.isdigit()
    ]
