"""A recorded run as something to show."""

import json
import os
import tempfile
import zlib
from pathlib import Path

from wm_robot.checkpoints import shipped_checkpoints
from wm_robot.core.errors import CheckpointError, FlightLogError
from wm_robot.core.serialization import from_json, to_json
from wm_robot.dashboard.model_facts import read_model_config, weights_sha256
from wm_robot.dashboard.subject import Subject
from wm_robot.data.flight.reader import read_metadata
from wm_robot.robots import Box
from wm_robot.runtime.watch.plan_log import PLANS, read_encoded
from wm_robot.runtime.watch.snapshot import Snapshot

NEEDED = ("title", "robot", "task", "checkpoint")
SHA256 = "checkpoint_sha256"
LIMITS = "limits"
"""Workspace and boxes to keep out of, as JSON."""


def record_of(subject: Subject) -> dict[str, str]:
    """What `recorded_subject` must know of a subject, for the metadata of its planner log."""
    checkpoint = subject.checkpoint.resolve()
    known = {"title": subject.title, "robot": subject.robot, "task": subject.task}
    limits = json.dumps(to_json({"workspace": subject.workspace, "keep_out": subject.keep_out}))
    return {**known, "checkpoint": str(checkpoint), SHA256: weights_sha256(checkpoint), LIMITS: limits}


def recorded_subject(run: Path, presets: Path, checkpoint: Path | None = None) -> Subject:
    """The run in the folder `run`.

    Args:
        run: of the planner log.
        presets: see Subject.
        checkpoint: folder of the model that planned; the one that the log names when None, or a shipped one
            with its weights.

    Raises:
        FlightLogError: it holds no planner log, or one that does not say what it is of.
        CheckpointError: the model that planned is not there.
    """
    path = run / PLANS
    if not path.is_file():
        raise FlightLogError(f"{run} holds no {PLANS}, as `wmr run` and `wmr dashboard --output` leave one")
    known = read_metadata(path)
    missing = [name for name in NEEDED if name not in known]
    if missing:
        raise FlightLogError(f"{path} does not say its {', '.join(missing)}; it is no planner log of ours")
    limits = json.loads(known.get(LIMITS, "{}"))
    workspace = limits.get("workspace")
    return Subject(
        title=f"{known['title']}, recorded",
        checkpoint=_planner_of(run, checkpoint or Path(known["checkpoint"]), known.get(SHA256, "")),
        robot=known["robot"],
        task=known["task"],
        replay=run,
        presets=presets,
        workspace=None if workspace is None else from_json(Box, workspace),
        keep_out=tuple(from_json(Box, box) for box in limits.get("keep_out", ())),
    )


def _planner_of(run: Path, checkpoint: Path, sha256: str) -> Path:
    """The checkpoint that planned, where its weights are known to be these."""
    found = weights_sha256(checkpoint)
    if not sha256 or found == sha256:
        read_model_config(checkpoint)  # says what is wrong with it
        return checkpoint
    for shipped in shipped_checkpoints().values():
        if not found and weights_sha256(shipped) == sha256:
            return shipped
    what = f"holds another model (SHA-256 {found[:12]})" if found else "holds no checkpoint"
    raise CheckpointError(
        f"{run} was planned with a model of SHA-256 {sha256[:12]}, and {checkpoint} {what}; "
        "--checkpoint FOLDER says where it is"
    )


class RecordedRun:
    """The snapshots of a run, packed in a temporary file: an hour of them needs some 1 GB.

    Args:
        run: its folder.

    Raises:
        FlightLogError: no planner log, or not one snapshot that can be read.

    Thread-safe.
    """

    def __init__(self, run: Path) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (as long as this)
        self._ends = [0]
        for message in read_encoded(run / PLANS):
            self._file.write(zlib.compress(message, 1))
            self._ends.append(self._file.tell())
        self._file.flush()
        self[0]

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> Snapshot:
        return Snapshot.decode(zlib.decompress(self._packed(index)))

    def _packed(self, index: int) -> bytes:
        begin, end = self._ends[index : index + 2]
        return os.pread(self._file.fileno(), end - begin, begin)
