"""The recorder as a process, beside publishers whose every number is known; its bags become datasets."""

import json
import signal
import threading
import time

import numpy as np
import pytest

pytest.importorskip("rosbag2_py", reason="needs rosbag2")

from counterpart import Counterpart, NodeProcess, parameters
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PointStamped, TwistStamped
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger
from wm_robot_msgs.msg import SafetyStatus
from wm_robot_ros.camera_messages import fill_image
from wm_robot_ros.episode_topics import LATCHED_QOS
from wm_robot_ros.node_peer import SENSOR_QOS
from wm_robot_ros.ros_time import fill

from wm_robot.cli.main import main
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.data.bag_episode import BagEpisode
from wm_robot.data.provenance import Provenance
from wm_robot.data.reader import read_dataset
from wm_robot.data.validate import validate

DOMAIN = 16
CAMERAS = ("front", "top")
SIZE = (32, 32)
PERIOD_S, PICTURE_S = 0.2, 0.05
EPISODE = BagEpisode(
    provenance=Provenance(
        environment="reach",
        robot="panda",
        action_space=ActionSpace(
            kind="end_effector_delta",
            names=("dx", "dy"),
            units=("m", "m"),
            low=(-0.05, -0.05),
            high=(0.05, 0.05),
            rate_hz=1 / PERIOD_S,
        ),
        observation_space=ObservationSpace(cameras=CAMERAS, image_size=SIZE, proprio_names=("ee_x", "ee_y")),
    ),
    seed=0,
    executed="/wm_robot/executed",
    observed="/wm_robot/observed",
    pictures=tuple(f"/{camera}/color/image_raw" for camera in CAMERAS),
)
STREAMS = "streams:=[joint_states, front/color/image_raw, top/color/image_raw, wm_robot/safety_status]"
EVENTS = "events:=[wm_robot/episode, wm_robot/executed, wm_robot/observed]"


class Cell(Counterpart):
    """An arm, its cameras and a planner, by their topics alone; `goals` are what was published."""

    def __init__(self):
        super().__init__("cell", DOMAIN)
        node = self.node
        self._joints = node.create_publisher(JointState, "/joint_states", SENSOR_QOS)
        self._status = node.create_publisher(SafetyStatus, "/wm_robot/safety_status", SENSOR_QOS)
        self._pictures = {
            camera: node.create_publisher(Image, topic, SENSOR_QOS)
            for camera, topic in zip(CAMERAS, EPISODE.pictures, strict=True)
        }
        self._episode = node.create_publisher(String, "/wm_robot/episode", LATCHED_QOS)
        self._executed = node.create_publisher(TwistStamped, "/wm_robot/executed", 10)
        self._observed = node.create_publisher(PointStamped, "/wm_robot/observed", 10)
        self.told = []
        node.create_subscription(DiagnosticArray, "/diagnostics", self.told.append, 10)
        self.blind = set()
        """Cameras that show nothing."""
        self.seen, self.goals = {}, []
        self._rng = np.random.default_rng(0)
        node.create_timer(0.02, self._tell_state)
        node.create_timer(PICTURE_S, self._show)
        self.spin()

    def now_ns(self):
        return self.node.get_clock().now().nanoseconds

    def _tell_state(self):
        joints, status = JointState(name=["a"], position=[0.0]), SafetyStatus()
        fill(joints.header.stamp, self.now_ns())
        status.header.stamp = joints.header.stamp
        self._joints.publish(joints)
        self._status.publish(status)

    def _show(self):
        stamp_ns = self.now_ns()
        images = {camera: self._rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8) for camera in CAMERAS}
        for camera, image in images.items():
            message = Image()
            fill_image(message, image, stamp_ns, f"{camera}_color_optical_frame")
            if camera not in self.blind:
                self._pictures[camera].publish(message)
        self.seen = {"stamp_ns": stamp_ns, "images": images}

    def pursue(self, seed, periods):
        """Publish a goal and its periods as the planner does: each of the newest picture, once it is over."""
        self.seen = {}
        self.wait(lambda: self.seen, "a picture that a recorder sees too")
        self._episode.publish(String(data=json.dumps({**json.loads(EPISODE.to_text()), "seed": seed})))
        goal = {"seed": seed, "images": [], "state": [], "action": []}
        self.goals.append(goal)
        for _ in range(periods):
            seen, began_s = self.seen, time.monotonic()
            state, action = self._rng.uniform(-0.5, 0.5, 2), self._rng.uniform(-0.05, 0.05, 2)
            time.sleep(max(PERIOD_S - (time.monotonic() - began_s), 0.0))
            executed, observed = TwistStamped(), PointStamped()
            fill(executed.header.stamp, seen["stamp_ns"])
            observed.header = executed.header
            executed.twist.linear.x, executed.twist.linear.y = (action / PERIOD_S).tolist()
            observed.point.x, observed.point.y = state.tolist()
            self._executed.publish(executed)
            self._observed.publish(observed)
            for key, value in (("images", seen["images"]), ("state", state), ("action", action)):
                goal[key].append(value)

    def order(self, name):
        """The answer of a service of the recorder."""
        return self.call(Trigger, name)

    def start(self):
        """Have a recording started as soon as that can be."""
        return self.wait(lambda: (answer := self.order("start_recording")).success and answer, "fresh topics")

    def diagnosis(self, level, words):
        """Wait for a diagnosis of the recorder."""

        def found():
            statuses = [s for array in self.told[-20:] for s in array.status if s.name.endswith("recorder")]
            return [s for s in statuses if s.level == level and words in s.message]

        self.wait(found, words)


