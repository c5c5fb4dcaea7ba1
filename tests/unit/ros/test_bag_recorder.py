"""When bags begin and end, without ROS."""

from dataclasses import replace

import pytest
from wm_robot_ros import bag_recorder
from wm_robot_ros.bag_recorder import BagRecorder
from wm_robot_ros.bag_writer import BagWriter
from wm_robot_ros.recorder_settings import RecorderSettings

from wm_robot.core.errors import WmrError

TYPES = {
    "/joint_states": {"sensor_msgs/msg/JointState"},
    "/wm_robot/episode": {"std_msgs/msg/String"},
}
NOW_NS = 1_700_000_000_000_000_000


class Bag:
    def __init__(self, folder, types):
        self.folder, self.types, self.written, self.closed = folder, dict(types), [], False
        folder.mkdir()

    def write(self, topic, serialized, now_ns):
        assert not self.closed
        self.written.append((topic, serialized, now_ns))

    def close(self):
        self.closed = True


class World:
    """A recorder, and the bags and warnings that came of it."""

    def __init__(self, settings):
        self.bags, self.warnings = [], []
        self.recorder = BagRecorder(settings, self._open, self.warnings.append)

    def _open(self, folder, types):
        self.bags.append(Bag(folder, types))
        return self.bags[-1]

    def see(self, now_ns=NOW_NS):
        self.recorder.take("/joint_states", b"joints", now_ns, now_ns)

    def start(self, now_ns=NOW_NS, types=TYPES):
        return self.recorder.start(now_ns, types)

    def look(self, now_ns=NOW_NS, types=TYPES):
        return self.recorder.look(now_ns, types)


@pytest.fixture
def settings(tmp_path):
    return RecorderSettings(
        streams=("joint_states",),
        events=("wm_robot/episode",),
        output=str(tmp_path / "bags"),
        min_free_gb=0.0,
    )


@pytest.fixture
def world(settings):
    return World(settings)


def test_a_recording_holds_what_comes_from_its_start_to_its_end(world, settings):
    world.see()
    assert world.look().message == "ready to record"
    assert str(settings.folder) in world.start()
    (bag,) = world.bags
    assert bag.types == {topic: next(iter(types)) for topic, types in TYPES.items()}
    world.see()
    world.recorder.take("/wm_robot/episode", b"note", NOW_NS, NOW_NS + 1)
    assert world.look().values["messages"] == 2
    told = world.recorder.stop()
    assert "2 messages" in told
    assert f"wmr data import {bag.folder}" in told
    assert bag.closed
    world.see()
    assert bag.written == [("/joint_states", b"joints", NOW_NS), ("/wm_robot/episode", b"note", NOW_NS + 1)]


@pytest.mark.parametrize(
    ("types", "why"),
    [
        (TYPES, "/joint_states has a publisher, but no message has come"),
        ({}, "/joint_states is published by nobody; /wm_robot/episode is published by nobody"),
    ],
)
def test_nothing_is_recorded_before_everything_is_fresh_and_the_reason_is_told(world, types, why):
    with pytest.raises(WmrError, match=f"nothing is recorded: {why}"):
        world.start(types=types)
    assert not world.bags
    diagnosis = world.look(types=types)
    assert (diagnosis.level, f"cannot record: {why}" in diagnosis.message) == ("WARN", True)


def test_a_topic_that_grows_stale_while_it_is_recorded_is_told_once_and_recording_goes_on(world):
    world.see()
    world.start()
    later_ns = NOW_NS + 1_000_000_000
    for _ in range(2):
        diagnosis = world.look(later_ns)
        assert diagnosis.level == "ERROR"
        assert "recording, but /joint_states is stale: its newest message is 1.00 s old" in diagnosis.message
    assert len(world.warnings) == 1
    world.see(later_ns)
    assert world.look(later_ns).level == "OK"
    world.look(later_ns + 1_000_000_000)
    assert len(world.warnings) == 2
    assert world.recorder.recording


def test_there_is_one_recording_at_a_time(world):
    with pytest.raises(WmrError, match="nothing is being recorded"):
        world.recorder.stop()
    world.see()
    world.start()
    with pytest.raises(WmrError, match="is being recorded; stop it first"):
        world.start()


