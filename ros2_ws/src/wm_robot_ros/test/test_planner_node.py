"""The planner as a process, between cameras and a safety controller that the test plays, on real DDS."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from urllib.request import urlopen

import numpy as np
import pytest

# Loopback: tests meet no other robot. Before rclpy is imported, which reads it.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
DOMAIN = 13

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus  # noqa: E402
from lifecycle_msgs.msg import Transition  # noqa: E402
from lifecycle_msgs.srv import ChangeState, GetState  # noqa: E402
from rcl_interfaces.srv import GetParameters, SetParameters  # noqa: E402
from rclpy.action import ActionClient  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from sensor_msgs.msg import Image, JointState  # noqa: E402
from std_srvs.srv import Trigger  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402
from wm_controllers.kinematics import load_arm  # noqa: E402
from wm_robot_msgs.action import ReachGoal  # noqa: E402
from wm_robot_msgs.msg import ActionChunk, PlannerHeartbeat, PlannerStatus, SafetyStatus  # noqa: E402
from wm_robot_msgs.srv import LoadCheckpoint, SetGoalImage, SwitchPlanner  # noqa: E402
from wm_robot_ros.node_peer import COMMAND_QOS, SENSOR_QOS  # noqa: E402
from wm_robot_ros.ros_time import nanoseconds  # noqa: E402
from wm_sim.scene import model_path  # noqa: E402

from wm_robot.robots import get_robot  # noqa: E402
from wm_robot.runtime.watch.requests import Tune  # noqa: E402
from wm_robot.runtime.watch.watcher import Watcher  # noqa: E402

PANDA = get_robot("panda")
HOME_TIP = load_arm(model_path(PANDA), PANDA).place(np.array(PANDA.home)).translation.tolist()
CAMERAS = ("front", "top")
PATIENCE_S = 60.0
"""For what takes a moment, on a machine that may be busy."""
PAGE_PORT = 8471
LONG_S = 300.0
"""Time limit of a goal that something else ends."""
QUICK = ("samples:=16", "iterations:=1")


def picture(value=0):
    return Image(height=64, width=64, encoding="rgb8", step=192, data=bytes([value]) * (64 * 192))


class Stage:
    """Cameras and a safety controller whose arm stands at home, and whoever sends goals."""

    def __init__(self, log):
        self._log, self.process = log, None
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=DOMAIN)
        self.node = rclpy.create_node("stage", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
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
        threading.Thread(target=self._spin, daemon=True).start()

    def _spin(self):
        try:
            self.executor.spin()
        except Exception:
            if self.context.ok():  # else the test is over
                raise

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE_S)
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)

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

    def start(self, *parameters):
        command = [sys.executable, "-c", "from wm_robot_ros.planner_node import main; main()", "--ros-args"]
        with self._log.open("a") as output:
            self.process = subprocess.Popen(
                [*command, *(word for one in parameters for word in ("-p", one))],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "ROS_DOMAIN_ID": str(DOMAIN)},
            )

    def call(self, kind, name, **fields):
        client = self.node.create_client(kind, f"/wm_robot/{name}")
        self.wait(client.service_is_ready)
        future = client.call_async(kind.Request(**fields))
        self.wait(future.done)
        self.node.destroy_client(client)
        return future.result()

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
        sent = self._goals.send_goal_async(
            ReachGoal.Goal(**given | goal), feedback_callback=lambda told: self.feedback.append(told.feedback)
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
        future = handle.get_result_async()
        self.wait(future.done)
        return future.result().result

    def cancel(self, handle):
        self.wait(handle.cancel_goal_async().done)
        return self.result(handle)

    def next_plan(self):
        count = len(self.plans)
        return self.wait(lambda: len(self.plans) > count + 1 and self.plans[-1])

    def wait(self, what):
        end = time.monotonic() + PATIENCE_S
        while not (result := what()):
            assert time.monotonic() < end, f"waited in vain\n{self.output}"
            assert self.process is None or self.process.poll() is None or what(), self.output
            time.sleep(0.01)
        return result

    @property
    def output(self):
        return self._log.read_text()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One process for most tests: loading the libraries takes longer than all of them."""
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


