"""The driver against an arm on another implementation of DDS, both directions."""

from dataclasses import replace

import numpy as np
import pytest
from wm_hardware.ros_camera import RosCamera, RosCameraConfig
from wm_hardware.ros_dds import RosDdsConfig, RosDdsDriver

from wm_robot.core.clock import SteadyClock
from wm_robot.core.types import JointCommand

pytest.importorskip("cyclonedds")
pytest.importorskip("dora")

# Deliberately in another order than the arm's a, b, c.
COMMAND = JointCommand(stamp_ns=0, joint_names=("c", "a", "b"), q=np.array([0.6, 0.4, 0.5]), v=np.zeros(3))


@pytest.fixture
def configure(network):
    return lambda **settings: RosDdsConfig(
        network=network, tf_prefix="r_", connect_timeout_s=15.0, **settings
    )


def test_joints_of_an_independent_peer_are_read_by_name(dora_arm, spec, configure):
    dora_arm("joint_states", "position/commands")
    with RosDdsDriver(spec, configure(controller="position")) as robot:
        state = robot.read()
        now_ns = SteadyClock().now_ns()
    assert state.joint_names == ("a", "b", "c")
    # The peer's order is tool_joint, r_c, r_a, r_b.
    np.testing.assert_array_equal(state.q, [0.1, 0.2, 0.3])
    np.testing.assert_array_equal(state.v, [0.01, 0.02, 0.03])
    assert state.fault == ""
    assert 0 <= now_ns - state.stamp_ns < 1e9  # the header's stamp, on the steady clock


def test_a_forward_command_reaches_an_independent_peer_in_the_order_of_its_controller(
    dora_arm, spec, configure
):
    arm = dora_arm("joint_states", "position/commands")
    with RosDdsDriver(spec, configure(controller="position", controller_joints=("b", "c", "a"))) as robot:
        robot.command(COMMAND)
        received = arm.answer()
    assert received["data"] == [0.5, 0.6, 0.4]
    assert arm.answer() == received  # `stop` at the end repeats the last command


def test_a_trajectory_reaches_an_independent_peer_with_names_and_a_time_to_come(dora_arm, spec, configure):
    arm = dora_arm("joint_states", "arm/joint_trajectory")
    config = configure(controller="arm", form="joint_trajectory", time_from_start_s=1.25)
    with RosDdsDriver(spec, config) as robot:
        robot.command(COMMAND)
        message = arm.answer()
    assert message["header"]["stamp"] == {"sec": 0, "nanosec": 0}
    assert message["joint_names"] == ["r_a", "r_b", "r_c"]
    (point,) = message["points"]
    assert point["positions"] == [0.4, 0.5, 0.6]
    assert point["velocities"] == []
    assert point["time_from_start"] == {"sec": 1, "nanosec": 250_000_000}


def test_an_arm_whose_joints_have_other_names_in_ros_is_driven_under_those(dora_arm, spec, configure):
    arm = dora_arm("joint_states", "position/commands")
    other = replace(spec, joint_names=("one", "two", "three"))
    config = configure(
        controller="position", ros_joint_names=("a", "b", "c"), controller_joints=("b", "c", "a")
    )
    with RosDdsDriver(other, config) as robot:
        state = robot.read()
        robot.command(replace(COMMAND, joint_names=("three", "one", "two")))
        received = arm.answer()
    assert state.joint_names == ("one", "two", "three")
    np.testing.assert_array_equal(state.q, [0.1, 0.2, 0.3])
    assert received["data"] == [0.5, 0.6, 0.4]  # b, c, a


def test_a_picture_of_an_independent_peer_is_read(dora_arm, network):
    dora_arm("image_raw", "position/commands")
    config = RosCameraConfig(topic="image_raw", network=network, connect_timeout_s=15.0)
    with RosCamera("top", config) as camera:
        frame = camera.read()
    np.testing.assert_array_equal(frame.image, np.arange(18).reshape(2, 3, 3))
    assert frame.image.dtype == np.uint8
    assert SteadyClock().now_ns() - frame.stamp_ns >= 0
