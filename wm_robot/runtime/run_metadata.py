"""What must be known of a run to run it again: kept in its flight log."""

import json
import platform
import sys
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from wm_robot import __version__
from wm_robot.core.errors import FlightLogError
from wm_robot.core.serialization import from_json, to_json
from wm_robot.core.version import commit
from wm_robot.data.flight.reader import read_metadata
from wm_robot.robots import RobotSpec

FLIGHT = "flight.mcap"
"""The flight log in a run's folder; its episodes are beside it in `dataset`."""

_DECIDING = ("numpy", "scipy", "pin", "proxsuite", "ruckig", "mujoco", "torch")
"""Libraries whose arithmetic goes into a command."""


def versions() -> dict[str, str]:
    """Versions of what computes here, by name; another processor rounds otherwise too."""
    found = {"wm_robot": __version__, "python": platform.python_version(), "machine": platform.machine()}
    for name in _DECIDING:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True, kw_only=True)
class RunMetadata:
    """What a run was.

    Args:
        pipeline: name of what decided, an entry of `runtime.replay.PIPELINES`.
        config: its resolved settings as JSON data.
        robot: the arm, limits and all.
        seed: of all randomness.
        started: wall-clock time of the start, ISO 8601.
        command: the command line.
        commit: of the code.
        versions: of the libraries.
    """

    pipeline: str
    config: dict[str, Any]
    robot: RobotSpec
    seed: int
    started: str
    command: tuple[str, ...] = field(default_factory=lambda: tuple(sys.argv))
    commit: str = field(default_factory=commit)
    versions: dict[str, str] = field(default_factory=versions)

    def as_text(self) -> dict[str, str]:
        """The metadata of a `FlightLog`: each field as JSON."""
        return {name: json.dumps(value) for name, value in to_json(self).items()}


def read_run_metadata(path: Path) -> RunMetadata:
    """What the run logged in the file `path` was.

    Raises:
        FlightLogError: no flight log.
        WmrError: one that another version wrote, with the fields that do not fit.
    """
    try:
        fields = {name: json.loads(text) for name, text in read_metadata(path).items()}
    except json.JSONDecodeError as error:
        raise FlightLogError(f"{path} describes its run in a form of its own: {error}") from error
    return from_json(RunMetadata, fields)
