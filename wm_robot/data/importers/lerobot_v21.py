"""LeRobotDataset v2.1: one table and one video an episode, descriptions as JSON lines."""

import json
from pathlib import Path
from typing import Any

from wm_robot.core.errors import DatasetError
from wm_robot.data.copy import copied_features, copy_episodes
from wm_robot.data.episodes_table import EpisodeRecord, VideoSpan
from wm_robot.data.info import DatasetInfo, parse_features, read_raw_info
from wm_robot.data.layout import CHUNK_SIZE
from wm_robot.data.reader import Dataset
from wm_robot.data.staging import staged_folder
from wm_robot.data.writer import DatasetWriter

VERSIONS = ("v2.0", "v2.1")


def import_lerobot_v21(source: Path, target: Path, *, progress: bool = False) -> int:
    """Write the dataset at `source` as v3.0 into the new folder `target`; returns its episodes.

    Videos are copied as they are; pictures in table cells become lossless video.

    Raises:
        DatasetError: `source` is no such dataset or is broken, or `target` is not empty.
    """
    dataset = _open(source)
    with staged_folder(target) as folder:
        writer = DatasetWriter.create(
            folder,
            fps=dataset.fps,
            features=copied_features(dataset.features),
            robot_type=dataset.info.robot_type,
        )
        with writer:
            copy_episodes(dataset, range(len(dataset.episodes)), writer, progress=progress)
    return len(dataset.episodes)


def _open(source: Path) -> Dataset:
    content = read_raw_info(source)
    version, chunk_size = content.get("codebase_version"), content.get("chunks_size", CHUNK_SIZE)
    if version not in VERSIONS or chunk_size != CHUNK_SIZE:
        raise DatasetError(
            f"{source} has codebase_version {version!r} and chunks of {chunk_size}; "
            f"valid: {' or '.join(VERSIONS)} and chunks of {CHUNK_SIZE}"
        )
    try:
        return _described(source, content)
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"the descriptions in {source / 'meta'} are incomplete: {error!r}") from error


def _described(source: Path, content: dict[str, Any]) -> Dataset:
    lines = _json_lines(source / "meta/episodes.jsonl")
    tasks = {line["task_index"]: line["task"] for line in _json_lines(source / "meta/tasks.jsonl")}
    info = DatasetInfo(
        fps=int(content["fps"]),
        features=parse_features(content),
        total_episodes=len(lines),
        total_frames=sum(line["length"] for line in lines),
        total_tasks=len(tasks),
        robot_type=content.get("robot_type"),
        data_path=_template(content["data_path"]),
        video_path=_template(content.get("video_path") or ""),
    )
    records, first = [], 0
    for line in sorted(lines, key=lambda line: line["episode_index"]):
        index, length = line["episode_index"], line["length"]
        span = VideoSpan(file=index, from_s=0.0, to_s=length / info.fps)
        records.append(
            EpisodeRecord(
                index=index,
                length=length,
                first_frame=first,
                tasks=tuple(line["tasks"]),
                data_file=index,
                episodes_file=0,
                videos=dict.fromkeys(info.videos, span),
            )
        )
        first += length
    ordered = tuple(tasks[index] for index in range(len(tasks)))
    return Dataset(root=source, info=info, episodes=tuple(records), tasks=ordered, provenance=None)


def _template(path: str) -> str:
    """The path template in our terms: `number` counts files over all chunks."""
    return path.replace("{episode_chunk", "{chunk_index").replace("{episode_index", "{number")


def _json_lines(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    except FileNotFoundError as error:
        raise DatasetError(f"{path} is missing") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} is broken: {error}") from error
