"""Every snapshot of a run in one MCAP file: what replay and what-if read."""

import os
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from mcap.writer import CompressionType, Writer

from wm_robot import __version__
from wm_robot.core.errors import FlightLogError
from wm_robot.data.flight.log import METADATA
from wm_robot.data.flight.reader import read_messages
from wm_robot.runtime.watch.snapshot import Snapshot

PLANS = "plans.mcap"
"""Name of the log in a run's folder."""

TOPIC = "/snapshots"
ENCODING = "safetensors"
CAPACITY = 256
"""Snapshots that may wait for the disk, some 20 MB; more are dropped, newest first."""

FLUSH_S = 0.5


class PlanLog:
    """Appends snapshots from a thread of its own; whoever hands one over never waits.

    A process that is killed loses the last half second; `read_plans` reads the rest.

    Args:
        path: new file; missing folders are made.
        metadata: what the run was, as text by name; `data.flight.reader.read_metadata` reads it.

    Attributes:
        lost: snapshots that could not be kept.
        problem: why; "" while all is well.

    Raises:
        FlightLogError: the file exists or cannot be made.
    """

    def __init__(self, path: Path, metadata: Mapping[str, str]) -> None:
        self.path, self.lost, self.problem = path, 0, ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "xb")  # noqa: SIM115  (closed by the thread)
        except OSError as error:
            raise FlightLogError(f"no planner log can be made at {path}: {error.strerror}") from error
        self._writer = Writer(self._file, compression=CompressionType.ZSTD)
        self._writer.start(profile="", library=f"wm_robot {__version__}")
        self._writer.add_metadata(METADATA, dict(metadata))
        schema = self._writer.register_schema(Snapshot.__name__, "", b"")
        self._channel = self._writer.register_channel(TOPIC, ENCODING, schema)
        self._queue: queue.Queue[tuple[bytes, int] | None] = queue.Queue(CAPACITY)
        self._thread = threading.Thread(target=self._run, name="planner log", daemon=True)
        self._thread.start()

    def write(self, message: bytes, stamp_ns: int) -> None:
        """Keep an encoded snapshot; see `lost`."""
        try:
            if self.problem:
                raise queue.Full
            self._queue.put_nowait((message, stamp_ns))
        except queue.Full:
            self.lost += 1

    def close(self) -> None:
        """Write what waits, and the index."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _run(self) -> None:
        try:
            with self._file:
                self._append_until_closed()
        except Exception as error:  # a full disk must not stop a controller
            self.problem = f"{type(error).__name__}: {error}"

    def _append_until_closed(self) -> None:
        flush_at = time.monotonic() + FLUSH_S
        while True:
            try:
                entry = self._queue.get(timeout=FLUSH_S)
            except queue.Empty:
                entry = (b"", 0)
            if entry is None:
                break
            message, stamp_ns = entry
            if message:
                self._writer.add_message(self._channel, stamp_ns, message, stamp_ns)
            if time.monotonic() >= flush_at:
                self._writer.flush()
                os.fsync(self._file.fileno())
                flush_at = time.monotonic() + FLUSH_S
        self._writer.finish()


def read_plans(path: Path) -> Iterator[Snapshot]:
    """The snapshots of the log `path` in their order; see `read_encoded`."""
    for message in read_encoded(path):
        yield Snapshot.decode(message)


def read_encoded(path: Path) -> Iterator[bytes]:
    """The encoded snapshots of the log `path` in their order, as far as a killed process left them.

    Raises:
        FlightLogError: no planner log, one that is damaged before its end, or not one snapshot in it.
    """
    count = 0
    for message in read_messages(path, TOPIC):
        yield message
        count += 1
    if not count:
        raise FlightLogError(f"{path} holds no snapshot")
