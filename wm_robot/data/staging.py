"""New datasets that appear whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wm_robot.core.errors import DatasetError
from wm_robot.core.files import fsync_directory


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """A folder to write into; it becomes `target` when the block ends well and is removed otherwise.

    Raises:
        DatasetError: `target` exists and is not empty.
    """
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise DatasetError(f"{target} exists already; choose another folder")
    staging = target.with_name(f".{target.name}.unfinished")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        yield staging
        if target.is_dir():
            target.rmdir()
        staging.rename(target)
        fsync_directory(target.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