def test_it_goes_through_its_states_and_back(stage):
    for transition, state in (
        (Transition.TRANSITION_DEACTIVATE, "inactive"),
        (Transition.TRANSITION_CLEANUP, "unconfigured"),
        (Transition.TRANSITION_CONFIGURE, "inactive"),
        (Transition.TRANSITION_ACTIVATE, "active"),
    ):
        assert stage.change(transition), stage.output
        assert stage.state() == state
    assert stage.node.count_publishers("/wm_robot/planner_status") == 1


def test_an_inactive_planner_takes_no_goal_and_says_so(stage):
    assert stage.change(Transition.TRANSITION_DEACTIVATE)
    assert stage.send() is None
    assert "goal refused: the planner is not active" in stage.output


def test_a_camera_that_shows_nothing_keeps_it_from_being_activated(stage):
    assert stage.change(Transition.TRANSITION_DEACTIVATE)
    stage.cameras.remove("top")
    assert not stage.change(Transition.TRANSITION_ACTIVATE)
    assert stage.state() == "inactive"
    assert "camera 'top': no picture" in stage.output
    assert "/top/color/image_raw is silent" in stage.output


def test_a_goal_is_pursued_until_its_time_is_over(stage):
    begin_ns = stage.node.get_clock().now().nanoseconds
    result = stage.result(stage.pursue(time_limit=2.0))
    assert result.ended == ReachGoal.Result.TIME_OVER
    assert stage.stops == 1
    # 10 periods of 0.2 s, and those until the first action acts.
    assert result.periods > 10
    assert result.periods == stage.feedback[-1].periods
    chunk = stage.chunks[-1]
    assert list(chunk.action_names) == ["dx", "dy", "dz"]
    assert begin_ns < nanoseconds(chunk.header.stamp) < nanoseconds(chunk.start)
    told = stage.feedback[-1]
    assert told.state == "running"
    assert told.goal_distance > 0
    assert 0 <= told.progress <= 1


def test_each_plan_is_told_with_what_it_is_worth(stage):
    handle = stage.pursue()
    plan = stage.next_plan()
    assert (plan.planner, plan.samples, plan.iterations) == ("cem", 16, 1)
    assert plan.cost_best <= plan.cost_mean <= plan.cost_worst
    assert 1 <= plan.effective_sample_size <= 16
    assert plan.plan_time == pytest.approx(sum(plan.phase_times))
    assert plan.observation_age > plan.plan_time
    # All pictures are published together, joints every 20 ms; a busy machine does it later.
    assert plan.sync_spread < 0.1
    goal = stage.wait(lambda: stage.frames.get("goal")).transform.translation
    assert np.isfinite([goal.x, goal.y, goal.z]).all()
    stage.cancel(handle)


def test_whoever_cancels_stops_the_arm(stage):
    handle = stage.pursue()
    result = stage.cancel(handle)
    assert result.ended == ReachGoal.Result.CANCELED
    assert stage.stops == 1
    count = len(stage.chunks)
    time.sleep(0.5)
    assert len(stage.chunks) == count


def test_a_second_goal_is_refused_until_the_first_has_ended(stage):
    handle = stage.pursue()
    assert stage.send() is None
    assert "goal refused: another goal is pursued" in stage.output
    stage.cancel(handle)
    stage.cancel(stage.pursue())


def test_signs_of_life_come_without_a_goal_too_and_tell_of_cameras_while_one_is_pursued(stage):
    count = len(stage.beats)
    beat = stage.wait(lambda: len(stage.beats) > count + 3 and stage.beats[-1])
    assert not beat.cameras
    handle = stage.pursue()
    beat = stage.wait(lambda: stage.beats[-1].cameras and stage.beats[-1])
    assert {camera.name for camera in beat.cameras} == set(CAMERAS)
    stage.cancel(handle)


def test_deactivation_gives_the_goal_up(stage):
    handle = stage.pursue()
    assert stage.change(Transition.TRANSITION_DEACTIVATE)
    result = stage.result(handle)
    assert (result.ended, result.why) == (ReachGoal.Result.CANCELED, "the planner was deactivated")
    assert stage.stops == 1


