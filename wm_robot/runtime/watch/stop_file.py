"""The latch of a simulated arm: while the file is there, the arm holds still."""

import json
import time
from pathlib import Path

from wm_robot.core.files import write_atomic

NAME = "stop.json"


class StopFile:
    """Whoever can write into the folder can stop the arm; nobody else need be alive for it.

    Args:
        folder: of the session.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    @property
    def latched(self) -> bool:
        return self._path.exists()

    def latch(self, why: str) -> None:
        """Forbid every motion until `release`."""
        write_atomic(self._path, json.dumps({"why": why, "at": time.strftime("%FT%T%z")}).encode())

    def release(self) -> None:
        self._path.unlink(missing_ok=True)
