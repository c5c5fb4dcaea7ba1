"""A node as the member of the network that speaks for drivers and cameras."""

import os
import threading
import time

import numpy as np
import pytest

# Loopback: tests meet no other robot. Before rclpy is imported, which reads it.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
DOMAIN = 11

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")

from builtin_interfaces.msg import Time  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402
from sensor_msgs.msg import Image, JointState  # noqa: E402
from std_msgs.msg import Float64MultiArray, String  # noqa: E402
from wm_hardware.ros_camera import RosCamera, RosCameraConfig  # noqa: E402
from wm_robot_ros.node_peer import COMMAND_QOS, SENSOR_QOS, NodePeer  # noqa: E402

from wm_robot.core.errors import DriverError  # noqa: E402


class Nodes:
    """Two that meet: `mine` has a peer in the namespace /left, `other` is somebody else's."""

    def __init__(self):
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=DOMAIN)
        self.mine, self.other = (rclpy.create_node(n, context=self.context) for n in ("mine", "other"))
        self.peer = NodePeer(self.mine, "/left")

    def close(self):
        self.mine.destroy_node()
        self.other.destroy_node()
        rclpy.shutdown(context=self.context)


@pytest.fixture
def nodes():
    nodes = Nodes()
    yield nodes
    nodes.close()


def eventually(what):
    end = time.monotonic() + 30.0
    while not (result := what()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return result


def test_the_newest_five_messages_are_taken_once_without_an_executor(nodes):
    received = nodes.peer.subscribe("joint_states", JointState)
    sender = nodes.other.create_publisher(JointState, "/left/joint_states", 10)
    eventually(lambda: received.matched and sender.get_subscription_count())
    for number in range(8):
        sender.publish(JointState(name=[str(number)]))
    time.sleep(0.5)
    assert [message.name[0] for message in received.take()] == ["3", "4", "5", "6", "7"]
    assert received.take() == []


def test_a_topic_is_known_by_the_name_that_it_has_on_the_wire(nodes):
    assert nodes.peer.subscribe("joint_states", JointState).topic == "/left/joint_states"
    assert nodes.peer.advertise("/right/commands", Float64MultiArray).topic == "/right/commands"


def test_other_publishers_are_rivals_and_our_own_is_none(nodes):
    commands = nodes.peer.advertise("commands", Float64MultiArray)
    time.sleep(0.5)
    assert commands.rivals == 0
    rival = nodes.other.create_publisher(Float64MultiArray, "/left/commands", COMMAND_QOS)
    eventually(lambda: commands.rivals == 1)
    nodes.other.destroy_publisher(rival)
    eventually(lambda: commands.rivals == 0)


def test_an_end_that_is_closed_is_gone(nodes):
    received = nodes.peer.subscribe("joint_states", JointState)
    eventually(lambda: nodes.other.count_subscribers("/left/joint_states") == 1)
    received.close()
    eventually(lambda: nodes.other.count_subscribers("/left/joint_states") == 0)
    with pytest.raises(DriverError, match="cannot receive /left/joint_states"):
        received.take()


def test_what_is_there_is_named_where_nobody_publishes(nodes):
    received = nodes.peer.subscribe("joint_states", JointState)
    nodes.other.create_publisher(JointState, "/right/joint_states", 10)
    why = eventually(lambda: "/right/joint_states" in received.why_unmatched() and received.why_unmatched())
    assert why.startswith("nobody publishes /left/joint_states; discovered the topics")
    assert "/right/joint_states (sensor_msgs/msg/JointState)" in why
    assert "/left/joint_states (" not in why


def test_another_type_on_the_other_side_is_named(nodes):
    commands = nodes.peer.advertise("commands", Float64MultiArray)
    nodes.other.create_subscription(String, "/left/commands", lambda _: None, 10)
    why = eventually(lambda: "has the type" in commands.why_unmatched() and commands.why_unmatched())
    assert "std_msgs/msg/String on the other side, std_msgs/msg/Float64MultiArray on this one" in why
    assert not commands.matched


def test_a_quality_of_service_that_does_not_fit_is_named(nodes):
    commands = nodes.peer.advertise("commands", Float64MultiArray)
    asks = QoSProfile(
        depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
    )
    nodes.other.create_subscription(Float64MultiArray, "/left/commands", lambda _: None, asks)
    why = eventually(lambda: "quality of service" in commands.why_unmatched() and commands.why_unmatched())
    assert "does not fit that of /other" in why
    assert "Volatile publisher and transient local subscription" in why
    assert not commands.matched


def test_a_sensor_is_received_from_either_kind_of_publisher(nodes):
    received = nodes.peer.subscribe("joint_states", JointState)
    for qos in (SENSOR_QOS, COMMAND_QOS):
        sender = nodes.other.create_publisher(JointState, "/left/joint_states", qos)
        eventually(lambda: received.matched)
        nodes.other.destroy_publisher(sender)
        eventually(lambda: not received.matched)


def test_a_simulated_clock_is_read_without_an_executor(nodes):
    simulated = Parameter("use_sim_time", value=True)
    node = rclpy.create_node("simulated", context=nodes.context, parameter_overrides=[simulated])
    peer = NodePeer(node)
    clock = nodes.other.create_publisher(Clock, "/clock", SENSOR_QOS)
    assert peer.now_ns() == 0

    def now_ns():
        clock.publish(Clock(clock=Time(sec=12, nanosec=34)))
        return peer.now_ns()

    assert eventually(now_ns) == 12_000_000_034
    assert NodePeer(node, "/left").now_ns() == 12_000_000_034  # all peers of a node have one time
    clock.publish(Clock(clock=Time(sec=5)))  # the simulation begins anew
    eventually(lambda: peer.now_ns() == 5_000_000_000)
    node.destroy_node()


def test_a_camera_sees_through_a_node(nodes):
    sender = nodes.other.create_publisher(Image, "/left/front/color/image_raw", SENSOR_QOS)
    pixels = np.arange(18, dtype=np.uint8)
    over = threading.Event()

    def send():
        while not over.wait(0.02):
            message = Image(height=2, width=3, encoding="rgb8", step=9, data=pixels.tobytes())
            message.header.stamp = nodes.other.get_clock().now().to_msg()
            sender.publish(message)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        with RosCamera("front", RosCameraConfig(topic="front/color/image_raw"), peer=nodes.peer) as camera:
            np.testing.assert_array_equal(camera.read().image, pixels.reshape(2, 3, 3))
    finally:
        over.set()
        sending.join()
