"""The messages of a rosbag2 MCAP file, whole or as a killed recorder leaves it."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcap.exceptions import EndOfFile, McapError
from mcap.records import Channel, Message, Schema
from mcap.stream_reader import StreamReader

from wm_robot.core.errors import DatasetError, MissingDependencyError


@dataclass(frozen=True, kw_only=True)
class BagMessage:
    """One message.

    Args:
        topic: where it was published.
        type: such as "std_msgs/msg/String".
        received_ns: when the recorder got it.
        content: its fields.
    """

    topic: str
    type: str
    received_ns: int
    content: Any

    @property
    def stamp_ns(self) -> int:
        """Of its header; when it was received where that says nothing."""
        stamp = self.content.header.stamp
        return stamp.sec * 1_000_000_000 + stamp.nanosec or self.received_ns


class BagFile:
    """One MCAP file.

    Raises:
        MissingDependencyError: the extra "mcap" is not installed.
    """

    def __init__(self, path: Path) -> None:
        try:
            from mcap_ros2.decoder import DecoderFactory  # noqa: PLC0415  (optional dependency)
        except ImportError as error:
            raise MissingDependencyError("mcap-ros2-support", "importing MCAP files", "mcap") from error
        self.path, self._decoders = path, DecoderFactory()
        self.cut_off = False
        """Whether the file just ends, as one does whose recorder was killed; known once it has been read."""

    def messages(self, wanted: Callable[[str, str], bool]) -> Iterator[BagMessage]:
        """The messages in the order in which they were written, to the last that is there as a whole.

        Args:
            wanted: tells by topic and type whether a message shall be decoded.

        Raises:
            DatasetError: no such file, no MCAP file, one that is damaged before its end, or ends before its
                first message.
        """
        empty = True
        schemas: dict[int, Schema] = {}
        channels: dict[int, Channel] = {}
        try:
            with open(self.path, "rb") as file:
                for record in self._records(file):
                    if isinstance(record, Schema):
                        schemas[record.id] = record
                    elif isinstance(record, Channel):
                        channels[record.id] = record
                    elif isinstance(record, Message):
                        empty = False
                        channel = channels.get(record.channel_id)
                        schema = channel and schemas.get(channel.schema_id)
                        if channel and schema and wanted(channel.topic, schema.name):
                            yield self._decoded(record, channel, schema)
        except FileNotFoundError as error:
            raise DatasetError(f"{self.path} is missing") from error
        except McapError as error:
            raise DatasetError(f"{self.path} holds a message that cannot be decoded: {error}") from error
        if empty and self.cut_off:
            raise DatasetError(f"{self.path} was cut off before its first whole message")

    def _records(self, file: Any) -> Iterator[Any]:
        try:
            yield from StreamReader(file, validate_crcs=True).records
        except (EndOfFile, struct.error):
            self.cut_off = True
        except Exception as error:  # the decompressors have errors of their own
            raise DatasetError(f"{self.path} is damaged, or no MCAP file: {error}") from error

    def _decoded(self, record: Message, channel: Channel, schema: Schema) -> BagMessage:
        decode = self._decoders.decoder_for(channel.message_encoding, schema)
        if decode is None:
            raise DatasetError(
                f"{self.path}: {channel.topic} is encoded as {channel.message_encoding}, {schema.encoding}; "
                "valid: cdr, ros2msg"
            )
        return BagMessage(
            topic=channel.topic,
            type=schema.name,
            received_ns=record.log_time,
            content=decode(record.data),
        )
