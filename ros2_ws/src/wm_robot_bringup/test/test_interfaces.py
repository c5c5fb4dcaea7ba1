"""What the reference page lists is what is on the network, no more and no less."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
from sensor_msgs.msg import Image, JointState
from wm_robot_ros.interfaces import ACTIONS, SERVICES, TOPICS

NODES = ("planner", "safety_controller", "sim_robot")
PLACES = {"<arm>": "", "<controller>": "forward_position_controller"}
CAMERAS = ("front", "top")
OF_ROS = ("rcl_interfaces/", "lifecycle_msgs/", "type_description_interfaces/")
"""Types of what every node has."""

OTHER_FORM = "/forward_position_controller/joint_trajectory"
"""The safety controller publishes in one of two forms."""


def names(listed):
    """The topics or services `listed`, by full name; one of each camera."""
    found = {}
    for one in listed:
        name = one.name
        for place, value in PLACES.items():
            name = name.replace(place, value)
        if not name.startswith("/"):
            name = f"/wm_robot/{name}"
        for camera in CAMERAS:
            found[name.replace("<camera>", camera)] = one
    return found


def seen(pairs):
    """Of the graph's (name, types): what is not every node's, nor part of an action."""
    return {
        name: kind for name, (kind, *_) in pairs if not kind.startswith(OF_ROS) and "/_action/" not in name
    }


def test_each_node_publishes_hears_and_answers_what_is_listed(launch, witness):
    arm = launch("sim.launch.py")
    witness.active(arm)
    topics, services, graph = names(TOPICS), names(SERVICES), witness.node
    for node in NODES:
        published = seen(graph.get_publisher_names_and_types_by_node(node, "/wm_robot"))
        heard = seen(graph.get_subscriber_names_and_types_by_node(node, "/wm_robot"))
        answered = seen(graph.get_service_names_and_types_by_node(node, "/wm_robot"))
        told = {name: one.type for name, one in topics.items() if node in one.publishers}
        taken = {name: one.type for name, one in topics.items() if node in one.subscribers}
        if node == "safety_controller":
            del told[OTHER_FORM]
        assert (node, published) == (node, told)
        assert (node, heard) == (node, taken)
        assert (node, answered) == (node, {n: s.type for n, s in services.items() if s.node == node})
    (action,) = names(ACTIONS)
    assert f"{action}/_action/send_goal" in dict(graph.get_service_names_and_types())


def test_each_topic_has_the_quality_of_service_that_is_listed(launch, witness):
    arm = launch("sim.launch.py")
    witness.active(arm)
    for name, topic in names(TOPICS).items():
        for end in witness.node.get_publishers_info_by_topic(name):
            if end.node_name in topic.publishers:
                profile = end.qos_profile
                given = (profile.reliability.name, profile.durability.name)
                reliability = "RELIABLE" if topic.qos.startswith("reliable") else "BEST_EFFORT"
                durability = "TRANSIENT_LOCAL" if "transient local" in topic.qos else "VOLATILE"
                assert (name, *given) == (name, reliability, durability)


def test_whoever_asks_for_reliable_messages_hears_the_simulated_arm(launch, witness):
    arm = launch("sim.launch.py")
    heard = {}
    for topic, kind in (("/joint_states", JointState), ("/top/color/image_raw", Image)):
        # The default of create_subscription, as MoveIt and many others have it.
        witness.node.create_subscription(kind, topic, lambda _, t=topic: heard.setdefault(t), 10)
    witness.spin(lambda: len(heard) == 2, arm)