def test_a_folder_that_exists_is_not_touched(world, settings, monkeypatch):
    monkeypatch.setattr(bag_recorder.time, "strftime", lambda form: "today")
    (settings.folder / "today").mkdir(parents=True)
    world.see()
    with pytest.raises(WmrError, match="today exists already"):
        world.start()
    assert not world.bags


def test_a_place_where_nothing_can_be_kept_is_named(settings, tmp_path):
    (tmp_path / "file").touch()
    world = World(replace(settings, output=str(tmp_path / "file" / "bags")))
    world.see()
    with pytest.raises(WmrError, match=r"bags cannot be kept in .*file/bags: Not a directory"):
        world.start()


def test_a_disk_without_room_begins_no_bag_and_ends_one_in_order(world, settings, monkeypatch):
    needs_more = World(replace(settings, min_free_gb=1000.0))
    needs_more.see()
    with pytest.raises(WmrError, match=r"GB are free in .*bags; valid: at least 1000 GB"):
        needs_more.start()
    world.see()
    world.start()
    monkeypatch.setattr(world.recorder, "_settings", replace(settings, min_free_gb=1000.0))
    assert world.look().level == "ERROR"
    assert world.bags[0].closed
    assert "ended: " in world.warnings[0]
    assert "the last recording was ended: " in world.look().message
    with pytest.raises(WmrError, match=r"nothing is being recorded; the last recording was ended: .* GB"):
        world.recorder.stop()


def test_a_bag_that_takes_no_more_is_ended_and_that_is_told(world, monkeypatch):
    world.see()
    world.start()

    def refuse(*message):
        raise WmrError("No space left on device")

    monkeypatch.setattr(world.bags[0], "write", refuse)
    world.see()
    assert world.bags[0].closed
    assert "ended: No space left on device" in world.warnings[0]
    assert "No space left" in world.look().message


def test_without_rosbag2_the_packages_are_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rosbag2_py", None)
    with pytest.raises(WmrError, match="rosbag2-storage-mcap"):
        BagWriter(tmp_path / "bag", {})


def test_topics_are_in_the_namespace_of_the_arm_and_their_types_are_known():
    settings = RecorderSettings(arm_namespace="left")
    kinds = {one.topic: (one.type, one.streams) for one in settings.expected()}
    assert kinds["/left/joint_states"] == ("sensor_msgs/msg/JointState", True)
    assert kinds["/left/front/color/image_raw"] == ("sensor_msgs/msg/Image", True)
    assert kinds["/left/wm_robot/safety_status"] == ("wm_robot_msgs/msg/SafetyStatus", True)
    assert kinds["/left/wm_robot/executed"] == ("geometry_msgs/msg/TwistStamped", False)
    assert all(kind for kind, _ in kinds.values())
    other = RecorderSettings(streams=("/gripper/width", "front/color/image_raw/compressed"), events=())
    assert [(one.topic, one.type) for one in other.expected()] == [
        ("/gripper/width", ""),
        ("/front/color/image_raw/compressed", ""),
    ]


def test_pictures_and_joints_are_recorded_where_the_cell_has_them():
    def streams(**cell):
        return {one.topic: one.type for one in RecorderSettings(events=(), **cell).expected()}

    usual = streams(camera_message="compressed")
    assert usual["/top/color/image_raw/compressed"] == "sensor_msgs/msg/CompressedImage"
    there = {"camera_topics": ("wrist=/cam1/image",), "joint_states": "franka/joint_states"}
    assert streams(**there) == {
        "/franka/joint_states": "sensor_msgs/msg/JointState",
        "/cam1/image": "sensor_msgs/msg/Image",
        "/wm_robot/safety_status": "wm_robot_msgs/msg/SafetyStatus",
    }
    assert "/front/color/image_raw" in streams(cameras=("front", "wrist"), **there)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"camera_topics": ("front",)}, "write CAMERA=TOPIC"),
        ({"joint_states": "wm_robot/tip"}, "each once"),
        ({"streams": ("a", "a")}, "each once"),
        ({"streams": ("joint states",)}, "joint states"),
        ({"freshness_s": 0.0}, "recorder freshness_s is 0"),
    ],
)
def test_topics_that_cannot_be_recorded_are_refused(fields, why):
    with pytest.raises(WmrError, match=why):
        RecorderSettings(**fields)
