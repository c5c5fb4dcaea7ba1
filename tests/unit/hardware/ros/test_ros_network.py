"""Names, environment and definitions of a ROS 2 network."""

import hashlib
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from wm_hardware.ros_dds import RosDdsConfig, RosDdsDriver
from wm_hardware.ros_network import RosNetwork

from wm_robot.core.errors import MissingDependencyError, UnknownNameError, WmrError

ros_messages = pytest.importorskip("wm_hardware.ros_messages", exc_type=ImportError)

DEFINITIONS = runpy.run_path(str(Path(__file__).with_name("ros_peer.py")))["MESSAGES"]
TYPE_IDS = {"nested": 1, "uint8": 3, "int32": 6, "uint32": 7, "float64": 11, "string": 17}
UNBOUNDED_SEQUENCE = 144  # added to the id of its elements' type


def fields(name):
    for line in DEFINITIONS[name].splitlines():
        kind, field = line.split()
        element = kind.removesuffix("[]")
        nested = "/".join((element.split("/")[0], "msg", element.split("/")[1])) if "/" in element else ""
        type_id = TYPE_IDS["nested" if nested else element] + UNBOUNDED_SEQUENCE * kind.endswith("[]")
        numbers = {"type_id": type_id, "capacity": 0, "string_capacity": 0}
        yield {"name": field, "type": {**numbers, "nested_type_name": nested}}


def references(name):
    nested = {field["type"]["nested_type_name"] for field in fields(name)} - {""}
    return nested.union(*map(references, nested))


def described(name):
    return {"type_name": name, "fields": list(fields(name))}


@pytest.mark.parametrize("message", ros_messages.TYPE_HASHES, ids=lambda message: message.__name__)
def test_the_type_hash_is_that_of_the_public_definition(message):
    """REP 2016: SHA-256 of the JSON of the type's description and of those that it refers to, by name."""
    name = message.__idl_typename__.replace("::dds_::", "::").removesuffix("_").replace("::", "/")
    description = {
        "type_description": described(name),
        "referenced_type_descriptions": [described(other) for other in sorted(references(name))],
    }
    assert hashlib.sha256(json.dumps(description).encode()).hexdigest() == ros_messages.TYPE_HASHES[message]


def test_the_bytes_of_a_picture_stay_bytes():
    picture = ros_messages.Image(height=1, width=1, step=3, encoding="rgb8", data=b"\x01\x02\x03")
    again = ros_messages.Image.deserialize(picture.serialize(use_version_2=False))
    assert again == picture
    assert isinstance(again.data, bytes)


def test_relative_topics_are_put_into_the_namespace():
    network = RosNetwork(namespace="/left/")
    assert network.topic("joint_states") == "/left/joint_states"
    assert network.topic("/joint_states") == "/joint_states"
    assert RosNetwork().topic("joint_states") == "/joint_states"


def test_the_defaults_are_those_of_a_ros_node_in_the_same_environment(monkeypatch):
    for name in ("ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE", "ROS_LOCALHOST_ONLY"):
        monkeypatch.delenv(name, raising=False)
    assert (RosNetwork().domain_id, RosNetwork().localhost_only) == (0, False)
    monkeypatch.setenv("ROS_DOMAIN_ID", "42")
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    assert (RosNetwork().domain_id, RosNetwork().localhost_only) == (42, True)
    monkeypatch.setenv("ROS_DOMAIN_ID", "forty")
    with pytest.raises(WmrError, match="ROS_DOMAIN_ID is 'forty'"):
        RosNetwork()


@pytest.mark.parametrize("name", ["", "2nd", "a//b", "joint states", "a-b"])
def test_a_name_that_ros_would_refuse_is_refused(name):
    with pytest.raises(WmrError, match="valid: letters, digits and _"):
        RosNetwork(domain_id=0).topic(name)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"form": "velocity"}, "valid: commands, joint_trajectory"),
        ({"time_from_start_s": 0.0}, "time_from_start_s is 0.0; valid: above 0, at most 10 s"),
        ({"time_from_start_s": float("nan")}, "time_from_start_s is nan"),
        ({"connect_timeout_s": -1.0}, "connect_timeout_s"),
        ({"controller": ""}, "controller"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, reason):
    with pytest.raises(WmrError, match=reason):
        RosDdsConfig(**settings)


def test_the_order_of_the_controller_must_hold_exactly_the_joints_of_the_arm(spec):
    with pytest.raises(UnknownNameError, match="'c'"):
        RosDdsDriver(spec, RosDdsConfig(controller_joints=("b", "a")))
    with pytest.raises(UnknownNameError, match="'d'"):
        RosDdsDriver(spec, RosDdsConfig(controller_joints=("b", "a", "c", "d")))


def test_names_in_ros_are_one_for_each_joint_of_the_arm(spec):
    with pytest.raises(WmrError, match="ros_joint_names has 2 names; robot 'three_joints' has the 3 joints"):
        RosDdsDriver(spec, RosDdsConfig(ros_joint_names=("joint1", "joint2")))


def test_without_cyclonedds_connecting_names_the_extra_to_install(spec, monkeypatch):
    monkeypatch.setitem(sys.modules, "cyclonedds", None)
    with pytest.raises(MissingDependencyError, match=r"wm_robot\[dds\]"):
        RosDdsDriver(spec).connect()


LEAVES = """
import atexit, os
atexit.register(lambda: print(len(os.listdir("/proc/self/task"))))  # comes after what is imported later
from wm_hardware.ros_network import RosNetwork
peer = RosNetwork(domain_id={domain}, localhost_only=True).open()
states = peer.subscribe("joint_states", peer.messages.JointState)
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_the_threads_of_dds_have_ended_before_the_interpreter_does(network):
    # One that asks for Python's lock later is ended by it, and the process waits for its work for ever.
    script = LEAVES.format(domain=network.domain_id)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    before, after = map(int, ended.stdout.split())
    assert before > 1
    assert after == 1
