"""A node of rclpy as the member of the network that speaks for drivers, cameras and the control loop."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

from builtin_interfaces.msg import Duration as DurationMessage
from rclpy.callback_groups import CallbackGroup
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy,
    qos_check_compatible,
)
from sensor_msgs.msg import CompressedImage, Image, JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from wm_hardware.ros_network import RosNetwork

from wm_robot.core.errors import DriverError
from wm_robot_ros.node_clock import clock_of
from wm_robot_ros.polling import Polled, take

MESSAGES = SimpleNamespace(
    CompressedImage=CompressedImage,
    Duration=DurationMessage,
    Float64MultiArray=Float64MultiArray,
    Image=Image,
    JointState=JointState,
    JointTrajectory=JointTrajectory,
    JointTrajectoryPoint=JointTrajectoryPoint,
)

SENSOR_QOS = QoSProfile(
    reliability=ReliabilityPolicy.BEST_EFFORT,
    durability=DurabilityPolicy.VOLATILE,
    history=HistoryPolicy.KEEP_LAST,
    depth=5,
)
"""Takes the newest, asks for nothing again; as a subscriber it matches every publisher."""

COMMAND_QOS = QoSProfile(
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.VOLATILE,
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
)
"""Repeats the newest until it has arrived, and forgets older ones."""


ARRIVAL_S = 0.2
"""For which an end that is closed waits until what it sent has arrived."""


class NodePeer:
    """`RosPeer` over a node.

    Args:
        node: whose ends these are; needs no executor for them.
        namespace: of relative topic names, such as that of the arm.
    """

    def __init__(self, node: Node, namespace: str = "") -> None:
        self._node, self._network = node, RosNetwork(namespace=namespace)
        self._group = Polled()
        self._clock = clock_of(node)

    @property
    def messages(self) -> Any:
        return MESSAGES

    def now_ns(self) -> int:
        return self._clock.now_ns()

    def subscribe(self, topic: str, message: type, qos: QoSProfile = SENSOR_QOS) -> "NodeSubscription":
        return NodeSubscription(self._node, self._network.topic(topic), message, qos, self._group)

    def advertise(self, topic: str, message: type, qos: QoSProfile = COMMAND_QOS) -> "NodePublication":
        return NodePublication(self._node, self._network.topic(topic), message, qos, self._group)


class NodeSubscription:
    """`RosSubscription` that takes messages from rclpy itself; made by `NodePeer.subscribe`."""

    def __init__(self, node: Node, topic: str, message: type, qos: QoSProfile, group: CallbackGroup) -> None:
        self.topic, self._node, self._message, self._qos = node.resolve_topic_name(topic), node, message, qos
        self._subscription = node.create_subscription(
            message,
            topic,
            lambda _: None,
            qos,
            callback_group=group,
        )

    @property
    def matched(self) -> bool:
        return self.publishers > 0

    @property
    def publishers(self) -> int:
        """Not told apart by their nodes' names: two of one name are two."""
        return self._subscription.get_publisher_count()

    def take(self) -> list[Any]:
        try:
            return take(self._subscription, self._qos.depth)
        except RuntimeError as error:
            raise DriverError(f"cannot receive {self.topic}: {error}") from error

    def why_unmatched(self) -> str:
        found = self._node.get_publishers_info_by_topic(self.topic)
        if not found:
            return f"nobody publishes {self.topic}; {_discovered(self._node)}"
        ours = _ours(self._node, self._node.get_subscriptions_info_by_topic(self.topic))
        reasons = [qos_check_compatible(other.qos_profile, ours.qos_profile) for other in found]
        return _why_not_connected(self.topic, self._message, found, reasons)

    def close(self) -> None:
        self._node.destroy_subscription(self._subscription)


class NodePublication:
    """`RosPublication` over a publisher of rclpy; made by `NodePeer.advertise`."""

    def __init__(self, node: Node, topic: str, message: type, qos: QoSProfile, group: CallbackGroup) -> None:
        self.topic, self._node, self._message, self._qos = node.resolve_topic_name(topic), node, message, qos
        self._publisher = node.create_publisher(
            message,
            topic,
            qos,
            callback_group=group,
        )

    @property
    def matched(self) -> bool:
        return self._publisher.get_subscription_count() > 0

    @property
    def rivals(self) -> int:
        """Not told apart by the node's name: a second node of the same name is a rival too."""
        return max(self._node.count_publishers(self.topic) - 1, 0)

    def send(self, message: Any) -> None:
        try:
            self._publisher.publish(message)
        except RuntimeError as error:
            raise DriverError(f"cannot send {self.topic}: {error}") from error

    def why_unmatched(self) -> str:
        found = self._node.get_subscriptions_info_by_topic(self.topic)
        if not found:
            return f"nobody subscribes to {self.topic}; {_discovered(self._node)}"
        ours = _ours(self._node, self._node.get_publishers_info_by_topic(self.topic))
        reasons = [qos_check_compatible(ours.qos_profile, other.qos_profile) for other in found]
        return _why_not_connected(self.topic, self._message, found, reasons)

    def close(self) -> None:
        self._publisher.wait_for_all_acked(Duration(seconds=ARRIVAL_S))  # the last command must not be lost
        self._node.destroy_publisher(self._publisher)


def _ours(node: Node, ends: list[Any]) -> Any:
    """The one of this node."""
    name = node.get_name(), node.get_namespace()
    return next(end for end in ends if (end.node_name, end.node_namespace) == name)


def _why_not_connected(
    topic: str, message: type, found: list[Any], reasons: list[tuple[QoSCompatibility, str]]
) -> str:
    wanted = f"{message.__module__.split('.')[0]}/msg/{message.__name__}"
    types = {other.topic_type for other in found}
    if wanted not in types:
        return f"{topic} has the type {', '.join(sorted(types))} on the other side, {wanted} on this one"
    for other, (verdict, why) in zip(found, reasons, strict=True):
        if verdict == QoSCompatibility.ERROR:  # of pybind11: equal, but not the same
            node = f"{other.node_namespace.rstrip('/')}/{other.node_name}"
            reason = why.replace("ERROR: ", "").rstrip("; ")
            return (
                f"the quality of service of {topic} does not fit that of {node}: {reason}. "
                f"Compare with `ros2 topic info --verbose {topic}`"
            )
    return f"{topic} is there, but no connection came about; is the definition of {wanted} the same?"


def _discovered(node: Node) -> str:
    """The topics of other nodes."""
    name, namespace = node.get_name(), node.get_namespace()
    ours = Counter(topic for topic, _ in node.get_publisher_names_and_types_by_node(name, namespace))
    ours.update(topic for topic, _ in node.get_subscriber_names_and_types_by_node(name, namespace))
    topics = sorted(
        f"{topic} ({', '.join(types)})"
        for topic, types in node.get_topic_names_and_types()
        if node.count_publishers(topic) + node.count_subscribers(topic) > ours[topic]
    )
    if not topics:
        return (
            "no other node was discovered: compare ROS_DOMAIN_ID, the discovery range, the network interface "
            "and the firewall of both sides"
        )
    return f"discovered the topics {', '.join(topics)}"