def test_a_latched_arm_ends_the_goal_with_the_fault(stage):
    handle = stage.pursue()
    stage.faults, stage.mode = ["joint state is too old"], SafetyStatus.LATCHED
    result = stage.result(handle)
    assert (result.ended, result.why) == (ReachGoal.Result.LATCHED, "joint state is too old")


def test_a_goal_fails_where_no_safety_controller_commands_the_arm(stage):
    stage.mode = SafetyStatus.INACTIVE
    time.sleep(1.5)  # what was told before counts for a second
    result = stage.result(stage.send())
    assert result.ended == ReachGoal.Result.FAILED
    assert "the safety controller commands no arm" in result.why


def test_a_camera_that_falls_silent_is_diagnosed(stage):
    def told(level, words):
        return any(d.level == level and words in d.message for d in stage.diagnoses)

    stage.diagnoses.clear()
    stage.wait(lambda: told(DiagnosticStatus.OK, "ready for a goal"))
    stage.cameras.remove("front")
    stage.wait(lambda: told(DiagnosticStatus.STALE, "no new picture of front"))


def test_a_pose_is_a_goal_whose_distance_is_in_metres(stage):
    goal = ReachGoal.Goal(kind=ReachGoal.Goal.POSE)
    goal.pose.pose.position.x, goal.pose.pose.position.y, goal.pose.pose.position.z = HOME_TIP
    goal.pose.pose.position.y += 0.1
    handle = stage.pursue(kind=ReachGoal.Goal.POSE, pose=goal.pose)
    # The arm stands at home.
    assert stage.next_plan().goal_distance == pytest.approx(0.1, abs=1e-3)
    assert stage.frames["goal"].transform.translation.y == pytest.approx(HOME_TIP[1] + 0.1)
    stage.cancel(handle)


def test_a_goal_that_is_near_is_reached(stage):
    joints = JointState(name=list(PANDA.joint_names), position=list(PANDA.home))
    handle = stage.send(kind=ReachGoal.Goal.JOINTS, joints=joints, tolerance=0.01)
    result = stage.result(handle)
    assert result.ended == ReachGoal.Result.REACHED
    assert result.goal_distance < 0.01


def test_goals_that_cannot_be_understood_are_refused_with_the_reason(stage):
    assert stage.send(camera_names=["front", "side"]) is None
    assert "no goal picture of top" in stage.output
    assert stage.send(kind=9) is None
    assert "kind is 9; valid: 0 (STORED)" in stage.output


def test_a_goal_is_kept_until_it_is_asked_for(stage):
    refused = stage.call(
        SetGoalImage, "set_goal_image", source=SetGoalImage.Request.IMAGES, camera_names=["front"], images=[]
    )
    assert not refused.success
    assert "1 camera_names and 0 images" in refused.message
    kept = stage.call(SetGoalImage, "set_goal_image", source=SetGoalImage.Request.CAPTURE)
    assert kept.success, kept.message
    stage.cancel(stage.pursue(kind=ReachGoal.Goal.STORED))


def test_a_setting_changes_the_next_plan_and_one_that_is_not_valid_is_refused(stage):
    handle = stage.pursue()
    assert stage.set("samples", 32).successful
    stage.wait(lambda: stage.plans[-1].samples == 32)
    assert "parameter samples: 16 → 32" in stage.output
    refused = stage.set("noise_decay", 0.0)
    assert not refused.successful
    assert "above 0, at most 1" in refused.reason
    assert stage.set("samples", 16).successful
    stage.cancel(handle)


def test_a_setting_that_leaves_nothing_to_read_the_goal_is_refused_while_it_is_pursued(stage):
    handle = stage.pursue()
    assert stage.set("smoothness.weight", 0.1).successful
    assert stage.set("posture.running", 0.0).successful
    refused = stage.set("posture.terminal", 0.0)
    assert not refused.successful
    assert "reads the goal" in refused.reason
    assert stage.next_plan()
    assert stage.set("posture.running", 1.0).successful
    assert stage.set("smoothness.weight", 0.0).successful
    stage.cancel(handle)


