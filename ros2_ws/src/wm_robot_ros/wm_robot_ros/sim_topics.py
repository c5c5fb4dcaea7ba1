"""What a simulated arm and its cameras publish."""

from collections.abc import Mapping
from typing import Any

from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from wm_hardware.ros_network import RosNetwork
from wm_sim.optics import Optics
from wm_sim.scene import CAMERAS

from wm_robot.core import types
from wm_robot_ros.arm_description import ArmDescription
from wm_robot_ros.camera_messages import (
    fill_camera_info,
    fill_compressed,
    fill_image,
    fill_link,
    fill_transform,
    optical_frame,
)
from wm_robot_ros.camera_topics import info_topic, picture_topic
from wm_robot_ros.joint_messages import fill_joint_state
from wm_robot_ros.ros_time import fill
from wm_robot_ros.sim_faults import WireFaults
from wm_robot_ros.sim_settings import SimSettings

LATCHED_QOS = QoSProfile(
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
)
"""Whoever comes later gets the last one too."""

SENSED_QOS = QoSProfile(reliability=ReliabilityPolicy.RELIABLE, history=HistoryPolicy.KEEP_LAST, depth=5)
"""As joint_state_broadcaster and camera drivers do: who asks for reliable ones would hear nothing else."""

LINKS_PERIOD_NS = 50_000_000
"""Between two times that the links' frames are told: for people, who see no more."""

CLOCK_QOS = QoSProfile(reliability=ReliabilityPolicy.BEST_EFFORT, history=HistoryPolicy.KEEP_LAST, depth=1)


class SimTopics:
    """Publishers of a simulated arm, whose faults show here.

    Args:
        node: whose they are.
        settings: namespace, frames, and whether there is a clock.
        joint_names: what messages call the joints.
        description: of the arm.
        faults: what is wrong now.
    """

    def __init__(
        self,
        node: Node,
        settings: SimSettings,
        joint_names: list[str],
        description: ArmDescription,
        faults: WireFaults,
    ) -> None:
        self._settings, self._joint_names, self._faults = settings, joint_names, faults
        self._description, self._links_due_ns = description, 0
        topic = RosNetwork(namespace=settings.arm_namespace).topic
        self._clock = node.create_publisher(Clock, "/clock", CLOCK_QOS) if settings.publish_clock else None
        self._joints = node.create_publisher(JointState, topic(settings.joint_states), SENSED_QOS)
        self._transforms = node.create_publisher(TFMessage, "/tf_static", LATCHED_QOS)
        self._links = node.create_publisher(TFMessage, "/tf", 10)
        self._urdf = node.create_publisher(String, topic("robot_description"), LATCHED_QOS)
        self._urdf.publish(String(data=description.urdf()))
        raw = settings.camera_message == "raw"
        self._form, self._fill = (Image, fill_image) if raw else (CompressedImage, fill_compressed)
        self._pictures: dict[str, Publisher] = {}
        self._infos: dict[str, Publisher] = {}
        self._goals: dict[str, Publisher] = {}
        for camera in CAMERAS:
            at = topic(picture_topic(camera, settings.camera_topics, settings.camera_message))
            self._pictures[camera] = node.create_publisher(self._form, at, SENSED_QOS)
            self._infos[camera] = node.create_publisher(CameraInfo, info_topic(at), SENSED_QOS)
            self._goals[camera] = node.create_publisher(Image, topic(f"{camera}/goal/image_raw"), LATCHED_QOS)

    def tell_time(self, now_ns: int) -> None:
        if self._clock is not None:
            message = Clock()
            fill(message.clock, self._faults.time_ns(now_ns))
            self._clock.publish(message)

    def tell_joints(self, state: types.JointState) -> None:
        if not self._faults.joints_silent:
            message = JointState()
            told = self._faults.joints(self._joint_names, state.q, state.v)
            fill_joint_state(message, *told, self._faults.joint_stamp_ns(state.stamp_ns))
            self._joints.publish(message)
        if not 0 <= self._links_due_ns - state.stamp_ns <= LINKS_PERIOD_NS:  # also where time was set back
            self._links_due_ns = state.stamp_ns + LINKS_PERIOD_NS
            self._tell_links(state)

    def _tell_links(self, state: types.JointState) -> None:
        transforms: list[Any] = []
        for link in self._description.places(state.q):
            transform = TransformStamped()
            fill_link(transform, link, self._faults.time_ns(state.stamp_ns))
            transforms.append(transform)
        self._links.publish(TFMessage(transforms=transforms))

    def show_pictures(self, frames: Mapping[str, types.Frame], optics: Mapping[str, Optics]) -> None:
        """A picture of each camera, each with the camera's projection."""
        if self._faults.pictures_silent:
            return
        for camera, frame in frames.items():
            stamp_ns = self._faults.picture_stamp_ns(frame.stamp_ns)
            image, info = self._form(), CameraInfo()
            self._fill(image, frame.image, stamp_ns, self._frame(camera))
            fill_camera_info(info, optics[camera], stamp_ns, self._frame(camera))
            self._pictures[camera].publish(image)
            self._infos[camera].publish(info)

    def begin_episode(
        self, goal: Mapping[str, types.Image], optics: Mapping[str, Optics], now_ns: int
    ) -> None:
        """Its goal as pictures, and where the cameras stand."""
        stamp_ns = self._faults.time_ns(now_ns)
        transforms: list[Any] = []
        for camera, image in goal.items():
            message, transform = Image(), TransformStamped()
            fill_image(message, image, stamp_ns, self._frame(camera))
            self._goals[camera].publish(message)
            fill_transform(
                transform, optics[camera], stamp_ns, self._settings.base_frame, self._frame(camera)
            )
            transforms.append(transform)
        self._transforms.publish(TFMessage(transforms=transforms))

    def _frame(self, camera: str) -> str:
        return optical_frame(camera, self._settings.arm_namespace)
