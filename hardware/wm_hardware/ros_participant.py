"""A DDS participant that names its topics and sets its quality of service as a ROS 2 node does."""

import atexit
import time
from typing import Any
from weakref import WeakSet

from cyclonedds.core import DDSException
from cyclonedds.domain import Domain, DomainParticipant
from cyclonedds.idl import IdlStruct
from cyclonedds.pub import DataWriter
from cyclonedds.qos import Policy, Qos
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic

from wm_hardware import ros_messages
from wm_hardware.ros_graph import RosGraph
from wm_hardware.ros_messages import TYPE_HASHES
from wm_hardware.ros_network import RosNetwork
from wm_hardware.ros_topics import M, Publication, Subscription
from wm_robot.core.errors import DriverError

XCDR1 = Policy.DataRepresentation(use_cdrv0_representation=True, use_xcdrv2_representation=False)

SENSOR_QOS = Qos(Policy.Reliability.BestEffort, Policy.Durability.Volatile, Policy.History.KeepLast(5), XCDR1)
"""Takes the newest, asks for nothing again; as a subscriber it matches every publisher of ROS."""

# A command that cannot be handed to the network at once is late: it fails instead of blocking the loop.
COMMAND_QOS = Qos(
    Policy.Reliability.Reliable(0), Policy.Durability.Volatile, Policy.History.KeepLast(1), XCDR1
)
"""Repeats the newest until it has arrived, and forgets older ones."""

# Loopback has no multicast: participants of this machine are called one by one, as rmw_cyclonedds does.
LOCALHOST = """<CycloneDDS><Domain>
<General><Interfaces><NetworkInterface address="127.0.0.1"/></Interfaces></General>
<Discovery><ParticipantIndex>auto</ParticipantIndex><MaxAutoParticipantIndex>32</MaxAutoParticipantIndex>
<Peers><Peer Address="127.0.0.1"/></Peers></Discovery>
</Domain></CycloneDDS>"""


_participants: WeakSet[DomainParticipant] = WeakSet()
_localhost_domains: dict[int, Domain] = {}
"""Their settings, which a process makes once; robot and cameras share them."""


@atexit.register
def _leave_all() -> None:
    # Not later: a thread of DDS that frees a message type asks for Python's lock. While the interpreter is
    # taken down that ends the thread, and whoever deletes a reader then waits for it without end. An entity
    # has no other way to be deleted; with a participant goes all that is its.
    for entity in (*_participants, *_localhost_domains.values()):
        entity.__del__()


class RosParticipant:
    """`RosPeer` without a ROS installation, and without a node name: `ros2 node list` does not show it.

    Args:
        network: domain, namespace and reach.

    Raises:
        DriverError: the domain cannot be opened.
    """

    def __init__(self, network: RosNetwork) -> None:
        self.network = network
        try:
            if network.localhost_only and network.domain_id not in _localhost_domains:
                _localhost_domains[network.domain_id] = Domain(network.domain_id, LOCALHOST)
            self._participant = DomainParticipant(network.domain_id)
            _participants.add(self._participant)
            self.graph = RosGraph(self._participant, network.domain_id)
        except DDSException as error:
            raise DriverError(
                f"cannot open ROS domain {network.domain_id}: {error}. Is a network interface up, and is the "
                "domain not open in this process already with another localhost_only?"
            ) from error

    @property
    def messages(self) -> Any:
        return ros_messages

    def now_ns(self) -> int:
        return time.time_ns()

    def subscribe(self, topic: str, message: type[M]) -> Subscription[M]:
        """Receive a sensor's `message`s from `topic`."""
        name = self.network.topic(topic)
        reader = DataReader(self._participant, self._topic(name, message), self._qos(SENSOR_QOS, message))
        return Subscription(name, message, reader, self.graph)

    def advertise(self, topic: str, message: type[IdlStruct]) -> Publication:
        """Send commands of type `message` to `topic`."""
        name = self.network.topic(topic)
        writer = DataWriter(self._participant, self._topic(name, message), self._qos(COMMAND_QOS, message))
        return Publication(name, message, writer, self.graph)

    def _topic(self, name: str, message: type[IdlStruct]) -> Topic:
        return Topic(self._participant, f"rt{name}", message)

    def _qos(self, qos: Qos, message: type[IdlStruct]) -> Qos:
        # ROS nodes warn about an endpoint that does not tell the hash of its type.
        return Qos(Policy.Userdata(f"typehash=RIHS01_{TYPE_HASHES[message]};".encode()), base=qos)
