"""Pictures, optics and places of a simulation → sensor_msgs and transforms; needs no ROS."""

from array import array
from typing import Any

import cv2
import numpy as np
from wm_sim.optics import Optics

from wm_robot.core.types import Image
from wm_robot_ros.arm_description import LinkPlace
from wm_robot_ros.ros_time import fill


def frame_prefix(namespace: str) -> str:
    """What stands before the frames of an arm in `namespace`, such as "left/": each arm has its own."""
    return "".join(f"{part}/" for part in namespace.split("/") if part)


def optical_frame(camera: str, namespace: str = "") -> str:
    """The frame that pictures of `camera` are in: z forward, x right, y down; one of each arm's own."""
    return f"{frame_prefix(namespace)}{camera}_color_optical_frame"


def fill_image(message: Any, image: Image, stamp_ns: int, frame: str) -> None:
    """Set a sensor_msgs/Image to an RGB picture (height, width, 3)."""
    _fill_header(message.header, stamp_ns, frame)
    message.height, message.width, _ = image.shape
    message.encoding, message.is_bigendian, message.step = "rgb8", 0, image.shape[1] * 3
    # Of an array rclpy looks at the type alone, of anything else at every byte.
    message.data = array("B", image.tobytes())


def fill_compressed(message: Any, image: Image, stamp_ns: int, frame: str) -> None:
    """Set a sensor_msgs/CompressedImage to an RGB picture (height, width, 3).

    PNG, one of image_transport's two forms: nothing is lost. A simulated camera has no noise, and what JPEG
    hides of a slow motion could pass for a frozen camera.
    """
    _fill_header(message.header, stamp_ns, frame)
    message.format = "rgb8; png compressed bgr8"
    _, encoded = cv2.imencode(".png", image[..., ::-1])
    message.data = array("B", encoded.tobytes())


def fill_camera_info(message: Any, optics: Optics, stamp_ns: int, frame: str) -> None:
    """Set a sensor_msgs/CameraInfo: no distortion, and rectified as it is."""
    _fill_header(message.header, stamp_ns, frame)
    message.height, message.width = optics.height, optics.width
    message.distortion_model, message.d = "plumb_bob", [0.0] * 5
    message.k = optics.K.ravel().tolist()
    message.r = np.eye(3).ravel().tolist()
    message.p = np.column_stack([optics.K, np.zeros(3)]).ravel().tolist()  # (3, 4)


def fill_transform(message: Any, optics: Optics, stamp_ns: int, base_frame: str, frame: str) -> None:
    """Set a geometry_msgs/TransformStamped to where the optical frame stands in `base_frame`."""
    fill_link(message, LinkPlace(base_frame, frame, optics.p_WO, np.roll(optics.quat_wxyz, -1)), stamp_ns)


def fill_link(message: Any, link: LinkPlace, stamp_ns: int) -> None:
    """Set a geometry_msgs/TransformStamped to where a link stands in its parent."""
    _fill_header(message.header, stamp_ns, link.parent)
    message.child_frame_id = link.child
    place, turn = message.transform.translation, message.transform.rotation
    place.x, place.y, place.z = link.p.tolist()
    turn.x, turn.y, turn.z, turn.w = link.quat_xyzw.tolist()


def _fill_header(header: Any, stamp_ns: int, frame: str) -> None:
    fill(header.stamp, stamp_ns)
    header.frame_id = frame
