"""One end of a ROS topic, which can say why nobody is at the other end."""

from typing import Generic, TypeVar

from cyclonedds.builtin import DcpsEndpoint
from cyclonedds.core import DDSException
from cyclonedds.idl import IdlStruct
from cyclonedds.internal import dds_c_t
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader

from wm_hardware.ros_graph import RosGraph, ros_type
from wm_robot.core.errors import DriverError

M = TypeVar("M", bound=IdlStruct)

IncompatibleQos = dds_c_t.requested_incompatible_qos_status | dds_c_t.offered_incompatible_qos_status

POLICIES = {
    2: "durability",
    3: "presentation",
    4: "deadline",
    5: "latency budget",
    6: "ownership",
    8: "liveliness",
    11: "reliability",
    12: "destination order",
    23: "data representation",
    24: "type consistency",
}
"""Policies that can keep two ends apart, by their number in the DDS specification (DDSI-RTPS 2.5, 9.6.3)."""


class Subscription(Generic[M]):
    """Receives messages; made by `RosParticipant.subscribe`.

    Args:
        topic: its full ROS name.
        message: its type.
        reader: receives it.
        graph: tells who else is there.
    """

    def __init__(self, topic: str, message: type[M], reader: DataReader[M], graph: RosGraph) -> None:
        self.topic, self.message = topic, message
        self._reader, self._graph = reader, graph

    @property
    def matched(self) -> bool:
        """Whether anybody publishes what this receives."""
        return self.publishers > 0

    @property
    def publishers(self) -> int:
        """How many publish what this receives."""
        return self._reader.get_subscription_matched_status().current_count

    def take(self) -> list[M]:
        """Messages since the last call, oldest first, the last five at most; waits for none."""
        try:
            samples = self._reader.take(5)
        except DDSException as error:
            raise DriverError(f"cannot receive {self.topic}: {error}") from error
        return [sample for sample in samples if isinstance(sample, self.message)]

    def why_unmatched(self) -> str:
        """For an error message."""
        found = self._graph.publishers(self.topic)
        if not found:
            return f"nobody publishes {self.topic}; {self._graph.describe()}"
        refused = self._reader.get_requested_incompatible_qos_status()
        return _why_not_connected(self.topic, self.message, found, refused)

    def close(self) -> None:
        """Leave the topic: an end of DDS goes with its last reference."""
        del self._reader


class Publication:
    """Sends messages; made by `RosParticipant.advertise`. Arguments as of `Subscription`."""

    def __init__(self, topic: str, message: type[IdlStruct], writer: DataWriter, graph: RosGraph) -> None:
        self.topic, self.message = topic, message
        self._writer, self._graph = writer, graph

    @property
    def matched(self) -> bool:
        """Whether anybody receives what this sends: a recorder counts as well as a controller."""
        return self._writer.get_publication_matched_status().current_count > 0

    @property
    def rivals(self) -> int:
        """How many others publish on the same topic."""
        return len(self._graph.publishers(self.topic))

    def send(self, message: IdlStruct) -> None:
        """Hand one message to the network; does not wait for its arrival.

        Raises:
            DriverError: the network does not take it.
        """
        try:
            self._writer.write(message)
        except DDSException as error:
            raise DriverError(f"cannot send {self.topic}: {error}") from error

    def why_unmatched(self) -> str:
        """For an error message."""
        found = self._graph.subscribers(self.topic)
        if not found:
            return f"nobody subscribes to {self.topic}; {self._graph.describe()}"
        refused = self._writer.get_offered_incompatible_qos_status()
        return _why_not_connected(self.topic, self.message, found, refused)

    def close(self) -> None:
        """Leave the topic: an end of DDS goes with its last reference."""
        del self._writer


def _why_not_connected(
    topic: str, message: type[IdlStruct], found: list[DcpsEndpoint], refused: IncompatibleQos
) -> str:
    wanted = ros_type(message.__idl_typename__)
    types = {ros_type(endpoint.type_name) for endpoint in found}
    if wanted not in types:
        return f"{topic} has the type {', '.join(sorted(types))} on the other side, {wanted} on this one"
    if refused.total_count:
        policy = POLICIES.get(refused.last_policy_id, f"policy {refused.last_policy_id}")
        return (
            f"the quality of service of {topic} does not fit the other side's: {policy}. "
            f"Compare with `ros2 topic info --verbose {topic}`"
        )
    return f"{topic} is there, but no connection came about; is the definition of {wanted} the same?"
