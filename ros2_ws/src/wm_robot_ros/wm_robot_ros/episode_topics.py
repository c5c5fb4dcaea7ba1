"""What the planner publishes so that a bag becomes a dataset."""

from dataclasses import replace

import numpy as np
from geometry_msgs.msg import PointStamped, TwistStamped
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

from wm_robot.core.arrays import FloatArray
from wm_robot.core.version import commit
from wm_robot.data.bag_episode import BagEpisode
from wm_robot.data.provenance import Provenance
from wm_robot.models.config import WorldModelConfig
from wm_robot.runtime.arm_session import Period
from wm_robot_ros.ros_time import fill

LATCHED_QOS = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""A recorder that starts in the middle of an episode gets what was said at its beginning."""


class EpisodeTopics:
    """Publishers of episode, executed and observed; `wmr data import` reads them.

    Args:
        node: whose they are.
        frame: of positions.
        config: of the model that acts.
        pictures: topic of each camera's pictures, in the model's order.
    """

    def __init__(self, node: Node, *, frame: str, config: WorldModelConfig, pictures: list[str]) -> None:
        self._node, self._frame, self._dt_s, self._stamp_ns = node, frame, config.action_space.dt_s, 0
        self._moved = _axes(config.action_space.names)
        self._seen = _axes(config.observation_space.proprio_names)
        self._episode = node.create_publisher(String, "episode", LATCHED_QOS)
        self._executed = node.create_publisher(TwistStamped, "executed", 10)
        self._observed = node.create_publisher(PointStamped, "observed", 10)
        self._says = BagEpisode(
            provenance=Provenance(
                environment=config.environment,
                robot=config.robot,
                action_space=config.action_space,
                observation_space=config.observation_space,
                commit=commit(),
            ),
            seed=0,
            executed=self._executed.topic_name,
            observed=self._observed.topic_name,
            pictures=tuple(node.resolve_topic_name(topic) for topic in pictures),
        )

    def close(self) -> None:
        for publisher in (self._episode, self._executed, self._observed):
            self._node.destroy_publisher(publisher)

    def begin(self, seed: int) -> None:
        """An episode begins, with random numbers of `seed`."""
        self._stamp_ns = 0
        self._episode.publish(String(data=replace(self._says, seed=seed).to_text()))

    def tell(self, period: Period, picture_ns: int) -> None:
        """A control period, once it is over.

        Args:
            period: what was seen and done.
            picture_ns: header stamp of the first camera's picture in it, ROS time; so readers find it.
        """
        self._stamp_ns = max(picture_ns, self._stamp_ns + 1)  # a picture may be seen twice
        executed, observed = TwistStamped(), PointStamped()
        fill(executed.header.stamp, self._stamp_ns)
        executed.header.frame_id = self._frame
        observed.header = executed.header
        velocity, place = executed.twist.linear, observed.point
        velocity.x, velocity.y, velocity.z = _along(self._moved, period.executed / self._dt_s)
        place.x, place.y, place.z = _along(self._seen, period.observation.proprio)
        self._executed.publish(executed)
        self._observed.publish(observed)


def _axes(names: tuple[str, ...]) -> list[int]:
    """Which of x, y, z names such as "dx" and "ee_y" are of."""
    return ["xyz".index(name[-1]) for name in names]


def _along(axes: list[int], values: FloatArray) -> list[float]:
    """`values` at their axes, and 0 along the others."""
    vector = np.zeros(3)
    vector[axes] = values
    return vector.tolist()
