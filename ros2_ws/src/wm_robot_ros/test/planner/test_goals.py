"""How a goal is given, pursued and ended."""

import time

import pytest
from lifecycle_msgs.msg import Transition
from sensor_msgs.msg import JointState
from wm_robot_msgs.action import ReachGoal
from wm_robot_msgs.msg import SafetyStatus
from wm_robot_msgs.srv import SetGoalImage
from wm_robot_ros.ros_time import nanoseconds

from .conftest import HOME_TIP, PANDA


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
