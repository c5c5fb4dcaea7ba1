"""What the recorder is told by its parameters; needs no ROS."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from wm_hardware.ros_network import RosNetwork, check_name

from wm_robot.core.bounds import Bounds, check_fields
from wm_robot.core.errors import WmrError
from wm_robot.runtime.settings import Setting, settings_of
from wm_robot_ros.camera_topics import Form, by_camera, picture_topic
from wm_robot_ros.freshness import Expected
from wm_robot_ros.interfaces import TOPICS

USUAL_CAMERAS = ("front", "top")

MESSAGES = {"raw": "sensor_msgs/msg/Image", "compressed": "sensor_msgs/msg/CompressedImage"}


@dataclass(frozen=True, kw_only=True)
class RecorderSettings:
    """Which topics are recorded, and where to.

    Args:
        arm_namespace: where the topics are whose names do not start with a slash.
        joint_states: topic of the measured joints.
        cameras: whose pictures are recorded; empty for those that camera_topics names, or else front and top.
        camera_topics: camera=topic for each camera whose topic is not <camera>/color/image_raw, or
            <camera>/color/image_raw/compressed.
        camera_message: raw for sensor_msgs/Image, compressed for sensor_msgs/CompressedImage.
        streams: topics whose messages come all the time; each must be fresh before a recording starts. Empty
            for joint_states, the pictures and wm_robot/safety_status.
        events: topics whose messages come now and then; a publisher is enough.
        freshness_s: greatest age of a stream's newest message, by its stamp.
        output: folder for bags, one in it for each recording; empty for wm_robot/bags in ROS_HOME, which is
            ~/.ros.
        min_free_gb: space on that disk, 10⁹ bytes, which is left free.
        record_at_once: whether a recording starts by itself once everything is fresh, and goes on until the
            node ends.
    """

    arm_namespace: str = ""
    joint_states: str = "joint_states"
    cameras: tuple[str, ...] = ()
    camera_topics: tuple[str, ...] = ()
    camera_message: Form = "raw"
    streams: tuple[str, ...] = ()
    events: tuple[str, ...] = (
        "wm_robot/episode",
        "wm_robot/executed",
        "wm_robot/observed",
        "wm_robot/chunks",
        "wm_robot/planner_status",
        "wm_robot/tip",
    )
    freshness_s: Annotated[float, Bounds(0.05, 10.0)] = 0.5
    output: str = ""
    min_free_gb: Annotated[float, Bounds(0.0, 1000.0, unit="GB")] = 1.0
    record_at_once: bool = False

    def __post_init__(self) -> None:
        check_fields(self, "recorder")
        names = [*self.streamed, *self.events]
        for name in names:
            check_name("topic", name)
        if len(set(names)) < len(names):
            raise WmrError(f"topics to record are {', '.join(names)}; valid: each once")

    @property
    def streamed(self) -> tuple[str, ...]:
        """Topics that must be fresh, as they are named."""
        return self.streams or (self.joint_states, *self.pictures, "wm_robot/safety_status")

    @property
    def pictures(self) -> tuple[str, ...]:
        """Topics of the cameras."""
        cameras = self.cameras or tuple(by_camera(self.camera_topics)) or USUAL_CAMERAS
        return tuple(picture_topic(name, self.camera_topics, self.camera_message) for name in cameras)

    @property
    def folder(self) -> Path:
        """Where bags are kept."""
        if self.output:
            return Path(self.output).expanduser()
        return Path(os.environ.get("ROS_HOME") or "~/.ros").expanduser() / "wm_robot" / "bags"

    def expected(self) -> list[Expected]:
        """The topics by their full names."""
        full = RosNetwork(namespace=self.arm_namespace).topic
        return [
            Expected(topic=full(name), type=self._type(name), streams=name in self.streamed)
            for name in (*self.streamed, *self.events)
        ]

    def _type(self, name: str) -> str:
        """What our nodes take the topic `name` for; empty where they know none of that name."""
        if name == self.joint_states:
            return "sensor_msgs/msg/JointState"
        if name in self.pictures:
            return MESSAGES[self.camera_message]
        return _known_type(name)


def recorder_parameters() -> list[Setting]:
    return settings_of(RecorderSettings())


def _known_type(name: str) -> str:
    """What our nodes take the topic `name` for; empty where they know none of that name."""
    for topic in TOPICS:
        known = topic.name.removeprefix("<arm>/") if topic.name[0] in "</" else f"wm_robot/{topic.name}"
        if re.fullmatch(re.sub(r"<\w+>", "[^/]+", known), name):
            return topic.type
    return ""
