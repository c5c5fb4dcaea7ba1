"""A recorded run as something to show."""

import zlib
from pathlib import Path

from wm_robot.core.errors import FlightLogError
from wm_robot.dashboard.subject import Subject
from wm_robot.data.flight.reader import read_metadata
from wm_robot.runtime.watch.plan_log import PLANS, read_encoded
from wm_robot.runtime.watch.snapshot import Snapshot

NEEDED = ("title", "robot", "task", "checkpoint")


def recorded_subject(run: Path, presets: Path) -> Subject:
    """The run in the folder `run`.

    Raises:
        FlightLogError: it holds no planner log, or one that does not say what it is of.
    """
    path = run / PLANS
    if not path.is_file():
        raise FlightLogError(f"{run} holds no {PLANS}; runs with a dashboard keep one: wmr run --dashboard")
    known = read_metadata(path)
    missing = [name for name in NEEDED if name not in known]
    if missing:
        raise FlightLogError(f"{path} does not say its {', '.join(missing)}; it is no planner log of ours")
    return Subject(
        title=f"{known['title']}, recorded",
        checkpoint=Path(known["checkpoint"]),
        robot=known["robot"],
        task=known["task"],
        replay=run,
        presets=presets,
    )


class RecordedRun:
    """The snapshots of a run, kept packed, so that an hour of them fits into memory.

    Args:
        run: its folder.

    Raises:
        FlightLogError: no planner log, or not one snapshot that can be read.
    """

    def __init__(self, run: Path) -> None:
        self._packed = [zlib.compress(message, 1) for message in read_encoded(run / PLANS)]
        self[0]

    def __len__(self) -> int:
        return len(self._packed)

    def __getitem__(self, index: int) -> Snapshot:
        return Snapshot.decode(zlib.decompress(self._packed[index]))
