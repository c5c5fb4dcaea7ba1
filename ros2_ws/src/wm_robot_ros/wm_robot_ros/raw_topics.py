"""Messages as they come over the wire, of topics that only their publishers know."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from rosidl_runtime_py.utilities import get_message

from wm_robot_ros.freshness import stamp_ns
from wm_robot_ros.polling import Polled, take

DEPTH = 100
"""Messages of a topic that may wait for the disk."""


class RawTopics:
    """Subscribes to topics as they appear, as reliably as they are published.

    Args:
        node: whose subscriptions they are; no executor hands their messages out.
        topics: full names.
    """

    def __init__(self, node: Node, topics: Iterable[str]) -> None:
        self._node, self._topics, self._group = node, list(topics), Polled()
        self._subscriptions: dict[str, _Followed] = {}

    def take(self) -> Iterator[tuple[str, bytes, int]]:
        """Topic, serialized message and stamp, ns or 0, of each message since the last call."""
        for topic, followed in self._subscriptions.items():
            for serialized in take(followed.subscription, DEPTH, serialized=True):
                yield topic, serialized, stamp_ns(serialized) if followed.stamped else 0

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
        for topic, followed in list(self._subscriptions.items()):
            if followed.qos.durability == DurabilityPolicy.TRANSIENT_LOCAL:
                self._forget(topic)
                self._follow(topic, followed.type, followed.qos)

    def _follow(self, topic: str, kind: str, qos: QoSProfile) -> None:
        known = self._subscriptions.get(topic)
        if known is not None:
            if (known.type, known.qos) == (kind, qos):
                return
            self._forget(topic)
        try:
            message = get_message(kind)
        except (AttributeError, ModuleNotFoundError, ValueError):
            return  # not installed here: no message comes
        first = next(iter(message.get_fields_and_field_types().values()), "")
        self._subscriptions[topic] = _Followed(
            type=kind,
            qos=qos,
            stamped=first == "std_msgs/Header",
            subscription=self._node.create_subscription(
                message, topic, lambda _: None, qos, callback_group=self._group
            ),
        )

    def _forget(self, topic: str) -> None:
        self._node.destroy_subscription(self._subscriptions.pop(topic).subscription)


@dataclass(frozen=True, kw_only=True)
class _Followed:
    type: str
    qos: QoSProfile
    stamped: bool
    subscription: Subscription


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
