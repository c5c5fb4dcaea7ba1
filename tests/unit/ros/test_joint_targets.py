"""Where the joints of a simulated arm shall be, between commands."""

import numpy as np
import pytest
from wm_robot_ros.joint_messages import Waypoints
from wm_robot_ros.joint_targets import JointTargets

START, MS = np.array([0.5, -0.5]), 1_000_000
NOW_NS = 5_000 * MS


@pytest.fixture
def targets():
    return JointTargets(START, np.array([2.0, 2.0]))


def at(targets, ms):
    q, v = targets.at(NOW_NS + ms * MS)
    return q.tolist(), v.tolist()


def points(*given):
    return Waypoints(times_ns=tuple(NOW_NS + ms * MS for ms, _ in given), q=np.array([q for _, q in given]))


def test_nothing_moves_before_a_command(targets):
    assert at(targets, 0) == ([0.5, -0.5], [0.0, 0.0])


def test_one_position_by_itself_is_a_place_to_stand_at(targets):
    targets.stream(np.array([1.0, 0.0]), NOW_NS)
    assert at(targets, 1) == ([1.0, 0.0], [0.0, 0.0])


def test_a_stream_of_positions_has_the_velocity_that_they_differ_by(targets):
    for step in range(20):
        targets.stream(np.array([0.01, -0.02]) * step, NOW_NS + 10 * step * MS)
    q, v = at(targets, 195)
    np.testing.assert_allclose(q, [0.19, -0.38])
    np.testing.assert_allclose(v, [1.0, -2.0])  # 0.01 rad and −0.02 rad in 10 ms


def test_an_arrival_that_is_late_changes_the_velocity_little(targets):
    for step in range(20):
        late = 4 if step == 19 else 0
        targets.stream(np.array([0.01, 0.0]) * step, NOW_NS + (10 * step + late) * MS)
    _, v = at(targets, 195)
    assert v[0] == pytest.approx(0.03 / 0.034)  # over what lies within 40 ms; by the last two it is 0.7


def test_a_stream_that_ends_has_come_to_rest(targets):
    for step in range(20):
        targets.stream(np.array([0.01, 0.0]) * step, NOW_NS + 10 * step * MS)
    assert at(targets, 190 + 41) == ([0.19, 0.0], [0.0, 0.0])


def test_a_jump_in_a_stream_is_no_faster_than_the_joints_are(targets):
    targets.stream(START, NOW_NS)
    targets.stream(np.array([3.0, -0.5]), NOW_NS + 4 * MS)
    assert at(targets, 4)[1] == [2.0, 0.0]


def test_a_trajectory_leads_in_straight_lines_from_where_the_target_is(targets):
    targets.follow(points((100, [1.5, -0.5]), (200, [1.5, 0.5])), NOW_NS)
    np.testing.assert_allclose(at(targets, 25), [[0.75, -0.5], [10.0, 0.0]])
    np.testing.assert_allclose(at(targets, 150), [[1.5, 0.0], [0.0, 10.0]])
    np.testing.assert_allclose(at(targets, 201), [[1.5, 0.5], [0.0, 0.0]])


def test_a_trajectory_that_replaces_another_begins_where_that_one_has_come_to(targets):
    targets.follow(points((100, [1.5, -0.5])), NOW_NS)
    targets.follow(points((150, [1.0, 0.5])), NOW_NS + 50 * MS)
    np.testing.assert_allclose(at(targets, 50)[0], [1.0, -0.5])
    np.testing.assert_allclose(at(targets, 100)[0], [1.0, 0.0])


def test_a_trajectory_that_has_begun_is_joined_where_it_is(targets):
    targets.follow(points((-50, [0.0, 0.0]), (50, [1.0, 1.0]), (100, [2.0, 2.0])), NOW_NS)
    np.testing.assert_allclose(at(targets, 0)[0], [0.5, 0.5])
    np.testing.assert_allclose(at(targets, 75)[0], [1.5, 1.5])


def test_a_trajectory_whose_first_point_is_now_is_there_at_once(targets):
    targets.follow(points((0, [0.0, 0.0])), NOW_NS)
    assert at(targets, 0) == ([0.0, 0.0], [0.0, 0.0])


def test_whichever_command_came_last_holds(targets):
    targets.follow(points((100, [1.5, -0.5])), NOW_NS)
    targets.stream(START, NOW_NS + 50 * MS)
    assert at(targets, 100) == ([0.5, -0.5], [0.0, 0.0])
    targets.follow(points((200, [1.5, -0.5])), NOW_NS + 100 * MS)
    np.testing.assert_allclose(at(targets, 150)[0], [1.0, -0.5])