def test_inputs_do_not_change_under_an_active_planner(stage):
    refused = stage.set("sync_slop_s", 0.2)
    assert not refused.successful
    assert "deactivate first" in refused.reason


def test_another_algorithm_plans_from_the_next_plan_on(stage):
    handle = stage.pursue()
    switched = stage.call(SwitchPlanner, "switch_planner", planner="mppi")
    assert (switched.success, switched.previous) == (True, "cem"), switched.message
    stage.wait(lambda: stage.plans[-1].planner == "mppi")
    (value,) = stage.call(GetParameters, "planner/get_parameters", names=["planner"]).values
    assert value.string_value == "mppi"
    refused = stage.call(SwitchPlanner, "switch_planner", planner="astar")
    assert not refused.success
    assert "predictive_sampling" in refused.message
    assert stage.call(SwitchPlanner, "switch_planner", planner="cem").success
    stage.cancel(handle)


def test_a_checkpoint_of_another_robot_is_refused_and_the_one_before_stays(stage):
    refused = stage.call(LoadCheckpoint, "load_checkpoint", checkpoint="reach_so101")
    assert not refused.success
    assert "reach_so101 is for so101, not panda" in refused.message
    refused = stage.call(LoadCheckpoint, "load_checkpoint", checkpoint="nowhere")
    assert "give a folder, or one that is shipped" in refused.message
    stage.cancel(stage.pursue())


def test_a_checkpoint_is_not_exchanged_under_a_goal(stage):
    handle = stage.pursue()
    refused = stage.call(LoadCheckpoint, "load_checkpoint", checkpoint="push")
    assert (refused.success, refused.message) == (False, "a goal is pursued; cancel it first")
    stage.cancel(handle)


def test_another_checkpoint_of_the_robot_takes_over(stage):
    loaded = stage.call(LoadCheckpoint, "load_checkpoint", checkpoint="push")
    assert loaded.success, loaded.message
    assert loaded.robot == "panda"
    stage.cancel(stage.pursue())
    assert stage.call(LoadCheckpoint, "load_checkpoint", checkpoint="reach").success


def test_a_signal_during_a_goal_stops_the_arm_and_ends_the_process_in_order(stage):
    stage.pursue()
    stage.process.send_signal(signal.SIGINT)
    assert stage.process.wait(PATIENCE_S) == 0, stage.output
    assert stage.stops == 1


def test_it_does_not_plan_for_an_arm_that_its_checkpoint_is_not_for(tmp_path):
    stage = Stage(tmp_path / "node.log")
    try:
        stage.start("robot:=ur5e", "checkpoint:=reach")
        assert not stage.change(Transition.TRANSITION_CONFIGURE)
        assert stage.state() == "unconfigured"
        assert "reach is for panda, not ur5e" in stage.output
    finally:
        stage.close()


def test_a_setting_that_is_changed_on_the_page_is_a_parameter(tmp_path, monkeypatch):
    pytest.importorskip("viser", reason="needs the extra `dashboard`")
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where the page and the planner meet
    stage = Stage(tmp_path / "node.log")
    try:
        stage.start("robot:=panda", "checkpoint:=reach", f"dashboard_port:={PAGE_PORT}", *QUICK)
        assert stage.change(Transition.TRANSITION_CONFIGURE), stage.output
        assert stage.change(Transition.TRANSITION_ACTIVATE), stage.output
        assert f"dashboard: http://127.0.0.1:{PAGE_PORT}/?token=" in stage.output
        with urlopen(f"http://127.0.0.1:{PAGE_PORT}/", timeout=PATIENCE_S) as page:
            assert page.status == 200
        (folder,) = tmp_path.glob("wmr-watch-*")
        watcher = Watcher(folder)
        handle = stage.pursue()
        planning = stage.wait(watcher.newest).decision.planning
        assert planning.search.samples == 16
        watcher.ask(Tune(planning=replace(planning, search=replace(planning.search, samples=32))))
        stage.wait(lambda: stage.plans[-1].samples == 32)
        assert "parameter samples: 16 → 32" in stage.output
        stage.cancel(handle)
    finally:
        stage.close()
