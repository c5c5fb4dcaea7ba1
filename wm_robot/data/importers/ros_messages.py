"""The messages of a rosbag2 MCAP file, as numbers and pictures with their time of acquisition."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.errors import DatasetError, MissingDependencyError
from wm_robot.data.video import decode_picture

CAMERA = "sensor_msgs/msg/CompressedImage"
JOINTS = "sensor_msgs/msg/JointState"
POSE = "geometry_msgs/msg/PoseStamped"
TWIST = "geometry_msgs/msg/TwistStamped"
SUPPORTED = (CAMERA, JOINTS, POSE, TWIST)

POSE_NAMES = ("x", "y", "z", "roll", "pitch", "yaw")
TWIST_NAMES = tuple(f"{part}.{axis}" for part in ("linear", "angular") for axis in "xyz")


@dataclass(kw_only=True)
class Topic:
    """All messages of one topic.

    Args:
        kind: message type.
        names: one name an entry of the values; empty for cameras.
        stamps_s: time of each message, seconds, ascending.
        values: a vector (n,) or a picture (height, width, 3) each.
    """

    kind: str
    names: tuple[str, ...] = ()
    stamps_s: list[float] = field(default_factory=list)
    values: list[NDArray] = field(default_factory=list)


def read_topics(path: Path) -> dict[str, Topic]:
    """The topics of `path` whose messages can become features.

    Raises:
        DatasetError: missing, no MCAP file, or cut off.
        MissingDependencyError: the extra "mcap" is not installed.
    """
    try:
        from mcap.exceptions import McapError  # noqa: PLC0415  (optional dependency)
        from mcap.reader import make_reader  # noqa: PLC0415
        from mcap_ros2.decoder import DecoderFactory  # noqa: PLC0415
    except ImportError as error:
        raise MissingDependencyError("mcap-ros2-support", "importing MCAP files", "mcap") from error
    topics: dict[str, Topic] = {}
    try:
        with open(path, "rb") as file:
            reader = make_reader(file, decoder_factories=[DecoderFactory()])
            for schema, channel, log, message in reader.iter_decoded_messages():
                if schema is None or schema.name not in SUPPORTED:
                    continue
                topic = topics.setdefault(channel.topic, Topic(kind=schema.name))
                _append(topic, channel.topic, message, log.log_time)
    except FileNotFoundError as error:
        raise DatasetError(f"{path} is missing") from error
    except McapError as error:
        raise DatasetError(f"{path} is no whole MCAP file: {error}") from error
    return topics


def _append(topic: Topic, name: str, message: Any, log_time_ns: int) -> None:
    stamp = message.header.stamp
    stamp_s = stamp.sec + stamp.nanosec * 1e-9
    if topic.kind == CAMERA:
        names, value = (), decode_picture(bytes(message.data))
    elif topic.kind == POSE:
        names, value = POSE_NAMES, _pose(message.pose)
    elif topic.kind == TWIST:
        twist = message.twist
        names = TWIST_NAMES
        value = np.array([getattr(part, axis) for part in (twist.linear, twist.angular) for axis in "xyz"])
    else:
        # Joint order may differ between messages: the first one's names fix it.
        position = dict(zip(message.name, message.position, strict=True))
        joints = [n.removesuffix(".pos") for n in topic.names] or list(message.name)
        if not set(joints) <= set(position):
            raise DatasetError(
                f"{name}: a message has the joints {sorted(position)}, an earlier one {joints}"
            )
        names, value = tuple(f"{n}.pos" for n in joints), np.array([position[n] for n in joints])
    topic.names = names
    topic.stamps_s.append(stamp_s or log_time_ns * 1e-9)
    topic.values.append(value)


def _pose(pose: Any) -> NDArray[np.float64]:
    """(x, y, z, roll, pitch, yaw) in metres and radians: rotations about the fixed x, y, then z axis."""
    w, x, y, z = (getattr(pose.orientation, part) for part in "wxyz")
    roll = np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    pitch = np.arcsin(np.clip(2 * (w * y - z * x), -1.0, 1.0))
    yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    return np.array([pose.position.x, pose.position.y, pose.position.z, roll, pitch, yaw])
