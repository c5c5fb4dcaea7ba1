"""The safety controller commands an arm of ros2_control: a real controller manager, before mock hardware."""

import time

import controlled_arm
import numpy as np
import pytest
from std_srvs.srv import Trigger
from wm_controllers.kinematics import load_arm
from wm_robot_msgs.msg import SafetyStatus
from wm_sim.scene import model_path

controlled_arm.require()

COMMANDS = ("commands", "forward_position_controller")
TRAJECTORY = ("joint_trajectory", "joint_trajectory_controller")

by_both_forms = pytest.mark.parametrize(
    "arm", [COMMANDS, TRAJECTORY], indirect=True, ids=lambda form: form[0]
)
by_commands = pytest.mark.parametrize("arm", [COMMANDS], indirect=True, ids=lambda form: form[0])


@pytest.fixture
def arm(request, world, tmp_path):
    """An arm that is taken over in one form or the other, and stands."""
    form, controller = request.param
    world.leave_the_arm()
    arm = controlled_arm.ControlledArm(world, world.robot, controller, tmp_path)
    world.activate(f"form:={form}", f"controller:={controller}")
    world.wait_for(SafetyStatus.STOPPED)
    yield arm
    arm.close()


def rests(world):
    before = world.q
    time.sleep(0.3)
    return np.abs(np.subtract(world.q, before)).max() < 1e-4


def set_going(world):
    world.planning = True
    world.wait_for(SafetyStatus.RUNNING)
    world.wait(lambda: np.abs(np.subtract(world.q, world.home)).max() > 0.01)


@by_both_forms
def test_activation_moves_nothing(world, arm):
    cycles = world.told[-1].cycles
    world.wait(lambda: world.told[-1].cycles > cycles + 50)
    np.testing.assert_allclose(world.q, world.home, atol=1e-4)
    np.testing.assert_allclose(world.told[-1].position, world.home, atol=1e-4)  # matched by name


@by_both_forms
def test_chunks_move_the_arm_where_they_say_and_it_rests_there(world, arm):
    kinematics = load_arm(model_path(world.robot), world.robot)
    begin = world.told[-1].tip
    world.send_chunk(actions=[0.0, 0.02] * 4, delay_s=0.3)
    world.wait(lambda: world.told[-1].tip.y - begin.y > 0.079)
    world.wait(lambda: rests(world))
    before, after = (kinematics.place(np.array(q)).translation.copy() for q in (world.home, world.q))
    np.testing.assert_allclose(after - before, (0.0, 0.08, 0.0), atol=2e-3)


@by_both_forms
def test_the_emergency_stop_brings_it_to_rest(world, arm):
    set_going(world)
    assert world.call(Trigger, "estop").success
    assert "ESTOP" in world.latched()
    world.wait(lambda: rests(world))


@by_commands
def test_a_controller_that_is_switched_off_under_way_stops_the_arm(world, arm):
    set_going(world)
    arm.deactivate("forward_position_controller")
    assert "TRACKING" in world.latched()


@by_commands
def test_a_driver_that_is_killed_stops_the_arm(world, arm):
    set_going(world)
    arm.process.kill()
    assert "STATE_STALE" in world.latched()
