"""Cameras and a safety controller that the test plays, and between them the planner, on real DDS."""

import itertools
import time

import numpy as np
import pytest
import rclpy
from counterpart import Counterpart, NodeProcess, parameters
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
from rclpy.action import ActionClient
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger
from tf2_msgs.msg import TFMessage
from wm_controllers.kinematics import load_arm
from wm_robot_msgs.action import ReachGoal
from wm_robot_msgs.msg import ActionChunk, PlannerHeartbeat, PlannerStatus, SafetyStatus
from wm_robot_ros.node_peer import COMMAND_QOS, SENSOR_QOS
from wm_robot_ros.planner_node import Planner
from wm_sim.scene import model_path

from wm_robot.robots import get_robot

DOMAIN = 13
PANDA = get_robot("panda")
HOME_TIP = load_arm(model_path(PANDA), PANDA).place(np.array(PANDA.home)).translation.tolist()
CAMERAS = ("front", "top")
LONG_S = 300.0
"""Time limit of a goal that something else ends."""
NUMBERS = itertools.count()
QUICK = ("samples:=16", "iterations:=1")


def picture(value=0):
    return Image(height=64, width=64, encoding="rgb8", step=192, data=bytes([value]) * (64 * 192))


class Stage(Counterpart):
    """Cameras and a safety controller whose arm stands at home, and whoever sends goals."""

    def __init__(self, log):
        super().__init__("stage", DOMAIN)
        self._log = log
        self.chunks, self.beats, self.plans, self.frames, self.diagnoses = [], [], [], {}, []
        self.stops, self.feedback = 0, []
        self.cameras, self.safety = set(CAMERAS), True
        self.mode, self.faults = SafetyStatus.STOPPED, []
        node = self.node
        self._pictures = {
            name: node.create_publisher(Image, f"/{name}/color/image_raw", SENSOR_QOS) for name in CAMERAS
        }
        self._told = node.create_publisher(SafetyStatus, "/wm_robot/safety_status", SENSOR_QOS)
        node.create_service(Trigger, "/wm_robot/stop", self._stop)
        node.create_subscription(ActionChunk, "/wm_robot/chunks", self._chunk, COMMAND_QOS)
        node.create_subscription(PlannerHeartbeat, "/wm_robot/heartbeat", self.beats.append, COMMAND_QOS)
        node.create_subscription(PlannerStatus, "/wm_robot/planner_status", self.plans.append, 10)
        node.create_subscription(TFMessage, "/tf", self._transforms, 10)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._diagnosis, 10)
        self._goals = ActionClient(node, ReachGoal, "/wm_robot/reach_goal_image")
        node.create_timer(0.02, self._tell)
        node.create_timer(0.05, self._show)
        self.spin()

    def close(self):
        if self.process is not None and self.process.runs:
            self.process.end()
        super().close()

    # What the planner sees and hears

    def _now(self):
        return self.node.get_clock().now().to_msg()

    def _show(self):
        for name in self.cameras:
            message = picture(int(time.monotonic() * 20) % 256)
            message.header.stamp = self._now()
            self._pictures[name].publish(message)

    def _tell(self):
        if not self.safety:
            return
        message = SafetyStatus(
            mode=self.mode,
            fault_words=self.faults,
            joint_names=PANDA.joint_names,
            position=list(PANDA.home),
            velocity=[0.0] * PANDA.nq,
        )
        message.header.stamp = message.state_stamp = self._now()
        message.tip.x, message.tip.y, message.tip.z = HOME_TIP
        self._told.publish(message)

    def _stop(self, request, response):
        self.stops += 1
        self.mode = SafetyStatus.LATCHED if self.faults else SafetyStatus.STOPPED
        response.success = True
        return response

    def _chunk(self, message):
        self.chunks.append(message)
        if not self.faults:
            self.mode = SafetyStatus.RUNNING

    def _transforms(self, message):
        for transform in message.transforms:
            self.frames[transform.child_frame_id] = transform

    def _diagnosis(self, message):
        self.diagnoses += [status for status in message.status if status.name == "wm_robot/planner"]

    # The node

    def start(self, *settings):
        self.process = NodeProcess("planner_node", DOMAIN, self._log, *parameters(*settings))

    def change(self, transition):
        changed = self.call(ChangeState, "planner/change_state", transition=Transition(id=transition))
        return changed.success

    def state(self):
        return self.call(GetState, "planner/get_state").current_state.label

    def set(self, name, value):
        parameter = Parameter(name, value=value).to_parameter_msg()
        (result,) = self.call(SetParameters, "planner/set_parameters", parameters=[parameter]).results
        return result

    def send(self, **goal):
        """The handle of a goal that is accepted, or None."""
        self.wait(self._goals.server_is_ready)
        given = {"kind": ReachGoal.Goal.IMAGES, "camera_names": list(CAMERAS), "time_limit": LONG_S}
        if goal.get("kind", ReachGoal.Goal.IMAGES) == ReachGoal.Goal.IMAGES:
            given["images"] = [picture(200) for _ in CAMERAS]
        wanted = ReachGoal.Goal(**given | goal)
        sent = self.within(
            lambda: self._goals.send_goal_async(
                wanted, feedback_callback=lambda told: self.feedback.append(told.feedback)
            )
        )
        self.wait(sent.done)
        return sent.result() if sent.result().accepted else None

    def pursue(self, **goal):
        """The handle of a goal that is pursued: chunks come."""
        before = len(self.chunks)
        handle = self.send(**goal)
        assert handle is not None, self.output
        self.wait(lambda: len(self.chunks) > before + 1)
        return handle

    def result(self, handle):
        future = self.within(handle.get_result_async)
        self.wait(future.done)
        return future.result().result

    def cancel(self, handle):
        self.wait(self.within(handle.cancel_goal_async).done)
        return self.result(handle)

    def next_plan(self):
        count = len(self.plans)
        return self.wait(lambda: len(self.plans) > count + 1 and self.plans[-1])


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One process for most tests of a file: loading the libraries takes longer than all of them."""
    stage = Stage(tmp_path_factory.mktemp("planner") / "node.log")
    stage.start("robot:=panda", "checkpoint:=reach", *QUICK)
    yield stage
    stage.close()


@pytest.fixture
def stage(running):
    """The planner active, beside an arm that stands, without a goal."""
    running.cameras, running.safety = set(CAMERAS), True
    running.mode, running.faults = SafetyStatus.STOPPED, []
    if running.state() == "unconfigured":
        assert running.change(Transition.TRANSITION_CONFIGURE), running.output
    if running.state() == "inactive":
        assert running.change(Transition.TRANSITION_ACTIVATE), running.output
    running.feedback.clear()
    running.stops = 0
    return running


@pytest.fixture
def planner():
    """The node within this process; nobody spins it. The network knows it until the process ends."""
    own = ["-r", f"__ns:=/planner{next(NUMBERS)}"]
    rclpy.init(args=["--ros-args", "-p", "robot:=panda", "-p", "checkpoint:=reach", *own], domain_id=DOMAIN)
    node = Planner()
    yield node
    node.leave()
    node.destroy_node()
    rclpy.shutdown()
