"""The simulated arm as a process, and a witness that sees and commands it on real DDS."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from xml.etree import ElementTree

import numpy as np
import pytest
import rclpy
from counterpart import PATIENCE_S, NodeProcess
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import Float64MultiArray, String
from std_srvs.srv import SetBool
from tf2_msgs.msg import TFMessage
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from wm_hardware.ros_images import decode
from wm_robot_msgs.srv import ResetSimulation, ScoreSimulation, StepSimulation
from wm_robot_ros.node_peer import COMMAND_QOS, SENSOR_QOS
from wm_robot_ros.ros_time import nanoseconds

from wm_robot.robots import get_robot

DOMAIN = 12
PANDA = get_robot("panda")
CONTROLLER = "forward_position_controller"
LATCHED_QOS = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Simulation(NodeProcess):
    """A process of sim_robot."""

    def __init__(self, log, *arguments):
        super().__init__("sim_node", DOMAIN, log, *arguments)


class Witness:
    """Sees what the arm in `namespace` tells, and speaks to it."""

    def __init__(self, namespace=""):
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=DOMAIN)
        self.node = rclpy.create_node("witness", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._namespace = namespace
        self.seen = defaultdict(list)
        self._watch(Clock, "/clock", SENSOR_QOS)
        self._watch(JointState, "/joint_states", SENSOR_QOS)
        self._watch(Image, "/top/color/image_raw", SENSOR_QOS)
        self._watch(CameraInfo, "/top/color/camera_info", SENSOR_QOS)
        self._watch(Image, "/top/goal/image_raw", LATCHED_QOS)
        self.node.create_subscription(TFMessage, "/tf_static", self.seen["/tf_static"].append, LATCHED_QOS)
        self.node.create_subscription(TFMessage, "/tf", self.seen["/tf"].append, SENSOR_QOS)
        self._watch(String, "/robot_description", LATCHED_QOS)
        self._commands = self._talk(Float64MultiArray, "commands")
        self._trajectories = self._talk(JointTrajectory, "joint_trajectory")

    def _watch(self, message, topic, qos):
        self.node.create_subscription(message, self._namespace + topic, self.seen[topic].append, qos)

    def _talk(self, message, form):
        return self.node.create_publisher(message, f"{self._namespace}/{CONTROLLER}/{form}", COMMAND_QOS)

    def close(self):
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def wait(self, until, why="what was waited for"):
        """Receive until `until()` is true; its result."""
        end = time.monotonic() + PATIENCE_S
        while not (result := until()):
            assert time.monotonic() < end, f"{why} did not come in {PATIENCE_S} s"
            self._executor.spin_once(timeout_sec=0.05)
        return result

    def next(self, topic):
        """The next message of a topic."""
        self.seen[topic].clear()
        self.wait(lambda: self.seen[topic], topic)
        return self.seen[topic][-1]

    def now_ns(self):
        return nanoseconds(self.next("/clock").clock)

    def moment(self, seconds):
        """Let simulated time pass."""
        end_ns = self.now_ns() + round(seconds * 1e9)
        self.wait(lambda: self.now_ns() >= end_ns, f"{seconds} s")

    def q(self):
        """Joint positions (nq,) by name."""
        state = self.next("/joint_states")
        position = dict(zip(state.name, state.position, strict=True))
        return np.array([position[name] for name in PANDA.joint_names])

    def command(self, q):
        self.wait(self._commands.get_subscription_count, "the controller")
        self._commands.publish(Float64MultiArray(data=[float(value) for value in q]))

    def trajectory(self, names, q, seconds):
        self.wait(self._trajectories.get_subscription_count, "the controller")
        point = JointTrajectoryPoint(positions=[float(value) for value in q])
        point.time_from_start.sec = seconds
        self._trajectories.publish(JointTrajectory(joint_names=names, points=[point]))

    def arrives(self, q):
        """Whether the arm comes to stand at q."""
        self.wait(lambda: np.abs(self.q() - q).max() < 5e-3, f"an arm at {q}")

    def call(self, kind, name, **fields):
        client = self.node.create_client(kind, f"{self._namespace}/wm_robot/sim_robot/{name}")
        self.wait(client.service_is_ready, name)
        future = client.call_async(kind.Request(**fields))
        self.wait(future.done, name)
        self.node.destroy_client(client)
        return future.result()

    def suffer(self, fault):
        parameter = Parameter("fault", value=fault).to_parameter_msg()
        (result,) = self.call(SetParameters, "set_parameters", parameters=[parameter]).results
        return result


@pytest.fixture(scope="module")
def simulation(tmp_path_factory):
    simulation = Simulation(tmp_path_factory.mktemp("sim") / "log", "-p", "robot:=panda", "-p", "seed:=3")
    yield simulation
    assert simulation.end() == 0, simulation.output


@pytest.fixture
def witness(simulation):
    witness = Witness()
    yield witness
    witness.suffer("none")
    witness.call(SetBool, "pause", data=False)
    witness.close()


def test_the_clock_runs_pauses_and_steps_and_never_goes_back(witness):
    told = []
    witness.node.create_subscription(Clock, "/clock", lambda m: told.append(nanoseconds(m.clock)), SENSOR_QOS)
    begin_ns = witness.now_ns()
    assert begin_ns >= 1_000_000_000
    witness.wait(lambda: witness.now_ns() > begin_ns + 200_000_000)
    assert not witness.call(StepSimulation, "step", duration=0.1).success
    assert witness.call(SetBool, "pause", data=True).success
    witness.now_ns()
    paused_ns = witness.now_ns()
    assert {witness.now_ns() for _ in range(5)} == {paused_ns}
    stepped = witness.call(StepSimulation, "step", duration=0.5)
    assert stepped.success
    assert nanoseconds(stepped.now) == paused_ns + 500_000_000
    witness.wait(lambda: witness.now_ns() == paused_ns + 500_000_000)
    witness.call(SetBool, "pause", data=False)
    witness.wait(lambda: witness.now_ns() > paused_ns + 700_000_000)
    assert len(told) > 20
    assert told == sorted(told)


def test_joint_states_are_stamped_with_the_time_of_the_clock(witness):
    state = witness.next("/joint_states")
    assert sorted(state.name) == sorted(PANDA.joint_names)
    assert len(state.position) == len(state.velocity) == PANDA.nq
    assert abs(nanoseconds(state.header.stamp) - witness.now_ns()) < 500_000_000


def test_an_arm_goes_where_it_is_commanded_and_stays_there(witness):
    goal = witness.q() + 0.1
    witness.command(goal)
    witness.arrives(goal)
    witness.moment(0.5)
    np.testing.assert_allclose(witness.q(), goal, atol=5e-3)


def test_an_arm_follows_a_trajectory_by_joint_name_in_its_time(witness):
    begin, begin_ns = witness.q(), witness.now_ns()
    goal = begin - 0.1
    witness.trajectory(list(PANDA.joint_names[::-1]), goal[::-1], 2)
    witness.moment(0.5)
    np.testing.assert_array_less(witness.q(), begin - 0.01)
    witness.arrives(goal)
    assert witness.now_ns() >= begin_ns + 1_900_000_000


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda witness, q: witness.command(q[:3]), "shape"),
        (lambda witness, q: witness.command([*q[:-1], np.nan]), PANDA.joint_names[-1]),
        (lambda witness, q: witness.trajectory([f"x{i}" for i in range(7)], q + 0.5, 1), "joint"),
        (lambda witness, q: witness.trajectory(list(PANDA.joint_names), q + 0.5, -1), "valid: 0 or later"),
    ],
)
def test_a_command_that_is_wrong_is_refused_with_a_reason_and_the_arm_stands(witness, simulation, wrong, why):
    q, told = witness.q(), len(simulation.output)

    def refused():
        wrong(witness, q)
        witness.moment(0.3)
        return why in simulation.output[told:]

    witness.wait(refused, "a reason")  # which is told every two seconds at most
    assert f"/{CONTROLLER}/" in simulation.output[told:]
    np.testing.assert_allclose(witness.q(), q, atol=5e-3)


def test_pictures_come_with_their_projection_in_an_optical_frame_that_the_transforms_know(witness):
    picture, info = witness.next("/top/color/image_raw"), witness.next("/top/color/camera_info")
    assert decode(picture).shape == (64, 64, 3)
    assert decode(picture).std() > 10  # it shows something
    assert picture.header.frame_id == info.header.frame_id == "top_color_optical_frame"
    assert (info.height, info.width, info.distortion_model) == (64, 64, "plumb_bob")
    assert (info.k[2], info.k[5]) == (31.5, 31.5)
    witness.wait(lambda: witness.seen["/tf_static"])
    transforms = {one.child_frame_id: one for one in witness.seen["/tf_static"][-1].transforms}
    assert set(transforms) == {"front_color_optical_frame", "top_color_optical_frame"}
    above = transforms["top_color_optical_frame"]
    assert above.header.frame_id == "base_link"
    assert above.transform.translation.z > 0.5
    # The middle of what the camera sees lies in the workspace: forward is +z of an optical frame.
    turn, place = above.transform.rotation, above.transform.translation
    w, x, y, z = turn.w, turn.x, turn.y, turn.z
    forward = np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
    p = np.array([place.x, place.y, place.z])
    on_table = p - forward * p[2] / forward[2]
    low, high = np.array(PANDA.workspace.low[:2]), np.array(PANDA.workspace.high[:2])
    assert (low - 0.1 < on_table[:2]).all()
    assert (on_table[:2] < high + 0.1).all()


def test_whoever_comes_later_is_told_the_arms_shape_and_where_its_links_are(witness):
    robot = ElementTree.fromstring(witness.wait(lambda: witness.seen["/robot_description"])[-1].data)
    assert [joint.get("name") for joint in robot.findall("joint")] == list(PANDA.joint_names)
    links = {link.get("name") for link in robot.findall("link")}
    told = witness.wait(lambda: witness.seen["/tf"])[-1].transforms
    assert {one.child_frame_id for one in told} | {"base_link"} == links
    assert told[0].header.frame_id == "base_link"
    assert told[0].transform.translation.z == pytest.approx(0.333)  # the Panda's d1


def test_a_reset_starts_the_same_episode_for_the_same_seed_and_whoever_comes_later_gets_its_goal(witness):
    starts, goals = [], []
    for seed in (11, 12, 11):
        witness.seen["/top/goal/image_raw"].clear()
        assert witness.call(ResetSimulation, "reset", seed=seed).success
        starts.append(witness.q())
        witness.wait(lambda: witness.seen["/top/goal/image_raw"], "the goal")
        goals.append(decode(witness.seen["/top/goal/image_raw"][-1]))
    np.testing.assert_allclose(starts[0], starts[2], atol=1e-3)
    assert np.abs(starts[0] - starts[1]).max() > 0.01
    np.testing.assert_array_equal(goals[0], goals[2])
    assert (goals[0] != goals[1]).any()
    late = Witness()
    late.wait(lambda: late.seen["/top/goal/image_raw"], "the goal")
    np.testing.assert_array_equal(decode(late.seen["/top/goal/image_raw"][-1]), goals[2])
    late.close()


def test_a_reset_forgets_the_command_before(witness):
    witness.call(ResetSimulation, "reset", seed=4)
    witness.moment(0.3)  # what was told before may still be under way
    begin = witness.q()
    witness.command(begin + 0.3)
    witness.call(ResetSimulation, "reset", seed=4)
    witness.moment(0.5)
    np.testing.assert_allclose(witness.q(), begin, atol=2e-3)


def test_a_seed_that_names_no_episode_is_refused_with_a_reason(witness):
    answer = witness.call(ResetSimulation, "reset", seed=2**63)
    assert not answer.success
    assert "valid: 0 to" in answer.message


def test_the_score_is_told_with_its_unit_and_its_tolerance(witness):
    witness.call(ResetSimulation, "reset", seed=5)
    score = witness.call(ScoreSimulation, "score")
    assert (score.unit, score.seed, score.success) == ("m", 5, False)
    assert score.error > score.tolerance > 0.0


def test_a_fault_shows_from_when_it_is_set_until_it_is_taken_back(witness):
    assert witness.suffer("foreign_joints").successful
    witness.wait(lambda: "conveyor" in witness.next("/joint_states").name)
    assert witness.suffer("nan_joint").successful
    witness.wait(lambda: np.isnan(witness.next("/joint_states").position).any())
    assert witness.suffer("clock_reset").successful
    witness.wait(lambda: witness.now_ns() < 2_000_000_000)
    assert witness.suffer("none").successful
    assert list(witness.next("/joint_states").name) == list(PANDA.joint_names)
    refused = witness.suffer("broken")
    assert not refused.successful
    assert "frozen_camera" in refused.reason


def test_what_runs_cannot_become_another_simulation(witness):
    parameter = Parameter("seed", value=9).to_parameter_msg()
    (result,) = witness.call(SetParameters, "set_parameters", parameters=[parameter]).results
    assert not result.successful


def test_an_arm_in_a_namespace_has_topics_services_clock_and_frames_of_its_own(simulation, tmp_path):
    names = ["-r", "__ns:=/left/wm_robot", "-r", "/clock:=/left/clock", "-p", "arm_namespace:=/left"]
    left = Simulation(tmp_path / "log", *names, "-p", "robot:=panda", "-p", "image_size:=128")
    witness = Witness("/left")
    witness.now_ns()
    picture = witness.next("/top/color/image_raw")
    assert picture.header.frame_id == "left/top_color_optical_frame"
    assert (picture.height, picture.width) == (128, 128)
    goal = witness.q() + 0.05
    witness.command(goal)
    witness.arrives(goal)
    assert witness.call(SetBool, "pause", data=True).success
    other = Witness()  # the first simulation runs on
    assert other.now_ns() < other.now_ns()
    other.close()
    witness.close()
    assert left.end() == 0, left.output


PLAIN_DDS = """
import time
import numpy as np
from wm_hardware.ros_dds import RosDdsConfig, RosDdsDriver
from wm_hardware.ros_network import RosNetwork
from wm_robot.core.types import JointCommand
from wm_robot.robots import get_robot