class Recorder(NodeProcess):
    """A process of the recorder."""

    def __init__(self, folder, *changes):
        self.bags = folder / "bags"
        given = [STREAMS, EVENTS, f"output:={self.bags}", "min_free_gb:=0.01", "freshness_s:=2.0", *changes]
        super().__init__("recorder_node", DOMAIN, folder / "log", *parameters(*given))


@pytest.fixture
def cell():
    cell = Cell()
    yield cell
    cell.close()


@pytest.fixture
def recorder(tmp_path, cell):
    recorder = Recorder(tmp_path)
    yield recorder
    if recorder.runs:
        assert recorder.end() == 0, recorder.output


def imported(bags, output, capsys):
    """The answer of `wmr data import`, and the dataset."""
    assert main(["data", "import", str(bags), "--output", str(output), "--json"]) == 0
    assert [problem for problem in validate(output) if problem.broken] == []
    return json.loads(capsys.readouterr().out), read_dataset(output)


def assert_holds(dataset, index, goal, length=None):
    """Episode `index` is what was published."""
    frames = dataset.load_episode(index)
    np.testing.assert_allclose(frames["action"], goal["action"][:length], rtol=1e-5)
    np.testing.assert_allclose(frames["observation.state"], goal["state"][:length], rtol=1e-5)
    for camera in CAMERAS:
        shown = np.stack([images[camera] for images in goal["images"][:length]])
        np.testing.assert_array_equal(frames[f"observation.images.{camera}"], shown)


def test_each_goal_of_a_recording_becomes_an_episode_with_every_number_and_pixel_as_published(
    cell, recorder, tmp_path, capsys
):
    answer = cell.start()
    (bag,) = recorder.bags.iterdir()
    assert str(bag) in answer.message
    cell.pursue(seed=5, periods=8)
    time.sleep(0.6)
    cell.pursue(seed=6, periods=5)
    time.sleep(0.3)
    stopped = cell.order("stop_recording")
    assert stopped.success
    assert f"wmr data import {bag}" in stopped.message
    assert (bag / "metadata.yaml").is_file()
    answer, dataset = imported(recorder.bags, tmp_path / "new", capsys)
    assert (answer["episodes"], answer["remarks"]) == (2, [])
    assert [episode.seed for episode in dataset.episodes] == [5, 6]
    assert dataset.provenance == EPISODE.provenance
    for index, goal in enumerate(cell.goals):
        assert_holds(dataset, index, goal)


def test_a_recording_that_starts_in_the_middle_of_a_goal_gets_what_was_said_at_its_beginning(
    cell, recorder, tmp_path, capsys
):
    acting = threading.Thread(target=cell.pursue, args=(7, 25))
    cell.pursue(seed=1, periods=1)
    acting.start()
    time.sleep(1.0)
    cell.start()
    acting.join()
    time.sleep(0.3)
    assert cell.order("stop_recording").success
    _, dataset = imported(recorder.bags, tmp_path / "new", capsys)
    (episode,) = dataset.episodes
    assert episode.seed == 7
    goal = cell.goals[-1]
    last = {key: values[-episode.length :] for key, values in goal.items() if key != "seed"}
    assert 1 < episode.length < 25
    assert_holds(dataset, 0, last)


