"""Faults of the arm, of its network and of the caller, injected live: each has one defined answer."""

import os
import signal
import time

import numpy as np
import pytest
from wm_hardware.ros_dds import RosDdsConfig, RosDdsDriver

from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import DriverError, NotFiniteError, ShapeError, UnknownNameError
from wm_robot.core.types import JointCommand

pytest.importorskip("cyclonedds")

JOINTS = {"name": ["a", "b", "c"], "position": [0.1, 0.2, 0.3], "velocity": [0.0, 0.0, 0.0]}


def command(q=(0.4, 0.5, 0.6), names=("a", "b", "c"), **more):
    return JointCommand(stamp_ns=0, joint_names=names, q=np.array(q), v=np.zeros(len(q)), **more)


@pytest.fixture
def states(network):
    return network.topic("joint_states")


@pytest.fixture
def commands(network):
    return network.topic("position/commands")


@pytest.fixture
def working_arm(arm, states, commands):
    arm("advertise", topic=states, message="JointState")
    arm("subscribe", topic=commands, message="Float64MultiArray")
    arm("stream", topic=states, joints=JOINTS)
    return arm


@pytest.fixture
def driver(spec, network):
    def make(connect_timeout_s=10.0):
        config = RosDdsConfig(network=network, controller="position", connect_timeout_s=connect_timeout_s)
        return RosDdsDriver(spec, config)

    return make


def test_connecting_and_disconnecting_sends_nothing(working_arm, driver, commands):
    with driver() as robot:
        robot.read()
        robot.stop()
    assert working_arm("received", topic=commands) == []


def test_stopping_repeats_the_last_command(working_arm, driver, commands, eventually):
    with driver() as robot:
        robot.command(command((0.1, 0.2, 0.3)))
        robot.command(command((0.4, 0.5, 0.6)))
    received = []
    eventually(lambda: received.extend(working_arm("received", topic=commands)) or len(received) >= 3)
    assert received == [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.4, 0.5, 0.6]]


def test_a_nan_position_is_a_fault_with_the_old_state_until_a_good_one_comes(
    working_arm, driver, states, eventually
):
    with driver() as robot:
        working_arm("stream", topic=states, joints=JOINTS | {"position": [0.7, float("nan"), 0.7]})
        state = eventually(lambda: (s := robot.read()).fault and s)
        assert "NaN" in state.fault
        assert " b;" in state.fault
        np.testing.assert_array_equal(state.q, [0.1, 0.2, 0.3])
        working_arm("stream", topic=states, joints=JOINTS | {"position": [0.7, 0.8, 0.9]})
        state = eventually(lambda: not (s := robot.read()).fault and s)
        np.testing.assert_array_equal(state.q, [0.7, 0.8, 0.9])


def test_joint_states_out_of_order_are_dropped_and_counted(working_arm, driver, states, eventually):
    with driver() as robot:
        working_arm("stream", topic=states, joints=None)
        now_ns = time.time_ns()
        for age_ms, q in ((0, 0.5), (20, 0.6), (20, 0.6), (-10, 0.7)):
            joints = JOINTS | {"position": [q, q, q]}
            working_arm("send", topic=states, joints=joints, stamp_ns=now_ns - age_ms * 1_000_000)
        state = eventually(lambda: (s := robot.read()).q[0] == 0.7 and s)
        assert state.fault == ""
        assert robot.out_of_order == 2


def test_a_stamp_from_the_future_is_a_fault(working_arm, driver, states, eventually):
    with driver() as robot:
        working_arm("stream", topic=states, joints=JOINTS, age_s=-60.0)
        state = eventually(lambda: (s := robot.read()).fault and s)
    assert "ahead of this machine's system clock" in state.fault


def test_an_arm_that_falls_silent_is_no_error_but_its_state_grows_old(working_arm, driver, states):
    with driver() as robot:
        working_arm("stream", topic=states, joints=None)
        time.sleep(0.05)
        robot.read()
        time.sleep(0.1)
        state = robot.read()
        age_ns = SteadyClock().now_ns() - state.stamp_ns
    assert age_ns >= 100_000_000  # silent since before the sleep of 0.1 s
    assert state.fault == ""


def test_joint_states_that_are_stale_from_the_start_keep_the_driver_from_connecting(
    working_arm, driver, states
):
    working_arm("stream", topic=states, joints=JOINTS, age_s=3.0)
    with pytest.raises(DriverError, match=r"3\.\d+ s old by its own stamp, the limit is 0\.1 s"):
        driver(1.0).connect()


def test_where_nobody_is_found_the_error_names_what_is_there_instead(arm, driver, network, states):
    arm("advertise", topic=network.topic("other_robot/joint_states"), message="JointState")
    with pytest.raises(DriverError) as caught:
        driver(1.0).connect()
    assert f"nobody publishes {states}" in str(caught.value)
    assert f"{network.topic('other_robot/joint_states')} (sensor_msgs/msg/JointState)" in str(caught.value)