config = RosDdsConfig(network=RosNetwork(namespace="plain"), connect_timeout_s=30.0)
with RosDdsDriver(get_robot("panda"), config) as arm:
    state = arm.read()
    goal = state.q + 0.05
    end = time.monotonic() + 30.0
    while np.abs(arm.read().q - goal).max() > 5e-3 and time.monotonic() < end:
        still = np.zeros(len(goal))
        arm.command(JointCommand(stamp_ns=0, joint_names=arm.joint_names, q=goal, v=still))
        time.sleep(0.01)
    print("arrived" if np.abs(arm.read().q - goal).max() < 5e-3 else arm.read())
"""


def test_an_arm_without_a_clock_lives_in_real_time_and_is_driven_over_plain_dds(tmp_path):
    domain = {**os.environ, "ROS_DOMAIN_ID": str(DOMAIN)}
    arguments = ["-r", "__ns:=/plain/wm_robot", "-p", "arm_namespace:=/plain", "-p", "publish_clock:=false"]
    plain = Simulation(tmp_path / "log", *arguments)
    try:
        done = subprocess.run(
            [sys.executable, "-c", PLAIN_DDS],
            env=domain,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        code = plain.end()
    assert code == 0, plain.output
    assert "arrived" in done.stdout, done.stdout + done.stderr


def test_a_second_simulation_of_the_same_arm_is_refused(simulation, witness, tmp_path):
    witness.now_ns()
    second = Simulation(tmp_path / "log")
    assert second.ended() != 0
    assert f"a simulation named 'ros{DOMAIN}' is running" in second.output


@pytest.mark.parametrize(
    ("parameter", "why"),
    [("rate_hz:=1000.0", "1 to 250"), ("task:=juggle", "reach"), ("robot:=r2d2", "so101, ur5e")],
)
def test_a_parameter_that_is_not_valid_ends_the_process_and_says_what_is(tmp_path, parameter, why):
    refused = Simulation(tmp_path / "log", "-p", parameter)
    assert refused.ended() != 0
    assert why in refused.output
