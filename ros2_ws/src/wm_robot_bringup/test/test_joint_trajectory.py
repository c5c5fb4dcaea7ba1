"""An arm whose controller takes trajectories: what it is sent, and where it comes to."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
from trajectory_msgs.msg import JointTrajectory
from wm_robot_msgs.action import ReachGoal
from wm_robot_msgs.srv import ScoreSimulation

from wm_robot.robots import get_robot

PANDA = get_robot("panda")

CELL = """
/**/safety_controller:
  ros__parameters:
    form: joint_trajectory
    time_from_start_s: 0.03
    watchdogs: {camera_s: 2.0, joint_state_s: 1.0, command_s: 1.0, plan_s: 3.0, chunk_s: 5.0}
"""
"""Patient with a machine that may be busy."""


def test_an_arm_that_takes_trajectories_is_sent_well_formed_ones_and_comes_near_its_goal(
    launch, witness, tmp_path
):
    config, sent = tmp_path / "cell.yaml", []
    config.write_text(CELL)
    arm = launch("sim.launch.py", config=config)
    topic = "/forward_position_controller/joint_trajectory"
    witness.node.create_subscription(JointTrajectory, topic, sent.append, 1000)
    commands = witness.watch()
    witness.active(arm)
    before = witness.call(arm, ScoreSimulation, "/wm_robot/sim_robot/score").error
    result = witness.reach(arm, time_limit_s=10.0).get_result_async()
    witness.spin(result.done, arm)
    ended = result.result().result
    assert (ended.ended, ended.periods > 10) == (ReachGoal.Result.TIME_OVER, True), ended.why
    assert before > 0.08
    assert witness.call(arm, ScoreSimulation, "/wm_robot/sim_robot/score").error < 0.05
    assert commands == []  # the other form is silent
    for message in sent:
        (point,) = message.points
        assert tuple(message.joint_names) == PANDA.joint_names
        assert (message.header.stamp.sec, message.header.stamp.nanosec) == (0, 0)  # at once
        assert (point.time_from_start.sec, point.time_from_start.nanosec) == (0, 30_000_000)
        assert len(point.velocities) == len(point.accelerations) == len(point.effort) == 0
    positions = np.array([message.points[0].positions for message in sent])  # (messages, 7)
    assert np.all((positions >= PANDA.lower) & (positions <= PANDA.upper))
    assert np.ptp(positions, axis=0).max() > 0.05
    # At full speed, with room for messages that came together in the same moment or were lost.
    assert np.abs(np.diff(positions, axis=0)).max() < 0.1
