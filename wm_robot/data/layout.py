"""Where the files of a LeRobotDataset v3.0 lie."""

from pathlib import Path

CODEBASE_VERSION = "v3.0"
CHUNK_SIZE = 1000
"""Files in one chunk folder."""

DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
EPISODES_PATH = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
INFO = "meta/info.json"
STATS = "meta/stats.json"
TASKS = "meta/tasks.parquet"
PROVENANCE = "meta/wm_robot.json"
LOCK = "meta/.writer.lock"


def chunk_and_file(number: int) -> tuple[int, int]:
    """(chunk index, file index) of the file with the running `number`."""
    return divmod(number, CHUNK_SIZE)


def video_file(root: Path, template: str, key: str, number: int) -> Path:
    chunk, file = chunk_and_file(number)
    return root / template.format(video_key=key, chunk_index=chunk, file_index=file, number=number)


def table_file(root: Path, template: str, number: int) -> Path:
    """The data or episodes table with the running `number`."""
    chunk, file = chunk_and_file(number)
    return root / template.format(chunk_index=chunk, file_index=file, number=number)
