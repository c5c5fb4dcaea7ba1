"""Episode tables: for each episode its length, its files, its span in each video, its statistics."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from wm_robot.core.errors import DatasetError
from wm_robot.data.features import Feature
from wm_robot.data.layout import CHUNK_SIZE, chunk_and_file
from wm_robot.data.statistics import NAMES, Statistics

SEED_COLUMN = "wm_robot/seed"


@dataclass(frozen=True, kw_only=True)
class VideoSpan:
    """Where an episode lies in the video with the running number `file`, in seconds, half-open."""

    file: int
    from_s: float
    to_s: float


@dataclass(frozen=True, kw_only=True)
class EpisodeRecord:
    """One row of the episodes table, without its statistics.

    Args:
        index: position of the episode in the dataset.
        length: frames.
        first_frame: its first row, counted over the whole dataset.
        tasks: instructions that occur in it.
        data_file: running number of the data table that holds its rows.
        episodes_file: running number of the episodes table that holds this record.
        videos: span by camera key.
        seed: seed that the environment was reset with, or None.
    """

    index: int
    length: int
    first_frame: int
    tasks: tuple[str, ...]
    data_file: int
    episodes_file: int
    videos: Mapping[str, VideoSpan]
    seed: int | None = None


def episodes_schema(features: Mapping[str, Feature]) -> pa.Schema:
    integer, real = pa.int64(), pa.float64()
    fields = [pa.field("episode_index", integer), pa.field("tasks", pa.list_(pa.string()))]
    fields += [
        pa.field(name, integer)
        for name in (
            "length",
            "data/chunk_index",
            "data/file_index",
            "dataset_from_index",
            "dataset_to_index",
        )
    ]
    for key in (k for k, f in features.items() if f.is_video):
        fields += [pa.field(f"videos/{key}/{name}", integer) for name in ("chunk_index", "file_index")]
        fields += [pa.field(f"videos/{key}/{name}", real) for name in ("from_timestamp", "to_timestamp")]
    for key, feature in features.items():
        if feature.dtype == "string":
            continue
        value = pa.list_(pa.list_(pa.list_(real))) if feature.is_video else pa.list_(real)
        fields += [
            pa.field(f"stats/{key}/{name}", pa.list_(integer) if name == "count" else value) for name in NAMES
        ]
    fields += [pa.field(f"meta/episodes/{name}", integer) for name in ("chunk_index", "file_index")]
    return pa.schema([*fields, pa.field(SEED_COLUMN, integer)])


def episode_row(record: EpisodeRecord, statistics: Mapping[str, Statistics], schema: pa.Schema) -> pa.Table:
    """The table of one row that stores `record`."""
    row: dict[str, Any] = {
        "episode_index": record.index,
        "tasks": list(record.tasks),
        "length": record.length,
        "dataset_from_index": record.first_frame,
        "dataset_to_index": record.first_frame + record.length,
        SEED_COLUMN: record.seed,
    }
    row["data/chunk_index"], row["data/file_index"] = chunk_and_file(record.data_file)
    row["meta/episodes/chunk_index"], row["meta/episodes/file_index"] = chunk_and_file(record.episodes_file)
    for key, span in record.videos.items():
        chunk, file = chunk_and_file(span.file)
        row |= {f"videos/{key}/chunk_index": chunk, f"videos/{key}/file_index": file}
        row |= {f"videos/{key}/from_timestamp": span.from_s, f"videos/{key}/to_timestamp": span.to_s}
    for key, figures in statistics.items():
        row |= {f"stats/{key}/{name}": figures[name].tolist() for name in NAMES}
    return pa.table({field.name: pa.array([row[field.name]], field.type) for field in schema}, schema=schema)


def parse_records(table: pa.Table, videos: tuple[str, ...], episodes_file: int) -> list[EpisodeRecord]:
    """The records in `table`, which is the file numbered `episodes_file`.

    Raises:
        DatasetError: a column is missing.
    """
    wanted = ["episode_index", "tasks", "length", "dataset_from_index", "data/chunk_index", "data/file_index"]
    spans = ("chunk_index", "file_index", "from_timestamp", "to_timestamp")
    wanted += [f"videos/{key}/{name}" for key in videos for name in spans]
    missing = sorted(set(wanted) - set(table.column_names))
    if missing:
        raise DatasetError(f"the episodes table lacks the columns {', '.join(missing)}")
    seeded = SEED_COLUMN in table.column_names
    rows = table.select([*wanted, SEED_COLUMN] if seeded else wanted).to_pylist()
    empty = [row["episode_index"] for row in rows if any(row[name] is None for name in wanted)]
    if empty:
        raise DatasetError(f"the episodes table has empty cells in the rows of episodes {empty[:5]}")

    def number(row: Mapping[str, Any], prefix: str) -> int:
        return row[f"{prefix}/chunk_index"] * CHUNK_SIZE + row[f"{prefix}/file_index"]

    return [
        EpisodeRecord(
            index=row["episode_index"],
            length=row["length"],
            first_frame=row["dataset_from_index"],
            tasks=tuple(row["tasks"]),
            data_file=number(row, "data"),
            episodes_file=episodes_file,
            videos={
                key: VideoSpan(
                    file=number(row, f"videos/{key}"),
                    from_s=row[f"videos/{key}/from_timestamp"],
                    to_s=row[f"videos/{key}/to_timestamp"],
                )
                for key in videos
            },
            seed=row.get(SEED_COLUMN),
        )
        for row in rows
    ]


def parse_statistics(table: pa.Table, features: Mapping[str, Feature]) -> list[dict[str, Statistics]]:
    """The statistics of each row by feature; features without all ten figures are left out."""
    keys = [k for k in features if all(f"stats/{k}/{name}" in table.column_names for name in NAMES)]
    rows = table.select([f"stats/{k}/{name}" for k in keys for name in NAMES]).to_pylist()
    return [{k: {n: np.array(row[f"stats/{k}/{n}"]) for n in NAMES} for k in keys} for row in rows]
