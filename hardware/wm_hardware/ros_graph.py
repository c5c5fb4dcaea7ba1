"""Who publishes and who subscribes, as DDS discovery tells it."""

from uuid import UUID

from cyclonedds.builtin import (
    BuiltinDataReader,
    BuiltinTopicDcpsParticipant,
    BuiltinTopicDcpsPublication,
    BuiltinTopicDcpsSubscription,
    DcpsEndpoint,
    DcpsParticipant,
)
from cyclonedds.core import InstanceState
from cyclonedds.domain import DomainParticipant

AT_ONCE = 1000
"""Discovered endpoints fetched by one call."""


class RosGraph:
    """The endpoints of all other participants; a look at it costs microseconds while nothing changes.

    A participant that is killed stays in it until its lease is over: 10 s by default in Cyclone DDS, 20 s in
    Fast DDS.
    """

    def __init__(self, participant: DomainParticipant, domain_id: int) -> None:
        self.domain_id = domain_id
        self._self = participant.guid
        self._participants: dict[UUID, DcpsParticipant] = {}
        self._publishers: dict[UUID, DcpsEndpoint] = {}
        self._subscribers: dict[UUID, DcpsEndpoint] = {}
        self._sources = (
            (BuiltinDataReader(participant, BuiltinTopicDcpsParticipant), self._participants),
            (BuiltinDataReader(participant, BuiltinTopicDcpsPublication), self._publishers),
            (BuiltinDataReader(participant, BuiltinTopicDcpsSubscription), self._subscribers),
        )

    def publishers(self, topic: str) -> list[DcpsEndpoint]:
        """Publishers of the ROS topic of that full name."""
        self._update()
        return _on(topic, self._publishers)

    def subscribers(self, topic: str) -> list[DcpsEndpoint]:
        """Subscribers of the ROS topic of that full name."""
        self._update()
        return _on(topic, self._subscribers)

    def describe(self) -> str:
        """The topics found, for an error message."""
        self._update()
        if not self._participants:
            return (
                f"no other participant was discovered in ROS domain {self.domain_id}: compare ROS_DOMAIN_ID, "
                "the discovery range, the network interface and the firewall of both sides"
            )
        endpoints = [*self._publishers.values(), *self._subscribers.values()]
        topics = sorted(
            {f"{e.topic_name[2:]} ({ros_type(e.type_name)})" for e in endpoints if e.topic_name[:3] == "rt/"}
        )
        return (
            f"discovered in ROS domain {self.domain_id}: {len(self._participants)} participants with the "
            f"topics {', '.join(topics) or 'none'}"
        )

    def _update(self) -> None:
        for reader, found in self._sources:
            for sample in reader.take(AT_ONCE):
                if sample.sample_info.instance_state != InstanceState.Alive:
                    found.pop(sample.key, None)
                elif getattr(sample, "participant_key", sample.key) != self._self:
                    found[sample.key] = sample


def ros_type(dds_type: str) -> str:
    """`sensor_msgs/msg/JointState` for `sensor_msgs::msg::dds_::JointState_`."""
    return dds_type.replace("::dds_::", "::").removesuffix("_").replace("::", "/")


def _on(topic: str, endpoints: dict[UUID, DcpsEndpoint]) -> list[DcpsEndpoint]:
    return [endpoint for endpoint in endpoints.values() if endpoint.topic_name == f"rt{topic}"]
