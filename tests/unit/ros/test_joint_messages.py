"""Joint states and commands of a simulated arm on the wire."""

import numpy as np
import pytest
from wm_robot_ros.joint_messages import fill_joint_state, positions, waypoints

from wm_robot.core.errors import NotFiniteError, ShapeError, UnknownNameError, WmrError

ARM = ("a", "b", "c")
NOW_NS = 5_000_000_000


@pytest.fixture
def trajectory(messages):
    """Makes a trajectory from (seconds, positions) points."""

    def make(*points, names=ARM, stamp_s=0):
        message = messages.JointTrajectory(joint_names=list(names))
        message.header.stamp.sec = stamp_s
        for seconds, q in points:
            sec, nanosec = divmod(round(seconds * 1e9), 1_000_000_000)
            after = messages.Duration(sec=sec, nanosec=nanosec)
            message.points.append(messages.JointTrajectoryPoint(positions=q, time_from_start=after))
        return message

    return make


def test_a_joint_state_tells_each_joint_by_its_name(messages):
    message = messages.JointState()
    fill_joint_state(message, ["b", "a"], np.array([0.1, 0.2]), np.array([1.0, 2.0]), 2_000_000_007)
    assert (message.name, message.position, message.velocity) == (["b", "a"], [0.1, 0.2], [1.0, 2.0])
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (2, 7)


def test_a_forward_command_is_in_the_order_of_the_controller(messages):
    message = messages.Float64MultiArray(data=[0.3, 0.1, 0.2])
    np.testing.assert_array_equal(positions(message, ("c", "a", "b"), ARM), [0.1, 0.2, 0.3])


def test_a_forward_command_without_one_finite_number_a_joint_is_refused(messages):
    with pytest.raises(ShapeError):
        positions(messages.Float64MultiArray(data=[0.3, 0.1]), ARM, ARM)
    with pytest.raises(NotFiniteError, match="b"):
        positions(messages.Float64MultiArray(data=[0.3, np.nan, 0.0]), ARM, ARM)


def test_a_trajectory_is_read_by_joint_name_and_begins_now_where_it_has_no_stamp(trajectory):
    message = trajectory((0.5, [3.0, 1.0, 2.0]), (1.0, [6.0, 4.0, 5.0]), names=("c", "a", "b"))
    read = waypoints(message, ARM, NOW_NS)
    np.testing.assert_array_equal(read.q, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert read.times_ns == (5_500_000_000, 6_000_000_000)


def test_a_trajectory_with_a_stamp_begins_then(trajectory):
    read = waypoints(trajectory((0.5, [0.0] * 3), (3.0, [1.0] * 3), stamp_s=4), ARM, NOW_NS)
    assert read.times_ns == (4_500_000_000, 7_000_000_000)
    with pytest.raises(WmrError, match=r"was over 0\.500 s ago"):
        waypoints(trajectory((0.5, [0.0] * 3), stamp_s=4), ARM, NOW_NS)


@pytest.mark.parametrize("names", [("a", "b", "x"), ("a", "b"), ("a", "b", "c", "x")])
def test_a_trajectory_of_other_joints_is_refused(trajectory, names):
    with pytest.raises(UnknownNameError):
        waypoints(trajectory((0.5, [0.0] * len(names)), names=names), ARM, NOW_NS)


def test_a_trajectory_with_a_point_that_lacks_a_position_is_refused(trajectory):
    with pytest.raises(ShapeError, match="point 1"):
        waypoints(trajectory((0.5, [0.0] * 3), (1.0, [0.0] * 2)), ARM, NOW_NS)
    with pytest.raises(NotFiniteError, match="b"):
        waypoints(trajectory((0.5, [0.0, np.inf, 0.0])), ARM, NOW_NS)


@pytest.mark.parametrize("seconds", [(1.0, 1.0), (1.0, 0.5), (-1.0, 0.5)])
def test_times_that_do_not_rise_are_refused(trajectory, seconds):
    with pytest.raises(WmrError, match=f"{seconds[0]:g}, {seconds[1]:g} s; valid: 0 or later, rising"):
        waypoints(trajectory(*((s, [0.0] * 3) for s in seconds)), ARM, NOW_NS)


def test_a_trajectory_without_points_is_refused(trajectory):
    with pytest.raises(WmrError, match="no points"):
        waypoints(trajectory(), ARM, NOW_NS)
