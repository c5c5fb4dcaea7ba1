"""An arm and a planner that the test plays, and between them the safety controller, on real DDS."""

import time

import numpy as np
import pytest
from counterpart import Counterpart, NodeProcess, parameters
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from wm_robot_msgs.msg import ActionChunk, PlannerHeartbeat, SafetyStatus
from wm_robot_ros.node_peer import COMMAND_QOS, SENSOR_QOS
from wm_robot_ros.ros_time import fill

from wm_robot.robots import get_robot
from wm_robot.runtime.control.faults import Fault

DOMAIN = 11
ROBOT = get_robot("ur5e")
COMMANDS = "/forward_position_controller/commands"


class World(Counterpart):
    """An arm that is where it was commanded, and a planner, both at the call of a test.

    `commands` are (time [s], q [rad]) of each command, `told` each SafetyStatus.
    """

    robot, home, joint_names, topic = ROBOT, ROBOT.home, ROBOT.joint_names, COMMANDS

    def __init__(self, state_home, log):
        super().__init__("world", DOMAIN)
        self._state_home, self._log = str(state_home), log
        self.q = list(ROBOT.home)
        self.commands, self.told = [], []
        self._states = self.node.create_publisher(JointState, "/joint_states", SENSOR_QOS)
        self._listener = None
        self.listen(20)  # misses none
        self.node.create_subscription(SafetyStatus, "/wm_robot/safety_status", self.told.append, SENSOR_QOS)
        self.chunks = self.node.create_publisher(ActionChunk, "/wm_robot/chunks", COMMAND_QOS)
        self.beats = self.node.create_publisher(PlannerHeartbeat, "/wm_robot/heartbeat", COMMAND_QOS)
        self.changed = lambda message: message
        """What happens to a joint state before it is published."""
        self.planning, self.plans = False, 0
        self.node.create_timer(0.01, self._publish_state)
        self.node.create_timer(0.05, self._beat)
        self.node.create_timer(0.2, self._plan)
        self.spin()

    def close(self):
        if self.process is not None and self.process.runs:
            self.end_node()
        super().close()

    # The arm

    def _publish_state(self):
        message = JointState(name=list(ROBOT.joint_names), position=list(self.q))
        message.header.stamp = self.node.get_clock().now().to_msg()
        if (message := self.changed(message)) is not None:
            self._states.publish(message)

    def listen(self, qos):
        """Obey commands from now on with that quality of service, and no other."""
        if self._listener is not None:
            self.node.destroy_subscription(self._listener)
        self._listener = self.node.create_subscription(Float64MultiArray, COMMANDS, self._obey, qos)

    def _obey(self, message):
        self.q = list(message.data)
        self.commands.append((time.monotonic(), np.array(message.data)))

    def speed(self):
        """Greatest joint speed between the last two commands, rad/s."""
        (before_s, before), (after_s, after) = self.commands[-2:]
        return np.abs(after - before).max() / max(after_s - before_s, 1e-3)

    def leave_the_arm(self):
        """Another arm takes its place, and gets the commands; from now on `q` is what that one tells."""
        self.changed = lambda message: None
        self.node.destroy_publisher(self._states)
        self.node.destroy_subscription(self._listener)
        self.node.create_subscription(JointState, "/joint_states", self._look, SENSOR_QOS)

    def _look(self, message):
        told = dict(zip(message.name, message.position, strict=True))
        self.q = [told[name] for name in ROBOT.joint_names]

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

    def start(self, *changes):
        patient = ["watchdogs.joint_state_s:=1.0", "watchdogs.command_s:=1.0"]  # the test may be held up
        own = ["robot:=ur5e", "rate_hz:=100.0", "speed:=0.5", "connect_timeout_s:=1.5"]
        arguments = parameters(*own, *patient, *changes)
        homes = {"XDG_STATE_HOME": self._state_home, "ROS_HOME": self._state_home}
        self.process = NodeProcess("safety_node", DOMAIN, self._log, *arguments, **homes)

    def ended(self):
        """Exit code of the node, once it has ended."""
        return self.process.ended()

    def end_node(self):
        """In order: one that is killed is asked in vain."""
        assert self.process.end() == 0, self.output

    def change(self, transition):
        asked = Transition(id=transition)
        return self.call(ChangeState, "safety_controller/change_state", transition=asked).success

    def state(self):
        return self.call(GetState, "safety_controller/get_state").current_state.label

    def activate(self, *changes):
        self.start(*changes)
        assert self.change(Transition.TRANSITION_CONFIGURE), self.output
        assert self.change(Transition.TRANSITION_ACTIVATE), self.output
        self.wait(lambda: self.chunks.get_subscription_count() and self.beats.get_subscription_count())

    def set_going(self, *changes):
        """Active, and the arm in motion."""
        self.activate(*changes)
        self.planning = True
        self.wait_for(SafetyStatus.RUNNING)
        self.wait(lambda: self.speed() > 0.1)

    def wait_for(self, mode):
        """The status once it has that mode."""
        return self.wait(lambda: self.told and self.told[-1].mode == mode and self.told[-1])

    def wait_for_latch(self):
        """The names of the faults, once the arm stands latched."""
        faults = self.latched()
        self.assert_rest()
        return faults

    def latched(self):
        """The names of the faults, once there are some."""
        status = self.wait_for(SafetyStatus.LATCHED)
        return {Fault(words).name for words in status.fault_words}

    def assert_rest(self):
        """The last commands are one and the same."""
        time.sleep(0.1)
        (_, before), (_, after) = self.commands[-2:]
        np.testing.assert_allclose(after, before, atol=1e-6)

    def account(self):
        return f"{self.told[-1:]}\n{self.output}"


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    world = World(tmp_path / "s", tmp_path / "node.log")
    yield world
    world.close()
