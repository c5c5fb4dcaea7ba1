"""meta/info.json: what a dataset is and how far it goes; replacing it commits an episode."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wm_robot.core.errors import DatasetError
from wm_robot.core.files import write_atomic
from wm_robot.data.features import Feature
from wm_robot.data.layout import CHUNK_SIZE, CODEBASE_VERSION, DATA_PATH, INFO, VIDEO_PATH


@dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """Content of meta/info.json.

    Args:
        fps: frames a second; a row's timestamp is its frame index divided by it.
        features: by key, the index columns included.
        total_episodes: finished episodes; whatever lies beyond is left over from a crash.
        total_frames: rows of those episodes.
        total_tasks: rows of meta/tasks.parquet that those episodes use.
        robot_type: name of the robot, or None.
        data_path: template of the data tables.
        video_path: template of the videos.
    """

    fps: int
    features: Mapping[str, Feature]
    total_episodes: int = 0
    total_frames: int = 0
    total_tasks: int = 0
    robot_type: str | None = None
    data_path: str = DATA_PATH
    video_path: str = VIDEO_PATH

    @property
    def videos(self) -> tuple[str, ...]:
        """Keys of the features that are stored as video."""
        return tuple(key for key, feature in self.features.items() if feature.is_video)

    @property
    def columns(self) -> dict[str, Feature]:
        """The features that are columns of the data tables."""
        return {key: feature for key, feature in self.features.items() if not feature.is_video}


def write_info(root: Path, info: DatasetInfo) -> None:
    content = {
        "codebase_version": CODEBASE_VERSION,
        "fps": info.fps,
        "features": {key: feature.to_json() for key, feature in info.features.items()},
        "total_episodes": info.total_episodes,
        "total_frames": info.total_frames,
        "total_tasks": info.total_tasks,
        "chunks_size": CHUNK_SIZE,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 200,
        "data_path": info.data_path,
        "video_path": info.video_path if info.videos else None,
        "robot_type": info.robot_type,
        "splits": {"train": f"0:{info.total_episodes}"},
    }
    write_atomic(root / INFO, (json.dumps(content, indent=4) + "\n").encode())


def read_raw_info(root: Path) -> dict[str, Any]:
    """meta/info.json as it stands, of whatever version.

    Raises:
        DatasetError: no dataset at `root`, or the file is not JSON.
    """
    path = root / INFO
    try:
        content = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DatasetError(f"{root} is no dataset: it has no {INFO}") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} is not JSON ({error}); restore it from a copy") from error
    if not isinstance(content, dict):
        raise DatasetError(f"{path} holds no JSON object; restore it from a copy")
    return content


def parse_features(content: Mapping[str, Any]) -> dict[str, Feature]:
    features = content.get("features")
    if not isinstance(features, dict) or not features:
        raise DatasetError(f"{INFO} describes no features")
    return {key: Feature.from_json(key, data) for key, data in features.items()}


def read_info(root: Path) -> DatasetInfo:
    """The description of the dataset at `root`.

    Raises:
        DatasetError: missing or broken, or a version that must be imported first.
    """
    content = read_raw_info(root)
    version = content.get("codebase_version")
    if version != CODEBASE_VERSION:
        hint = "; convert it with `wmr data import`" if version == "v2.1" else ""
        raise DatasetError(f"{root} has codebase_version {version!r}; valid: {CODEBASE_VERSION!r}{hint}")
    counts = {name: content.get(name) for name in ("fps", "total_episodes", "total_frames", "total_tasks")}
    bad = {name: v for name, v in counts.items() if not isinstance(v, int) or isinstance(v, bool) or v < 0}
    if bad or not counts["fps"]:
        raise DatasetError(f"{root / INFO}: {bad or 'fps'} must be whole numbers, and fps positive")
    return DatasetInfo(
        features=parse_features(content),
        robot_type=content.get("robot_type"),
        data_path=content.get("data_path") or DATA_PATH,
        video_path=content.get("video_path") or VIDEO_PATH,
        **counts,  # type: ignore[arg-type]
    )
