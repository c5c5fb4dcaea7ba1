"""ROS time of a node, simulated or not."""

import threading
from contextlib import suppress
from weakref import WeakKeyDictionary

from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rosgraph_msgs.msg import Clock

from wm_robot_ros.polling import Polled, take
from wm_robot_ros.ros_time import nanoseconds


class NodeClock:
    """Reads a simulated clock when it is asked, and not when an executor comes to it.

    One that is busy would tell a time that is behind the messages which are polled meanwhile, so that they
    would seem to come from the future.

    Args:
        node: whose clock; may be used by several threads.
    """

    def __init__(self, node: Node) -> None:
        self._clock, self._lock, self._simulated_ns = node.get_clock(), threading.Lock(), 0
        self._ticks = None
        if node.get_parameter("use_sim_time").value:
            self._ticks = node.create_subscription(
                Clock, "/clock", lambda _: None, qos_profile_sensor_data, callback_group=Polled()
            )

    def now_ns(self) -> int:
        """Nanoseconds since 1970, or of the simulation; 0 before a simulated clock has told its first."""
        if self._ticks is None:
            return self._clock.now().nanoseconds
        with self._lock, suppress(RuntimeError):  # the node is destroyed, and time stands
            for message in take(self._ticks, 5):
                self._simulated_ns = nanoseconds(message.clock)
        return self._simulated_ns or self._clock.now().nanoseconds


_CLOCKS: WeakKeyDictionary[Node, NodeClock] = WeakKeyDictionary()


def clock_of(node: Node) -> NodeClock:
    """The one clock of `node`."""
    if node not in _CLOCKS:
        _CLOCKS[node] = NodeClock(node)
    return _CLOCKS[node]