def test_joint_states_of_another_arm_are_named_in_the_error(working_arm, driver, states):
    working_arm("stream", topic=states, joints={"name": ["x", "y"], "position": [0.0, 0.0]})
    with pytest.raises(DriverError, match="names only x, y; expected joint states of a, b, c"):
        driver(1.0).connect()


def test_another_type_on_the_command_topic_is_named(working_arm, driver, commands):
    working_arm("withdraw", topic=commands)
    working_arm("subscribe", topic=commands, message="JointTrajectory")
    with pytest.raises(DriverError) as caught:
        driver(1.0).connect()
    assert (
        f"{commands} has the type trajectory_msgs/msg/JointTrajectory on the other side, "
        "std_msgs/msg/Float64MultiArray on this one"
    ) in str(caught.value)


def test_a_controller_that_asks_for_another_quality_of_service_is_told_from_one_that_is_not_there(
    working_arm, driver, commands
):
    working_arm("withdraw", topic=commands)
    working_arm("subscribe", topic=commands, message="Float64MultiArray", qos="transient local")
    with pytest.raises(DriverError, match=f"quality of service of {commands} .* durability"):
        driver(1.0).connect()


def test_joint_states_offered_with_another_quality_of_service_are_told_from_none(working_arm, driver, states):
    working_arm("stream", topic=states, joints=None)
    working_arm("withdraw", topic=states)
    working_arm("advertise", topic=states, message="JointState", qos="exclusive")
    with pytest.raises(DriverError, match=f"quality of service of {states} .* ownership"):
        driver(1.0).connect()


def test_a_second_publisher_keeps_the_driver_from_connecting(working_arm, driver, commands):
    with driver() as first:
        with pytest.raises(DriverError, match=rf"1 other publisher\(s\) on {commands}"):
            driver(1.0).connect()
        first.command(command())


def test_a_second_publisher_is_a_fault_while_it_is_there(working_arm, driver, commands, eventually):
    with driver() as robot:
        working_arm("advertise", topic=commands, message="Float64MultiArray")
        state = eventually(lambda: (s := robot.read()).rival and s)
        assert f"1 other publisher(s) on {commands}" in state.rival
        assert not state.fault
        working_arm("withdraw", topic=commands)
        working_arm("subscribe", topic=commands, message="Float64MultiArray")
        assert eventually(lambda: not robot.read().rival)


def test_a_controller_that_is_stopped_is_a_fault_and_commands_to_it_are_errors(
    working_arm, driver, commands, eventually
):
    with driver() as robot:
        working_arm("withdraw", topic=commands)
        state = eventually(lambda: (s := robot.read()).fault and s)
        assert f"nobody subscribes to {commands}" in state.fault
        with pytest.raises(DriverError, match="the controller has gone"):
            robot.command(command())
        robot.stop()


def test_an_arm_whose_process_is_killed_grows_old_and_is_then_reported_gone(working_arm, driver, eventually):
    with driver() as robot:
        working_arm.kill()
        before = robot.read()
        time.sleep(0.1)
        state = robot.read()
        # Until its lease of 1 s is over, only its stamp tells: 0.1 s old, which is a watchdog's limit.
        assert SteadyClock().now_ns() - state.stamp_ns >= 100_000_000
        assert before.joint_names == state.joint_names

        def gone():
            try:
                robot.read()
            except DriverError as error:
                return str(error)

        assert "has gone" in eventually(gone)
        with pytest.raises(DriverError, match="the controller has gone"):
            robot.command(command())
        robot.stop()


def test_a_controller_that_hangs_does_not_hold_up_the_commands(working_arm, driver, commands, eventually):
    with driver() as robot:
        os.kill(working_arm.process.pid, signal.SIGSTOP)
        try:
            for i in range(1000):
                robot.command(command((0.001 * i, 0.0, 0.0)))
        finally:
            os.kill(working_arm.process.pid, signal.SIGCONT)
        received = []

        def newest():
            received.extend(working_arm("received", topic=commands))
            return received and received[-1]

        # What was lost in between is not repeated; the newest is.
        eventually(lambda: newest() == [0.999, 0.0, 0.0])


def test_what_is_no_command_for_these_joints_is_not_sent(working_arm, driver, commands, eventually):
    with driver() as robot:
        with pytest.raises(NotFiniteError, match="in b"):
            robot.command(command((0.1, np.nan, 0.1)))
        with pytest.raises(UnknownNameError, match="'c'; valid: a, b, z"):
            robot.command(command(names=("a", "b", "z")))
        with pytest.raises(ShapeError):
            robot.command(command(q=(0.1, 0.2)))
        with pytest.raises(DriverError, match="moves no gripper"):
            robot.command(command(gripper=0.5))
        robot.command(command((0.7, 0.8, 0.9)))
        assert eventually(lambda: working_arm("received", topic=commands)) == [[0.7, 0.8, 0.9]]


def test_a_driver_that_is_not_connected_says_so_and_can_be_stopped(driver):
    robot = driver()
    robot.stop()
    robot.disconnect()
    with pytest.raises(DriverError, match="not connected"):
        robot.read()
    with pytest.raises(DriverError, match="not connected"):
        robot.command(command())
