"""Chunks and signs of life of the planner, and what the safety controller makes of them."""

from types import SimpleNamespace

import numpy as np
import pytest
from wm_robot_ros.diagnostics import of_planner
from wm_robot_ros.drawing import colour, fan, frame_at
from wm_robot_ros.plan_messages import fill_chunk, fill_heartbeat, goal_tip
from wm_robot_ros.ros_line import displacements
from wm_robot_ros.ros_time import RosTime, nanoseconds

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.types import ActionChunk, Goal
from wm_robot.runtime.flight_messages import CameraReport

SECOND = 10**9


@pytest.fixture
def time():
    """ROS time is 100 s ahead of steady time."""
    clock = SimulatedClock(5 * SECOND)
    return RosTime(lambda: clock.now_ns() + 100 * SECOND, clock)


def test_a_chunk_arrives_as_it_was_sent(messages, time):
    chunk = ActionChunk(
        observation_stamp_ns=4 * SECOND,
        start_ns=5 * SECOND,
        dt_s=0.2,
        actions=np.array([[0.01, -0.02], [0.03, 0.0]]),
        plan_id=7,
    )
    message = messages.ActionChunk()
    fill_chunk(message, chunk, ("dx", "dy"), time, "world")
    assert message.header.frame_id == "world"
    assert nanoseconds(message.header.stamp) == 104 * SECOND
    assert nanoseconds(message.start) == 105 * SECOND
    assert (message.dt, message.plan_id) == (0.2, 7)
    np.testing.assert_array_equal(displacements(message), [[0.01, -0.02, 0.0], [0.03, 0.0, 0.0]])


def test_a_heartbeat_tells_the_age_of_each_camera_and_no_plan_where_there_is_none(messages, time):
    message = messages.PlannerHeartbeat()
    cameras = [CameraReport(name="top", stamp_ns=4 * SECOND, changed_ns=3 * SECOND)]
    fill_heartbeat(
        message,
        messages.CameraAge,
        lambda what, ns: time.to_ros(ns),
        now_ns=5 * SECOND,
        plan_began_ns=0,
        cameras=cameras,
    )
    assert nanoseconds(message.header.stamp) == 105 * SECOND
    assert nanoseconds(message.plan_began) == 0
    (camera,) = message.cameras
    assert camera.name == "top"
    assert [nanoseconds(camera.stamp), nanoseconds(camera.changed)] == [104 * SECOND, 103 * SECOND]


def test_cheap_rollouts_are_brighter_than_dear_ones():
    assert colour(0.0).sum() > colour(0.5).sum() > colour(1.0).sum()


class Marker:
    LINE_STRIP, SPHERE, ADD, DELETEALL = 4, 2, 0, 3

    def __init__(self, **fields):
        self.pose = SimpleNamespace(position=None, orientation=SimpleNamespace())
        self.scale, self.color = SimpleNamespace(), SimpleNamespace()
        self.__dict__.update(fields)


def test_the_fan_replaces_the_last_one_and_draws_the_plan_thickest_and_the_goal(messages):
    kinds = SimpleNamespace(
        Marker=Marker, MarkerArray=lambda markers: SimpleNamespace(markers=markers), Point=messages.Point
    )
    paths = np.arange(2 * 3 * 3, dtype=float).reshape(2, 3, 3)
    cleared, goal, plan, candidate = fan(
        kinds, None, paths, np.array([1.0, 4.0]), np.array([0.4, 0.1, 0.2])
    ).markers
    assert cleared.action == Marker.DELETEALL
    assert (goal.type, goal.pose.position.x, goal.pose.position.z) == (Marker.SPHERE, 0.4, 0.2)
    assert plan.scale.x > candidate.scale.x
    assert [(p.x, p.y, p.z) for p in candidate.points] == [(9, 10, 11), (12, 13, 14), (15, 16, 17)]


def test_one_candidate_alone_can_be_drawn(messages):
    kinds = SimpleNamespace(
        Marker=Marker, MarkerArray=lambda markers: SimpleNamespace(markers=markers), Point=messages.Point
    )
    *_, plan = fan(kinds, None, np.zeros((1, 2, 3)), np.array([2.0]), np.zeros(3)).markers
    assert plan.color.r == pytest.approx(colour(0.0)[0])


def test_a_frame_stands_where_it_is_put_unturned(messages):
    there = frame_at(messages, messages.Header(frame_id="base_link"), "left/goal", np.array([0.1, 0.2, 0.3]))
    translation = there.transform.translation
    assert (translation.x, translation.y, translation.z) == (0.1, 0.2, 0.3)
    assert (there.child_frame_id, there.transform.rotation.w) == ("left/goal", 1.0)


def test_a_goal_stands_where_its_picture_shows_the_tip_and_else_where_the_tip_is():
    stats = SimpleNamespace(names=("ee_x", "ee_z"), mean=(0.5, 0.1), std=(0.1, 0.05))
    model = SimpleNamespace(
        config=SimpleNamespace(proprio=stats),
        encode_goal=lambda goal: goal.latent,
        read_proprio=lambda latent: np.array([1.0, -2.0]),
    )
    tip = np.array([0.4, 0.3, 0.2])
    # x = 0.5 + 1 · 0.1, z = 0.1 − 2 · 0.05; the model says nothing about y.
    np.testing.assert_allclose(goal_tip(model, Goal(latent=np.zeros(2)), tip), [0.6, 0.3, 0.0], atol=1e-12)
    np.testing.assert_allclose(goal_tip(model, Goal(pose={"ee_z": 0.7}), tip), [0.4, 0.3, 0.7])


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({}, "OK", "ready for a goal"),
        ({"recent": [(0.05, 0.1, False), (0.3, 0.4, True)]}, "WARN", "later than budget_ms"),
        ({"ages_s": {"front": 0.1, "top": 3.0}}, "STALE", "no new picture of top"),
        ({"ages_s": {"top": 3.0}, "fault": "camera 'top' has gone"}, "ERROR", "camera 'top' has gone"),
    ],
)
def test_the_planner_says_what_is_wrong_with_it(changes, level, words):
    diagnosis = of_planner(**{"busy": False, "recent": [], "ages_s": {}, "dropped": {"top": 2}} | changes)
    assert diagnosis.level == level
    assert words in diagnosis.message
    assert diagnosis.values["pictures of top out of order"] == 2


def test_plan_times_and_deadlines_are_told_in_milliseconds():
    recent = [(0.010, 0.05, False)] * 99 + [(0.5, 0.6, True)]
    values = of_planner(busy=True, recent=recent, ages_s={"top": 0.042}, dropped={}).values
    assert values["plan time p50 [ms]"] == "10.0"
    assert values["deadlines missed"] == 1
    assert values["age of top [ms]"] == "42"