def test_nothing_is_recorded_while_a_topic_is_missing_and_each_is_named(tmp_path, cell):
    cell.blind = {"top"}
    recorder = Recorder(tmp_path, "streams:=[joint_states, top/color/image_raw, wrist/color/image_raw]")
    cell.diagnosis(b"\x01", "cannot record: ")

    def both_are_named():
        answer = cell.order("start_recording")
        assert not answer.success
        top = "/top/color/image_raw has a publisher, but no message has come"
        wrist = "/wrist/color/image_raw is published by nobody"
        said = answer.message
        return top in said and wrist in said and "joint_states" not in said

    cell.wait(both_are_named, "a refusal that names the two topics and no other")
    assert not recorder.bags.exists()
    assert not cell.order("stop_recording").success
    assert recorder.end() == 0, recorder.output


def test_a_topic_of_another_type_is_refused_by_name(tmp_path, cell):
    cell.node.create_publisher(String, "/wrist/color/image_raw", 1)
    recorder = Recorder(tmp_path, "streams:=[wrist/color/image_raw]")
    cell.diagnosis(b"\x01", "has the type std_msgs/msg/String; valid: sensor_msgs/msg/Image")
    assert recorder.end() == 0, recorder.output


def test_a_camera_that_fails_is_told_and_recording_goes_on(cell, recorder):
    cell.start()
    cell.diagnosis(b"\x00", "recording")
    cell.blind = {"top"}
    cell.diagnosis(b"\x02", "recording, but /top/color/image_raw is stale")
    assert "recording goes on, but /top/color/image_raw is stale" in recorder.output
    cell.blind = set()
    cell.told.clear()
    cell.diagnosis(b"\x00", "recording")


def test_a_recording_by_itself_starts_when_all_is_fresh_and_ctrl_c_closes_the_bag(cell, tmp_path, capsys):
    cell.blind = {"front"}
    recorder = Recorder(tmp_path, "record_at_once:=true")
    cell.wait(lambda: "waiting: nothing is recorded" in recorder.output, "a reason")
    cell.blind = set()
    cell.wait(lambda: "recording " in recorder.output.replace("nothing is recorded", ""), "a recording")
    cell.pursue(seed=0, periods=5)
    time.sleep(0.3)
    assert recorder.end(signal.SIGINT) == 0, recorder.output
    (bag,) = recorder.bags.iterdir()
    assert (bag / "metadata.yaml").is_file()
    answer, dataset = imported(bag, tmp_path / "new", capsys)
    assert (answer["episodes"], answer["remarks"]) == (1, [])
    assert_holds(dataset, 0, cell.goals[0])


def test_what_a_recorder_that_was_killed_leaves_is_imported_to_its_last_whole_chunk(
    cell, recorder, tmp_path, capsys
):
    cell.start()
    cell.pursue(seed=0, periods=10)
    acting = threading.Thread(target=cell.pursue, args=(1, 60))
    acting.start()
    time.sleep(10.0)
    recorder.end(signal.SIGKILL)
    acting.join()
    (bag,) = recorder.bags.iterdir()
    assert not (bag / "metadata.yaml").exists()
    answer, dataset = imported(bag, tmp_path / "new", capsys)
    assert any("was cut off" in remark for remark in answer["remarks"])
    lengths = [episode.length for episode in dataset.episodes]
    assert lengths[0] == 10
    assert sum(lengths) <= 61
    for index, length in enumerate(lengths):
        assert_holds(dataset, index, cell.goals[index], length)


def test_a_disk_that_is_full_is_named(tmp_path, cell):
    recorder = Recorder(tmp_path, "min_free_gb:=1000.0")
    cell.diagnosis(b"\x00", "ready to record")
    answer = cell.order("start_recording")
    assert not answer.success
    assert "valid: at least 1000 GB" in answer.message
    assert recorder.end() == 0, recorder.output
