"""The safety controller comes to life, takes an arm over, follows chunks, and lets the arm go at rest."""

import signal
import time

import numpy as np
import pytest
import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Float64MultiArray
from wm_robot_msgs.msg import SafetyStatus
from wm_robot_ros.node_peer import COMMAND_QOS


def test_it_goes_through_its_states_and_back(world):
    world.start()
    assert world.state() == "unconfigured"
    for transition, state in (
        (Transition.TRANSITION_CONFIGURE, "inactive"),
        (Transition.TRANSITION_ACTIVATE, "active"),
        (Transition.TRANSITION_DEACTIVATE, "inactive"),
        (Transition.TRANSITION_ACTIVATE, "active"),
        (Transition.TRANSITION_DEACTIVATE, "inactive"),
        (Transition.TRANSITION_CLEANUP, "unconfigured"),
    ):
        assert world.change(transition)
        assert world.state() == state
    world.wait_for(SafetyStatus.INACTIVE)


def test_a_transition_that_is_not_possible_is_refused_and_the_arm_goes_on(world):
    world.set_going()
    assert not world.change(Transition.TRANSITION_CONFIGURE)
    assert not world.change(200)  # no transition at all
    plans = world.told[-1].cycles
    world.wait(lambda: world.told[-1].cycles > plans + 10)
    assert world.state() == "active"
    assert world.told[-1].mode == SafetyStatus.RUNNING
    assert "refused" in world.output


def test_a_second_one_of_the_same_name_is_not_configured(world):
    other = rclpy.create_node("safety_controller", namespace="wm_robot", context=world.context)
    world.start()
    assert not world.change(Transition.TRANSITION_CONFIGURE)
    assert "another /wm_robot/safety_controller is running" in world.output
    other.destroy_node()
    assert world.change(Transition.TRANSITION_CONFIGURE)


def test_activation_moves_nothing(world):
    world.activate()
    world.wait(lambda: len(world.commands) > 100)
    assert world.told[-1].mode == SafetyStatus.STOPPED
    for _, q in world.commands:
        np.testing.assert_allclose(q, world.home, atol=1e-6)


def test_chunks_move_the_tip_where_they_say(world):
    world.activate()
    begin = world.wait_for(SafetyStatus.STOPPED).tip
    world.send_chunk(actions=[0.0, 0.02] * 4, delay_s=0.3)  # time enough to get there
    end = world.wait(lambda: world.told[-1].tip.y - begin.y > 0.079 and world.told[-1].tip)
    # Four times 0.02 m along y, and nothing else.
    assert (end.x - begin.x, end.y - begin.y, end.z - begin.z) == pytest.approx((0.0, 0.08, 0.0), abs=1.5e-3)
    assert list(world.told[-1].joint_names) == list(world.joint_names)


def test_a_second_publisher_of_commands_is_not_joined(world):
    world.node.create_publisher(Float64MultiArray, world.topic, COMMAND_QOS)
    world.start()
    assert world.change(Transition.TRANSITION_CONFIGURE)
    assert not world.change(Transition.TRANSITION_ACTIVATE)
    assert world.state() == "inactive"
    assert f"1 other publisher(s) on {world.topic}" in world.output
    assert world.commands == []


def test_a_controller_whose_quality_of_service_does_not_fit_is_not_commanded(world):
    lasting = DurabilityPolicy.TRANSIENT_LOCAL
    world.listen(QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=lasting))
    world.start()
    assert world.change(Transition.TRANSITION_CONFIGURE)
    assert not world.change(Transition.TRANSITION_ACTIVATE)
    assert "quality of service" in world.output
    assert world.commands == []


def test_an_arm_that_says_nothing_is_not_taken_over(world):
    world.changed = lambda message: None
    world.start()
    assert world.change(Transition.TRANSITION_CONFIGURE)
    assert not world.change(Transition.TRANSITION_ACTIVATE)
    assert "/joint_states is silent" in world.output


def test_deactivation_at_speed_brings_the_arm_to_rest(world):
    world.set_going()
    assert world.change(Transition.TRANSITION_DEACTIVATE)
    world.assert_rest()
    count = len(world.commands)
    time.sleep(0.2)
    assert len(world.commands) == count
    world.wait_for(SafetyStatus.INACTIVE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_of_the_process_leaves_the_arm_at_rest(world, number):
    world.set_going()
    world.process.send_signal(number)
    world.process.send_signal(number)  # as a terminal and a launch file both do
    assert world.ended() == 0, world.output
    world.assert_rest()


def test_nothing_is_set_under_an_arm_that_is_commanded(world):
    world.activate()
    refused = set_speed(world, 0.2)
    assert not refused.successful
    assert "deactivate first" in refused.reason
    assert world.change(Transition.TRANSITION_DEACTIVATE)
    assert set_speed(world, 0.2).successful


def set_speed(world, value):
    speed = Parameter("speed", value=value).to_parameter_msg()
    request = SetParameters.Request(parameters=[speed])
    (result,) = world.call(SetParameters, "safety_controller/set_parameters", request).results
    return result


def ask_to_activate(world):
    """And do not wait for the answer."""
    client = world.node.create_client(ChangeState, "/wm_robot/safety_controller/change_state")
    world.wait(client.service_is_ready)
    return client.call_async(ChangeState.Request(transition=Transition(id=Transition.TRANSITION_ACTIVATE)))


def test_nothing_is_set_while_an_arm_is_taken_over(world):
    world.changed = lambda message: None  # so that it waits for the arm
    world.start("connect_timeout_s:=6.0")
    assert world.change(Transition.TRANSITION_CONFIGURE)
    taken = ask_to_activate(world)
    world.wait(world.chunks.get_subscription_count)
    refused = set_speed(world, 0.2)
    assert not taken.done()
    assert not refused.successful
    assert "deactivate first" in refused.reason
    world.wait(taken.done)
    assert not taken.result().success
    assert set_speed(world, 0.2).successful


def test_a_node_without_a_robot_says_which_there_are(world):
    world.start("robot:=r2d2")
    assert world.ended() == 2
    assert "panda, so101, ur5e" in world.output
