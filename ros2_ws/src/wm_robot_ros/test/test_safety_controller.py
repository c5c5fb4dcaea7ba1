"""The safety controller as a process, between an arm and a planner that this test plays on real DDS."""

import math
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

# Loopback and a domain of its own: tests meet no other robot. Before rclpy is imported, which reads them.
os.environ.update(ROS_DOMAIN_ID="11", ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")

from lifecycle_msgs.msg import Transition  # noqa: E402
from lifecycle_msgs.srv import ChangeState, GetState  # noqa: E402
from rcl_interfaces.srv import SetParameters  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from sensor_msgs.msg import JointState  # noqa: E402
from std_msgs.msg import Float64MultiArray  # noqa: E402
from std_srvs.srv import Trigger  # noqa: E402
from wm_robot_msgs.msg import ActionChunk, PlannerHeartbeat, SafetyStatus  # noqa: E402
from wm_robot_ros.node_peer import COMMAND_QOS, SENSOR_QOS  # noqa: E402
from wm_robot_ros.ros_time import fill  # noqa: E402

from wm_robot.robots import get_robot  # noqa: E402
from wm_robot.runtime.control.faults import Fault  # noqa: E402
from wm_robot.runtime.control.station import Station  # noqa: E402

ROBOT = get_robot("ur5e")
COMMANDS = "/forward_position_controller/commands"
PATIENCE_S = 60.0
"""For what takes a moment, on a machine that may be busy."""


class World:
    """An arm that is where it was commanded, and a planner, both at the call of a test."""

    def __init__(self, state_home, log):
        self._environment = {**os.environ, "XDG_STATE_HOME": str(state_home), "ROS_HOME": str(state_home)}
        self._log = log
        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = rclpy.create_node("world", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self._states = self.node.create_publisher(JointState, "/joint_states", SENSOR_QOS)
        self.node.create_subscription(Float64MultiArray, COMMANDS, self._obey, 20)  # misses none
        self.node.create_subscription(
            SafetyStatus, "/wm_robot/safety_status", lambda m: self.told.append(m), SENSOR_QOS
        )
        self.chunks = self.node.create_publisher(ActionChunk, "/wm_robot/chunks", COMMAND_QOS)
        self.beats = self.node.create_publisher(PlannerHeartbeat, "/wm_robot/heartbeat", COMMAND_QOS)
        self.q = list(ROBOT.home)
        self.commands, self.told = [], []
        self.changed = lambda message: message
        """What happens to a joint state before it is published."""
        self.planning, self.plans = False, 0
        self.process = None
        self.node.create_timer(0.01, self._publish_state)
        self.node.create_timer(0.05, self._beat)
        self.node.create_timer(0.2, self._plan)
        threading.Thread(target=self._spin, daemon=True).start()

    def _spin(self):
        try:
            self.executor.spin()
        except Exception:
            if self.context.ok():  # else the test is over
                raise

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.end_node()
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)

    # The arm

    def _publish_state(self):
        message = JointState(name=list(ROBOT.joint_names), position=list(self.q))
        message.header.stamp = self.node.get_clock().now().to_msg()
        if (message := self.changed(message)) is not None:
            self._states.publish(message)

    def _obey(self, message):
        self.q = list(message.data)
        self.commands.append((time.monotonic(), np.array(message.data)))

    def speed(self):
        """Greatest joint speed between the last two commands, rad/s."""
        (before_s, before), (after_s, after) = self.commands[-2:]
        return np.abs(after - before).max() / max(after_s - before_s, 1e-3)

    # The planner

    def _now_ns(self):
        return self.node.get_clock().now().nanoseconds

    def _beat(self):
        if self.planning:
            message = PlannerHeartbeat()
            fill(message.header.stamp, self._now_ns())
            self.beats.publish(message)

    def _plan(self):
        if self.planning:
            self.send_chunk()

    def send_chunk(self, age_s=0.0, delay_s=0.0, **fields):
        self.plans += 1
        direction = 1.0 if self.plans // 8 % 2 == 0 else -1.0
        given = {
            "dt": 0.2,
            "action_names": ["dx", "dy"],
            "actions": [0.0, direction * 0.03] * 4,
            "plan_id": self.plans,
        }
        message = ActionChunk(**given | fields)
        fill(message.header.stamp, self._now_ns() - round(age_s * 1e9))
        fill(message.start, self._now_ns() + round(delay_s * 1e9))
        self.chunks.publish(message)

    # The node

    def start(self, *parameters):
        given = ["robot:=ur5e", "rate_hz:=100.0", "speed:=0.5", "connect_timeout_s:=1.5", *parameters]
        command = [sys.executable, "-c", "from wm_robot_ros.safety_node import main; main()", "--ros-args"]
        with self._log.open("a") as output:
            self.process = subprocess.Popen(
                [*command, *(word for one in given for word in ("-p", one))],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
            )

    def end_node(self):
        """In order: one that is killed haunts the network for ten seconds more, and is asked in vain."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(PATIENCE_S) == 0, self.output

    def call(self, kind, name, request=None):
        client = self.node.create_client(kind, f"/wm_robot/{name}")
        self.wait(client.service_is_ready)
        future = client.call_async(request or kind.Request())
        self.wait(future.done)
        self.node.destroy_client(client)
        return future.result()

    def change(self, transition):
        request = ChangeState.Request(transition=Transition(id=transition))
        return self.call(ChangeState, "safety_controller/change_state", request).success

    def state(self):
        return self.call(GetState, "safety_controller/get_state").current_state.label

    def activate(self, *parameters):
        self.start(*parameters)
        assert self.change(Transition.TRANSITION_CONFIGURE), self.output
        assert self.change(Transition.TRANSITION_ACTIVATE), self.output
        self.wait(lambda: self.chunks.get_subscription_count() and self.beats.get_subscription_count())

    def set_going(self, *parameters):
        """Active, and the arm in motion."""
        self.activate(*parameters)
        self.planning = True
        self.wait_for(SafetyStatus.RUNNING)
        self.wait(lambda: self.speed() > 0.1)

    def wait_for(self, mode):
        """The status once it has that mode."""
        return self.wait(lambda: self.told and self.told[-1].mode == mode and self.told[-1])

    def wait_for_latch(self):
        """The names of the faults, once the arm stands latched."""
        status = self.wait_for(SafetyStatus.LATCHED)
        self.assert_rest()
        return {Fault(words).name for words in status.fault_words}

    def assert_rest(self):
        """The last commands are one and the same."""
        time.sleep(0.1)
        (_, before), (_, after) = self.commands[-2:]
        np.testing.assert_allclose(after, before, atol=1e-6)

    def wait(self, what):
        end = time.monotonic() + PATIENCE_S
        while not (result := what()):
            assert time.monotonic() < end, f"waited in vain: {self.told[-1:]}\n{self.output}"
            assert self.process is None or self.process.poll() is None or what(), self.output
            time.sleep(0.005)
        return result

    @property
    def output(self):
        return self._log.read_text()


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    world = World(tmp_path / "s", tmp_path / "node.log")
    yield world
    world.close()


def test_it_goes_through_its_states_and_back(world):
    world.start()
    assert world.state() == "unconfigured"
    for transition, state in (
        (Transition.TRANSITION_CONFIGURE, "inactive"),
        (Transition.TRANSITION_ACTIVATE, "active"),
        (Transition.TRANSITION_DEACTIVATE, "inactive"),
        (Transition.TRANSITION_ACTIVATE, "active"),
        (Transition.TRANSITION_DEACTIVATE, "inactive"),
        (Transition.TRANSITION_CLEANUP, "unconfigured"),
    ):
        assert world.change(transition)
        assert world.state() == state
    world.wait_for(SafetyStatus.INACTIVE)


def test_activation_moves_nothing(world):
    world.activate()
    world.wait(lambda: len(world.commands) > 100)
    assert world.told[-1].mode == SafetyStatus.STOPPED
    for _, q in world.commands:
        np.testing.assert_allclose(q, ROBOT.home, atol=1e-6)


def test_chunks_move_the_tip_where_they_say(world):
    world.activate()
    begin = world.wait_for(SafetyStatus.STOPPED).tip
    world.send_chunk(actions=[0.0, 0.02] * 4, delay_s=0.3)  # time enough to get there
    end = world.wait(lambda: world.told[-1].tip.y - begin.y > 0.079 and world.told[-1].tip)
    # Four times 0.02 m along y, and nothing else.
    assert (end.x - begin.x, end.y - begin.y, end.z - begin.z) == pytest.approx((0.0, 0.08, 0.0), abs=1.5e-3)
    assert list(world.told[-1].joint_names) == list(ROBOT.joint_names)


def test_a_second_publisher_of_commands_is_not_joined(world):
    world.node.create_publisher(Float64MultiArray, COMMANDS, COMMAND_QOS)
    world.start()
    assert world.change(Transition.TRANSITION_CONFIGURE)
    assert not world.change(Transition.TRANSITION_ACTIVATE)
    assert world.state() == "inactive"
    assert f"1 other publisher(s) on {COMMANDS}" in world.output
    assert world.commands == []


def test_a_second_publisher_that_comes_later_stops_the_arm(world):
    world.set_going()
    world.node.create_publisher(Float64MultiArray, COMMANDS, COMMAND_QOS)
    assert "SECOND_PUBLISHER" in world.wait_for_latch()


def test_an_arm_that_says_nothing_is_not_taken_over(world):
    world.changed = lambda message: None
    world.start()
    assert world.change(Transition.TRANSITION_CONFIGURE)
    assert not world.change(Transition.TRANSITION_ACTIVATE)
    assert "/joint_states is silent" in world.output


def nan(message):
    message.position[2] = math.nan
    return message


def foreign(message):
    message.name = [f"another_{name}" for name in message.name]
    return message


def old(message):
    message.header.stamp.sec -= 3
    return message


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (nan, "ROBOT_FAULT"),
        (foreign, "STATE_STALE"),
        (old, "STATE_STALE"),
        (lambda message: None, "STATE_STALE"),
    ],
    ids=["NaN", "foreign joints", "old stamps", "silence"],
)
def test_joint_states_that_cannot_be_trusted_stop_the_arm(world, change, fault):
    world.set_going()
    world.changed = change
    assert fault in world.wait_for_latch()


def test_joints_in_another_order_among_foreign_ones_are_the_same_joints(world):
    def shuffled(message):
        message.name = ["gripper", *reversed(message.name)]
        message.position = [0.7, *reversed(message.position)]
        return message

    world.changed = shuffled
    world.set_going()
    time.sleep(1.0)
    assert world.told[-1].mode == SafetyStatus.RUNNING


def test_a_planner_that_falls_silent_stops_the_arm(world):
    world.set_going("watchdogs.chunk_s:=30.0")
    world.planning = False
    world.send_chunk(actions=[0.0, 0.002] * 40)  # would go on for 8 s
    assert world.wait_for_latch() == {"PLANNER_DEAD"}


def test_a_planner_that_leaves_stops_the_arm_before_its_silence_does(world):
    world.set_going("watchdogs.chunk_s:=30.0", "watchdogs.plan_s:=30.0")
    world.planning = False
    world.send_chunk(actions=[0.0, 0.002] * 40)
    world.node.destroy_publisher(world.beats)
    assert world.wait_for_latch() == {"PLANNER_DEAD"}


@pytest.mark.parametrize(
    "fields",
    [
        {"actions": [0.0, math.nan] * 4},
        {"action_names": ["dx", "roll"]},
        {"actions": [0.01] * 7},
        {"dt": math.nan},
    ],
    ids=["NaN", "unknown action", "odd count", "no duration"],
)
def test_a_chunk_that_nobody_could_carry_out_stops_the_arm(world, fields):
    world.set_going()
    world.send_chunk(**fields)
    assert world.wait_for_latch() == {"CHUNK_INVALID"}


def test_a_chunk_older_than_the_one_in_execution_is_dropped(world):
    world.set_going()
    world.planning = False
    world.send_chunk(age_s=0.5)
    event = world.wait(lambda: next((m.event for m in world.told if "not newer" in m.event), ""))
    assert "dropped" in event


def test_deactivation_at_speed_brings_the_arm_to_rest(world):
    world.set_going()
    assert world.change(Transition.TRANSITION_DEACTIVATE)
    world.assert_rest()
    count = len(world.commands)
    time.sleep(0.2)
    assert len(world.commands) == count
    world.wait_for(SafetyStatus.INACTIVE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_of_the_process_leaves_the_arm_at_rest(world, number):
    world.set_going()
    world.process.send_signal(number)
    world.process.send_signal(number)  # as a terminal and a launch file both do
    assert world.process.wait(PATIENCE_S) == 0, world.output
    world.assert_rest()


def test_an_emergency_stop_outlives_the_process_and_is_reset(world):
    world.set_going()
    answer = world.call(Trigger, "estop")
    assert (answer.success, answer.message) == (True, "latched")
    assert "ESTOP" in world.wait_for_latch()
    assert "safety_controller" in Station("ur5e").why_latched()
    world.end_node()
    world.planning = False
    world.start()
    assert world.change(Transition.TRANSITION_CONFIGURE)
    assert not world.change(Transition.TRANSITION_ACTIVATE)
    assert "latched" in world.output
    assert world.call(Trigger, "reset").success
    assert world.change(Transition.TRANSITION_ACTIVATE)


def test_after_a_reset_nothing_moves_before_a_new_plan(world):
    world.set_going()
    world.call(Trigger, "estop")
    world.wait_for_latch()
    world.planning = False
    time.sleep(0.1)
    world.planning = True  # signs of life, and plans that are not carried out
    assert world.call(Trigger, "reset").success
    world.wait_for(SafetyStatus.RUNNING)


def test_a_reset_is_refused_while_something_is_wrong(world):
    world.set_going()
    world.changed = lambda message: None
    world.wait_for_latch()
    answer = world.call(Trigger, "reset")
    assert not answer.success
    assert "joint state is too old" in answer.message


def test_a_stop_ends_in_rest_and_the_next_plan_goes_on(world):
    world.set_going()
    world.planning = False
    answer = world.call(Trigger, "stop")
    assert (answer.success, answer.message) == (True, "stopped")
    world.assert_rest()
    world.planning = True
    world.wait_for(SafetyStatus.RUNNING)


def test_orders_to_an_arm_that_is_not_commanded_are_answered(world):
    world.start()
    assert world.call(Trigger, "stop").success
    assert world.call(Trigger, "estop").message == "latched; no run is active"
    assert world.call(Trigger, "reset").success


def test_nothing_is_set_under_an_arm_that_is_commanded(world):
    world.activate()
    speed = Parameter("speed", value=0.2).to_parameter_msg()
    request = SetParameters.Request(parameters=[speed])
    (result,) = world.call(SetParameters, "safety_controller/set_parameters", request).results
    assert not result.successful
    assert "deactivate first" in result.reason
    assert world.change(Transition.TRANSITION_DEACTIVATE)
    (result,) = world.call(SetParameters, "safety_controller/set_parameters", request).results
    assert result.successful


def test_a_node_without_a_robot_says_which_there_are(world):
    world.start("robot:=r2d2")
    assert world.process.wait(PATIENCE_S) == 2
    assert "panda, so101, ur5e" in world.output
