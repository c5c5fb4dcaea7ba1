"""The goal that is kept until somebody asks for it to be pursued."""

from functools import partial
from pathlib import Path
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image as ImageMessage
from wm_hardware.ros_images import decode
from wm_hardware.ros_network import RosNetwork
from wm_robot_msgs.srv import SetGoalImage

from wm_robot.core.errors import WmrError
from wm_robot.core.spaces import ObservationSpace
from wm_robot.core.types import Goal, Image
from wm_robot.runtime.goal_images import read_pictures
from wm_robot_ros.goal_messages import images_goal, pictures_by_name

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class StoredGoal:
    """Goal pictures by camera: those that <camera>/goal/image_raw showed, or a service gave, last.

    Args:
        node: that hears them.
        namespace: of the arm.
        senses: of the model.
    """

    def __init__(self, node: Node, namespace: str, senses: ObservationSpace) -> None:
        self._node, self._senses = node, senses
        self._pictures: dict[str, Image] = {}
        topic = RosNetwork(namespace=namespace).topic
        self._heard = [
            node.create_subscription(
                ImageMessage, topic(f"{name}/goal/image_raw"), partial(self._hear, name), LATCHED
            )
            for name in senses.cameras
        ]

    def goal(self) -> Goal:
        """Raises WmrError where a camera's picture has not come."""
        return images_goal(self._pictures, self._senses)

    def set(self, request: Any, captured: Any) -> str:
        """What SetGoalImage asks for; what was kept, in words.

        Args:
            request: of the service.
            captured: gives what the cameras see now.

        Raises:
            WmrError: pictures are missing, or none; the goal before is kept.
        """
        if request.source == SetGoalImage.Request.CAPTURE:
            pictures, what = captured(), "what the cameras see"
        elif request.source == SetGoalImage.Request.FOLDER:
            pictures = read_pictures(Path(request.folder).expanduser(), self._senses.cameras)
            what = f"the pictures of {request.folder}"
        elif request.source == SetGoalImage.Request.IMAGES:
            pictures, what = pictures_by_name(request.camera_names, request.images), "the given pictures"
        else:
            raise WmrError(f"source is {request.source}; valid: 0 (CAPTURE), 1 (FOLDER), 2 (IMAGES)")
        images_goal(pictures, self._senses)
        self._pictures = dict(pictures)
        return f"the goal is {what}"

    def close(self) -> None:
        for subscription in self._heard:
            self._node.destroy_subscription(subscription)

    def _hear(self, name: str, message: ImageMessage) -> None:
        try:
            self._pictures[name] = decode(message)
        except WmrError as error:
            self._node.get_logger().warning(f"goal picture of {name} is passed over: {error}")
