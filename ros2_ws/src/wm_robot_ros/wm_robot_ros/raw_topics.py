"""Messages as they come over the wire, of topics that only their publishers know."""

from collections.abc import Callable, Iterable
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosidl_runtime_py.utilities import get_message

from wm_robot_ros.freshness import stamp_ns

DEPTH = 100
"""Messages of a topic that may wait for the disk."""


class RawTopics:
    """Subscribes to topics as they appear, as reliably as they are published.

    Args:
        node: that an executor spins.
        topics: full names.
        take: gets topic, serialized message and stamp, ROS time in ns: of its arrival where it has none.
    """

    def __init__(self, node: Node, topics: Iterable[str], take: Callable[[str, bytes, int], None]) -> None:
        self._node, self._topics, self._take = node, list(topics), take
        self._subscriptions: dict[str, tuple[str, QoSProfile, Any]] = {}

    def look(self) -> dict[str, set[str]]:
        """Follow what is published now; the types of each topic that somebody publishes."""
        types: dict[str, set[str]] = {}
        for topic in self._topics:
            if publishers := self._node.get_publishers_info_by_topic(topic):
                types[topic] = {publisher.topic_type for publisher in publishers}
                if len(types[topic]) == 1:
                    self._follow(topic, min(types[topic]), _fitting(publishers))
        return types

    def repeat(self) -> None:
        """Have publishers of lasting messages send them again."""
        for topic, (kind, qos, _) in list(self._subscriptions.items()):
            if qos.durability == DurabilityPolicy.TRANSIENT_LOCAL:
                self._forget(topic)
                self._follow(topic, kind, qos)

    def _follow(self, topic: str, kind: str, qos: QoSProfile) -> None:
        if topic in self._subscriptions:
            known_kind, known_qos, _ = self._subscriptions[topic]
            if (known_kind, known_qos) == (kind, qos):
                return
            self._forget(topic)
        try:
            message = get_message(kind)
        except (AttributeError, ModuleNotFoundError, ValueError):
            return  # not installed here: no message comes
        stamped = next(iter(message.get_fields_and_field_types().values()), "") == "std_msgs/Header"

        def take(serialized: bytes) -> None:
            stamp = stamp_ns(serialized) if stamped else 0
            self._take(topic, serialized, stamp or self._node.get_clock().now().nanoseconds)

        subscription = self._node.create_subscription(message, topic, take, qos, raw=True)
        self._subscriptions[topic] = kind, qos, subscription

    def _forget(self, topic: str) -> None:
        self._node.destroy_subscription(self._subscriptions.pop(topic)[2])


def _fitting(publishers: list[Any]) -> QoSProfile:
    """What all publishers offer."""
    offered = [publisher.qos_profile for publisher in publishers]
    reliable = all(qos.reliability == ReliabilityPolicy.RELIABLE for qos in offered)
    lasting = all(qos.durability == DurabilityPolicy.TRANSIENT_LOCAL for qos in offered)
    return QoSProfile(
        depth=DEPTH,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if lasting else DurabilityPolicy.VOLATILE,
    )
