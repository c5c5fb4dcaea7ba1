"""The messages of a rosbag2 MCAP file, as numbers and pictures with their time of acquisition."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.errors import DatasetError
from wm_robot.data.importers.bag_file import BagFile
from wm_robot.data.ros_pictures import PictureError, decode

RAW = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
CAMERAS = (RAW, COMPRESSED)
JOINTS = "sensor_msgs/msg/JointState"
POSE = "geometry_msgs/msg/PoseStamped"
TWIST = "geometry_msgs/msg/TwistStamped"
SUPPORTED = (*CAMERAS, JOINTS, POSE, TWIST)

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


def read_topics(bag: BagFile) -> dict[str, Topic]:
    """The topics of `bag` whose messages can become features.

    Raises:
        DatasetError: no MCAP file, a damaged one, or a message that cannot be used.
    """
    topics: dict[str, Topic] = {}
    for message in bag.messages(lambda _, kind: kind in SUPPORTED):
        topic = topics.setdefault(message.topic, Topic(kind=message.type))
        try:
            _append(topic, message.content, message.stamp_ns * 1e-9)
        except (DatasetError, PictureError) as error:
            raise DatasetError(f"{bag.path}: {message.topic}: {error}") from error
    for topic in topics.values():
        order = np.argsort(topic.stamps_s, kind="stable")
        topic.stamps_s = [topic.stamps_s[i] for i in order]
        topic.values = [topic.values[i] for i in order]
    return topics


def _append(topic: Topic, message: Any, stamp_s: float) -> None:
    if topic.kind in CAMERAS:
        names, value = (), decode(message)
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
            raise DatasetError(f"a message has the joints {sorted(position)}, an earlier one {joints}")
        names, value = tuple(f"{n}.pos" for n in joints), np.array([position[n] for n in joints])
    topic.names = names
    topic.stamps_s.append(stamp_s)
    topic.values.append(value)


def _pose(pose: Any) -> NDArray[np.float64]:
    """(x, y, z, roll, pitch, yaw) in metres and radians: rotations about the fixed x, y, then z axis."""
    w, x, y, z = (getattr(pose.orientation, part) for part in "wxyz")
    roll = np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    pitch = np.arcsin(np.clip(2 * (w * y - z * x), -1.0, 1.0))
    yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    return np.array([pose.position.x, pose.position.y, pose.position.z, roll, pitch, yaw])
