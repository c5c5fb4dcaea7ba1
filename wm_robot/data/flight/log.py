"""Writes a flight log: one MCAP file, readable whatever is killed when, from a loop that never waits."""

import os
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Self

from mcap.well_known import MessageEncoding, SchemaEncoding
from mcap.writer import Writer

from wm_robot import __version__
from wm_robot.core.errors import FlightLogError, UnknownNameError, WmrError
from wm_robot.data.flight.message_type import MessageType

METADATA = "run"
"""Name of the MCAP metadata record that says what the run was."""

LOST_TOPIC = "/lost"


@dataclass(frozen=True, kw_only=True)
class Lost:
    """Messages that are missing in the log just before this one.

    Args:
        topic: where they belong.
        count: how many.
        reason: why they could not be written.
    """

    topic: str
    count: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """A message on its way to the file."""

    topic: str
    stamp_ns: int
    sequence: int
    plain: dict[str, Any]


class FlightLog:
    """The log of one run, open from its creation to `close`.

    `write` copies the message, so that what the caller changes later cannot change the log, and hands the
    copy to a thread through a bounded queue. It never waits and never raises: a control loop must not
    stop because its log does. A full queue means a disk that has stood still for many seconds; the newest
    message is then dropped, because the ones before it lead up to whatever happened. Every drop is
    counted by topic and reason and told in the log, as a `Lost` message in the place of the gap.

    The thread encodes, appends to an MCAP chunk and, twice a second, closes the chunk and syncs it to the
    disk. A process that is killed, or a machine that loses its power, thus loses the last half second and
    what the disk was behind; `read_flight` reads the rest.

    Not thread-safe: one thread writes.

    Args:
        path: new file; missing folders are made.
        topics: the dataclass of the messages of each topic.
        metadata: what the run was, as text by name.
        capacity: messages that may wait for the disk.
        flush_period_s: how often a chunk is closed and synced, seconds.

    Raises:
        FlightLogError: the file exists or cannot be made.
        WmrError: a message type with a field that cannot be logged.
    """

    def __init__(
        self,
        path: Path,
        topics: Mapping[str, type],
        metadata: Mapping[str, str],
        *,
        capacity: int = 8192,
        flush_period_s: float = 0.5,
    ) -> None:
        self.path = path
        self._capacity = capacity
        self._flush_period_s = flush_period_s
        self._types = {topic: MessageType(cls) for topic, cls in {**topics, LOST_TOPIC: Lost}.items()}
        self._sequence: Counter[str] = Counter()
        self._lost: Counter[tuple[str, str]] = Counter()
        self._untold: Counter[tuple[str, str]] = Counter()
        self._problem = ""
        self._queue: SimpleQueue[_Entry | None] = SimpleQueue()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "xb")  # noqa: SIM115  (closed by the thread)
        except OSError as error:
            raise FlightLogError(f"no flight log can be made at {path}: {error.strerror}") from error
        self._writer = Writer(self._file)
        self._writer.start(profile="", library=f"wm_robot {__version__}")
        self._writer.add_metadata(METADATA, dict(metadata))
        self._channels = {topic: self._channel(topic, kind) for topic, kind in self._types.items()}
        self._writer.flush()
        self._thread = Thread(target=self._write_entries, name="flight log", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> tuple[Lost, ...]:
        """What had to be dropped so far."""
        return tuple(Lost(topic=t, count=n, reason=why) for (t, why), n in self._lost.items())

    @property
    def problem(self) -> str:
        """Why nothing can be recorded any more, such as a full disk; "" while all is well."""
        return self._problem

    def write(self, topic: str, stamp_ns: int, message: Any) -> None:
        """Append `message` with the time `stamp_ns` on the run's clock; see `lost` and `problem`."""
        reason = self._problem
        if not reason and self._queue.qsize() >= self._capacity:
            reason = f"the disk is {self._capacity} messages behind"
        if not reason:
            try:
                entry = self._entry(topic, stamp_ns, message)
            except Exception as error:  # whatever is wrong with a message, the loop goes on
                reason = str(error)
            else:
                if self._untold:
                    self._tell(stamp_ns)
                self._queue.put(entry)
                return
        self._lost[topic, reason] += 1
        self._untold[topic, reason] += 1

    def close(self) -> None:
        """Write what waits and the index; afterwards the log is whole.

        Raises:
            FlightLogError: the log could not be written to its end.
        """
        if self._thread.is_alive():
            self._tell(time.monotonic_ns())
            self._queue.put(None)
            self._thread.join()
        if self._problem:
            raise FlightLogError(f"{self.path} is not whole: {self._problem}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except FlightLogError:
            if error is None:  # else the first error is the one to be heard
                raise

    def _channel(self, topic: str, kind: MessageType[Any]) -> int:
        schema = self._writer.register_schema(kind.name, SchemaEncoding.JSONSchema, kind.schema)
        return self._writer.register_channel(topic, MessageEncoding.JSON, schema)

    def _entry(self, topic: str, stamp_ns: int, message: Any) -> _Entry:
        if topic not in self._types:
            raise UnknownNameError("topic", topic, self._types)
        if not 0 <= stamp_ns < 1 << 64:
            raise WmrError("its stamp is out of range; valid: from 0 to 2**64 - 1 ns")
        plain = self._types[topic].plain(message)
        self._sequence[topic] += 1
        sequence = self._sequence[topic] & 0xFFFFFFFF  # MCAP counts in 32 bits
        return _Entry(topic=topic, stamp_ns=stamp_ns, sequence=sequence, plain=plain)

    def _tell(self, stamp_ns: int) -> None:
        """Put the losses since the last time into the log."""
        for (topic, reason), count in self._untold.items():
            self._queue.put(self._entry(LOST_TOPIC, stamp_ns, Lost(topic=topic, count=count, reason=reason)))
        self._untold.clear()

    def _write_entries(self) -> None:
        try:
            self._write_until_closed()
        except Exception as error:  # whatever it is, the loop goes on and is told
            self._problem = f"{type(error).__name__}: {error}"
        finally:
            with suppress(OSError):  # a full disk is known by now
                self._file.close()

    def _write_until_closed(self) -> None:
        # The disk's pace is a matter of real time, whatever clock the run is on.
        flush_at = time.monotonic() + self._flush_period_s
        while True:
            try:
                entry = self._queue.get(timeout=max(0.0, flush_at - time.monotonic()))
                if entry is None:
                    break
                self._append(entry)
            except Empty:
                pass
            if time.monotonic() >= flush_at:
                self._sync()
                flush_at = time.monotonic() + self._flush_period_s
        self._writer.finish()
        self._sync()

    def _append(self, entry: _Entry) -> None:
        channel, data = self._channels[entry.topic], self._types[entry.topic].encode_plain(entry.plain)
        self._writer.add_message(channel, entry.stamp_ns, data, entry.stamp_ns, entry.sequence)

    def _sync(self) -> None:
        self._writer.flush()
        os.fsync(self._file.fileno())
