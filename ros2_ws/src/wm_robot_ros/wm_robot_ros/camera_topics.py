"""Where the pictures of a cell's cameras are; needs no ROS."""

from collections.abc import Iterable
from typing import Literal

from wm_hardware.ros_network import check_name

from wm_robot.core.errors import WmrError

Form = Literal["raw", "compressed"]
"""sensor_msgs/Image or sensor_msgs/CompressedImage."""

COMPRESSED = "/compressed"
"""What image_transport appends to the topic of the raw pictures."""


def by_camera(camera_topics: Iterable[str]) -> dict[str, str]:
    """The topics of a parameter `camera_topics`, by camera.

    Raises:
        WmrError: an entry that is not CAMERA=TOPIC.
    """
    topics = {}
    for text in camera_topics:
        name, separator, topic = text.partition("=")
        if not (name and separator and topic):
            raise WmrError(f"camera topic {text!r}; write CAMERA=TOPIC, such as front=/front/image_raw")
        check_name("topic", topic)
        topics[name] = topic
    return topics


def picture_topic(camera: str, camera_topics: Iterable[str], message: Form) -> str:
    """Of the pictures of a camera: as it is given, or <camera>/color/image_raw and what is appended."""
    usual = f"{camera}/color/image_raw" + (COMPRESSED if message == "compressed" else "")
    return by_camera(camera_topics).get(camera, usual)


def info_topic(picture: str) -> str:
    """Of the camera_info that belongs to a topic of pictures: beside it, as image_transport has it."""
    raw = picture.removesuffix(COMPRESSED)
    return "/".join([*raw.split("/")[:-1], "camera_info"])
