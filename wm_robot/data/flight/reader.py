"""Reads flight logs, whole ones and what a killed process leaves of one."""

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Message, Metadata
from mcap.stream_reader import breakup_chunk
from mcap.writer import MCAP0_MAGIC

from wm_robot.core.errors import FlightLogError
from wm_robot.data.flight.log import METADATA
from wm_robot.data.flight.message_type import MessageType

_HEAD = struct.Struct("<BQ")  # opcode and length before the content of each MCAP record


@dataclass(frozen=True, kw_only=True)
class Record:
    """One message of a log.

    Args:
        topic: where it was written.
        stamp_ns: its time on the run's clock, nanoseconds.
        message: a dataclass.
    """

    topic: str
    stamp_ns: int
    message: Any


def read_flight(path: Path, topics: Mapping[str, type]) -> Iterator[Record]:
    """The messages of `topics` in the order in which they were written.

    A file that just ends, because its process was killed, is read to its last whole chunk.

    Args:
        path: an MCAP file that `FlightLog` wrote.
        topics: the dataclass of the messages of each topic; other topics are passed over.

    Raises:
        FlightLogError: no such file, no MCAP file, or one that is damaged before its end.
        WmrError: a message that is not what `topics` says.
    """
    kinds = {topic: MessageType(cls) for topic, cls in topics.items()}
    for topic, message in _messages(path):
        if topic in kinds:
            decoded = kinds[topic].decode(message.data)
            yield Record(topic=topic, stamp_ns=message.log_time, message=decoded)


def read_messages(path: Path, topic: str) -> Iterator[bytes]:
    """The messages of one topic as they were written, in their order; for logs with an encoding of their own.

    Raises:
        FlightLogError: see `read_flight`.
    """
    return (message.data for name, message in _messages(path) if name == topic)


def read_metadata(path: Path) -> dict[str, str]:
    """What the run was, as text by name.

    Raises:
        FlightLogError: no such file, no MCAP file, or no flight log.
    """
    for opcode, content in _whole_records(path):
        if opcode == Opcode.METADATA:
            record = Metadata.read(ReadDataStream(BytesIO(content)))
            if record.name == METADATA:
                return record.metadata
    raise FlightLogError(f"{path} does not say what the run was; only logs that `wmr run` wrote do")


def is_whole(path: Path) -> bool:
    """Whether the log was closed; False where the process died before.

    Raises:
        FlightLogError: no such file, or no MCAP file.
    """
    return any(opcode == Opcode.FOOTER for opcode, _ in _whole_records(path))


def _messages(path: Path) -> Iterator[tuple[str, Message]]:
    """Topic and record of each message that is there whole."""
    names: dict[int, str] = {}
    for opcode, content in _whole_records(path):
        if opcode != Opcode.CHUNK:
            continue
        for record in _chunk_records(path, content):
            if isinstance(record, Channel):
                names[record.id] = record.topic
            elif isinstance(record, Message):
                yield names[record.channel_id], record


def _whole_records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Opcode and content of each MCAP record that is there to its last byte."""
    try:
        file = open(path, "rb")  # noqa: SIM115  (closed below)
    except OSError as error:
        raise FlightLogError(f"{path} cannot be read: {error.strerror}") from error
    with file:
        size = os.fstat(file.fileno()).st_size
        if file.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
            raise FlightLogError(f"{path} is no MCAP file")
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            opcode, length = _HEAD.unpack(head)
            if opcode == 0 or length > size - file.tell():  # torn; zeros are what a power failure may leave
                return
            yield opcode, file.read(length)


def _chunk_records(path: Path, content: bytes) -> list[Any]:
    try:
        chunk = Chunk.read(ReadDataStream(BytesIO(content)))
        return breakup_chunk(chunk, validate_crc=True)
    except Exception as error:  # the decompressors have errors of their own
        raise FlightLogError(f"{path} is damaged: {error}") from error
