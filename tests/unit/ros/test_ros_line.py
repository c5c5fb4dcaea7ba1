"""Messages of the planner, as the control loop hears them."""

import numpy as np
import pytest
from wm_robot_ros.ros_line import RosLine
from wm_robot_ros.ros_time import RosTime, fill

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import DriverError

STEADY_NS, ROS_NS, MS = 5_000_000_000, 1_700_000_000_000_000_000, 1_000_000


class Topic:
    """A subscription that has received `waiting`."""

    def __init__(self):
        self.waiting, self.publishers, self.broken = [], 1, False
        self.topic = "/wm_robot/chunks"

    @property
    def matched(self):
        return self.publishers > 0

    def take(self):
        if self.broken:
            raise DriverError("a test")
        taken, self.waiting = self.waiting, []
        return taken


class Rig:
    """A line whose planner is this test."""

    def __init__(self, messages):
        self.messages, self.chunks, self.beats = messages, Topic(), Topic()
        self.clock = SimulatedClock(STEADY_NS)
        self.ros_ns = ROS_NS
        time = RosTime(lambda: self.ros_ns, self.clock)
        self.told = []
        self.line = RosLine(self.chunks, self.beats, time, self.clock, self.told.append, frame="base")

    def chunk(self, frame="base", **fields):
        given = {"action_names": ["dx", "dy"], "actions": [0.1, 0.2, 0.3, 0.4], "dt": 0.2, "plan_id": 7}
        message = self.messages.ActionChunk(**given | fields)
        message.header.frame_id = frame
        fill(message.header.stamp, ROS_NS - 80 * MS)
        fill(message.start, ROS_NS + 20 * MS)
        self.chunks.waiting.append(message)
        return self.line.chunk()

    def beat(self, age_ms=0, picture_age_ms=50, plan_began_ns=0):
        message = self.messages.PlannerHeartbeat()
        fill(message.header.stamp, ROS_NS - age_ms * MS)
        fill(message.plan_began, plan_began_ns)
        camera = self.messages.CameraAge(name="front")
        fill(camera.stamp, ROS_NS - picture_age_ms * MS)
        fill(camera.changed, ROS_NS - 70 * MS)
        message.cameras = [camera]
        self.beats.waiting.append(message)
        return self.line.report()


@pytest.fixture
def rig(messages):
    return Rig(messages)


def test_a_chunk_comes_with_its_stamps_on_the_steady_clock_and_its_actions_by_name(rig):
    chunk = rig.chunk(action_names=["dz", "dx"])
    assert chunk.observation_stamp_ns == STEADY_NS - 80 * MS
    assert chunk.start_ns == STEADY_NS + 20 * MS
    assert chunk.arrival_ns == STEADY_NS
    assert (chunk.dt_s, chunk.plan_id) == (0.2, 7)
    np.testing.assert_array_equal(chunk.actions, [[0.2, 0.0, 0.1], [0.4, 0.0, 0.3]])


def test_the_newest_chunk_is_heard_and_only_once(rig):
    rig.chunks.waiting.append(rig.messages.ActionChunk(plan_id=6))
    assert rig.chunk().plan_id == 7
    assert rig.line.chunk() is None


@pytest.mark.parametrize(
    ("names", "numbers", "why"),
    [
        (["dx", "dw"], [0.1, 0.2], "dx, dw; valid: some of dx, dy, dz"),
        (["dx", "dx"], [0.1, 0.2], "dx, dx"),
        (["dx", "dy"], [0.1, 0.2, 0.3], "3 numbers for actions of 2"),
        ([], [0.1], "named nothing"),
    ],
)
def test_actions_that_cannot_be_understood_come_with_the_reason_and_without_numbers(rig, names, numbers, why):
    chunk = rig.chunk(action_names=names, actions=numbers)
    assert why in chunk.unclear
    assert len(chunk.actions) == 0


def test_actions_along_another_frames_axes_are_refused_and_those_of_no_frame_are_the_arms_own(rig):
    assert "'tool0'; valid: 'base'" in rig.chunk(frame="tool0").unclear
    assert not rig.chunk(frame="").unclear


def test_no_actions_are_no_chunk(rig):
    assert rig.chunk(actions=[]).actions.shape == (0, 3)


def test_a_heartbeat_tells_ages_on_the_steady_clock(rig):
    report = rig.beat(age_ms=3, plan_began_ns=ROS_NS - 40 * MS)
    assert report.heartbeat_ns == STEADY_NS - 3 * MS
    assert report.plan_began_ns == STEADY_NS - 40 * MS
    (camera,) = report.cameras
    assert (camera.name, camera.stamp_ns, camera.changed_ns) == (
        "front",
        STEADY_NS - 50 * MS,
        STEADY_NS - 70 * MS,
    )


def test_a_planner_that_plans_nothing_says_so(rig):
    assert rig.beat(plan_began_ns=ROS_NS - 40 * MS).plan_began_ns
    assert rig.beat().plan_began_ns == 0


def test_a_heartbeat_from_a_clock_that_is_ahead_is_no_younger_than_its_arrival(rig):
    assert rig.beat(age_ms=-3_600_000).heartbeat_ns == STEADY_NS


def test_the_same_picture_stays_as_old_as_it_was_though_clocks_are_slewed(rig):
    first = rig.beat().cameras[0]
    rig.clock.sleep_until_ns(STEADY_NS + 40 * MS)
    rig.ros_ns += 41 * MS
    assert rig.beat().cameras[0] == first


def test_a_planner_that_was_never_heard_is_no_dead_one(rig):
    rig.beats.publishers = 0
    assert rig.line.alive()


def test_a_planner_that_was_heard_lives_while_it_publishes_heartbeats(rig):
    rig.beat()
    assert rig.line.alive()
    rig.beats.publishers = 0
    assert not rig.line.alive()


@pytest.mark.parametrize("topic", ["chunks", "beats"])
def test_a_second_planner_is_told(rig, topic):
    assert rig.line.rival() == ""
    getattr(rig, topic).publishers = 2
    assert rig.line.rival().startswith("2 publishers on /wm_robot/chunks: leave one planner running")


def test_a_network_that_fails_is_silence(rig):
    rig.chunks.broken = rig.beats.broken = True
    assert rig.line.chunk() is None
    assert rig.line.report() is None


def test_status_is_told_to_whoever_takes_it(rig):
    rig.line.tell("a status")
    assert rig.told == ["a status"]
