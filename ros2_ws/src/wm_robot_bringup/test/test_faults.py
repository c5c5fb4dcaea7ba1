"""What goes wrong while a simulated arm moves, as it shows on the wire, and what the arm's commands then do.

One launch for all: after each fault the arm is reset, and must move again.
"""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
from geometry_msgs.msg import PoseStamped
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from wm_robot_msgs.msg import SafetyStatus

from wm_robot.runtime.control.faults import Fault

COMMANDS = "/forward_position_controller/commands"

STOPPING_FAULTS = {
    "nan_joint": {"ROBOT_FAULT"},
    "stale_stamps": {"STATE_STALE", "STATE_BACKWARDS"},
    "reversed_stamps": {"STATE_STALE", "STATE_BACKWARDS"},
    "silent_joints": {"STATE_STALE"},
    "stuck_joint": {"TRACKING"},
    "protective_stop": {"TRACKING"},
    "frozen": {"STATE_STALE", "TRACKING"},
    "frozen_camera": {"CAMERA_FROZEN"},
    "stale_camera": {"CAMERA_STALE"},
    "silent_camera": {"CAMERA_STALE"},
    "camera_stamps_backwards": {"CAMERA_STALE", "CAMERA_BACKWARDS"},
    "clock_reset": {"STATE_STALE", "STATE_BACKWARDS", "STATE_AHEAD", "CLOCK_JUMP", "CAMERA_STALE"},
}
"""What the simulated arm can suffer, and the faults of which at least one names it."""

TO_AND_FRO_M = (0.2, -0.2, 0.2, -0.2)
"""Where along y an arm is sent that has come to its goal before it suffered anything; joint 1 turns far."""


@pytest.fixture(scope="module")
def arm(start_launch):
    return start_launch("sim.launch.py")


@pytest.fixture
def moving(arm, witness):
    """The arm on its way to a goal: whoever watches it, its commands and its statuses."""
    witness.active(arm)
    suffer(arm, witness, "none")
    statuses, commands = witness.statuses(), witness.watch()
    witness.spin(lambda: statuses, arm)
    if statuses[-1].mode == SafetyStatus.LATCHED:
        witness.until(lambda: witness.call(arm, Trigger, "/wm_robot/reset").success, arm)
    witness.new_episode(arm)
    goals = [witness.set_going(arm, commands)]
    yield witness, commands, statuses, goals
    suffer(arm, witness, "none")
    goals[-1].cancel_goal_async()
    witness.spin(goals[-1].get_result_async().done, arm)


def suffer(arm, witness, fault):
    request = SetParameters.Request(parameters=[Parameter("fault", value=fault).to_parameter_msg()])
    (result,) = witness.call(arm, SetParameters, "/wm_robot/sim_robot/set_parameters", request).results
    assert result.successful, result.reason


def latched(moving, arm):
    """Names of the faults that the arm has latched with; it is sent on where its goal was over too early."""
    witness, _, statuses, goals = moving
    pose = PoseStamped(header=statuses[0].header)
    pose.pose.position.x, pose.pose.position.z = statuses[0].tip.x, statuses[0].tip.z

    def stopped():
        return statuses[-1].mode == SafetyStatus.LATCHED

    for pose.pose.position.y in TO_AND_FRO_M:
        over = goals[-1].get_result_async()
        witness.spin(lambda over=over: stopped() or over.done(), arm, 30.0)
        if stopped():
            break
        goals.append(witness.reach(arm, pose=pose))
    witness.spin(stopped, arm, 15.0)
    return {Fault(words).name for words in statuses[-1].fault_words}


def comes_to_rest(commands, witness, arm):
    """Waits until the commands are one and the same, to 0.1 mrad; the witness may hear them late."""
    witness.spin(lambda: np.ptp([q for _, q in commands[-25:]], axis=0).max() < 1e-4, arm, 5.0)
    return True


@pytest.mark.parametrize("fault", STOPPING_FAULTS)
def test_what_cannot_be_trusted_stops_the_arm_under_its_name(moving, arm, fault):
    witness, commands, *_ = moving
    suffer(arm, witness, fault)
    assert latched(moving, arm) & STOPPING_FAULTS[fault]
    assert comes_to_rest(commands, witness, arm)


@pytest.mark.parametrize("fault", ["shuffled_joints", "foreign_joints"])
def test_joints_in_another_order_and_of_other_devices_are_told_apart_by_name(moving, arm, fault):
    witness, _, statuses, _ = moving
    suffer(arm, witness, fault)
    since = len(statuses)
    witness.spin(lambda: len(statuses) > since + 100, arm)
    assert {words for status in statuses[since:] for words in status.fault_words} == set()
    assert {status.mode for status in statuses[since:]} <= {SafetyStatus.RUNNING, SafetyStatus.STOPPED}


def test_a_simulation_that_is_paused_stops_the_arm(moving, arm):
    witness, commands, *_ = moving
    witness.call(arm, SetBool, "/wm_robot/sim_robot/pause", SetBool.Request(data=True))
    try:
        assert latched(moving, arm)
        assert comes_to_rest(commands, witness, arm)
    finally:
        witness.call(arm, SetBool, "/wm_robot/sim_robot/pause", SetBool.Request(data=False))


def test_a_second_publisher_of_commands_stops_the_arm(moving, arm):
    witness, commands, *_ = moving
    rival = witness.node.create_publisher(Float64MultiArray, COMMANDS, 1)
    try:
        assert "SECOND_PUBLISHER" in latched(moving, arm)
        assert comes_to_rest(commands, witness, arm)
    finally:
        witness.node.destroy_publisher(rival)
