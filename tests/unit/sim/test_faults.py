"""Each fault that can be ordered does to the arm what its name says."""

import numpy as np
import pytest
from wm_sim.camera import SimCamera
from wm_sim.driver import SimConfig, SimDriver

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import DriverError, UnknownNameError
from wm_robot.core.types import JointCommand
from wm_robot.robots import get_robot

PANDA = get_robot("panda")


@pytest.fixture
def clock():
    return SimulatedClock(10**9)


@pytest.fixture
def simulation(tmp_path):
    return f"test-{tmp_path.name}"


@pytest.fixture
def arm(clock, simulation):
    with SimDriver(PANDA, SimConfig(name=simulation), clock) as arm:
        yield arm


def move(arm, clock, seconds=0.1, by=0.05):
    target = arm.read().q + by
    if not np.isfinite(target).all():
        target = np.array(PANDA.home)
    arm.command(JointCommand(stamp_ns=clock.now_ns(), joint_names=arm.joint_names, q=target, v=np.zeros(7)))
    clock.sleep_until_ns(clock.now_ns() + round(seconds * 1e9))
    return arm.read()


def test_a_frozen_arm_repeats_state_and_stamp(arm, clock):
    before = arm.read()
    arm.faults.frozen = True
    after = move(arm, clock)
    assert after.stamp_ns == before.stamp_ns
    np.testing.assert_array_equal(after.q, before.q)
    arm.faults.frozen = False
    assert arm.read().stamp_ns == clock.now_ns()


def test_a_lost_connection_is_an_error_that_stop_survives(arm):
    arm.faults.disconnected = True
    with pytest.raises(DriverError, match="is lost; connect again"):
        arm.read()
    arm.stop()


def test_an_arm_that_stopped_itself_says_why_brakes_and_obeys_nothing(arm, clock):
    move(arm, clock, seconds=0.02, by=0.3)
    assert np.abs(arm.read().v).max() > 0.5
    arm.faults.protective_stop = "protective stop"
    assert move(arm, clock, seconds=0.6).fault == "protective stop"
    standing = arm.read().q
    after = move(arm, clock, by=0.3)
    np.testing.assert_allclose(after.q, standing, atol=1e-3)


def test_a_joint_without_a_sensor_reads_nan_alone(arm, clock):
    arm.faults.nan_joint = "panda_joint3"
    state = move(arm, clock)
    assert np.isnan(state.q).tolist() == [False, False, True, False, False, False, False]


def test_a_stuck_joint_stays_while_the_others_move(arm, clock):
    before = arm.read().q
    arm.faults.stuck_joint = "panda_joint7"
    after = move(arm, clock).q
    assert after[6] == pytest.approx(before[6], abs=1e-4)  # ten times the noise
    assert np.all(after[:6] > before[:6] + 0.01)


def test_a_fault_of_an_unknown_joint_is_refused(arm):
    arm.faults.nan_joint = "elbow"
    with pytest.raises(UnknownNameError, match="unknown joint 'elbow'; valid: panda_joint1"):
        arm.read()


def test_commands_that_are_held_up_act_when_the_delay_ends(arm, clock):
    before = arm.read().q
    arm.faults.extra_delay_s = 1.0
    np.testing.assert_allclose(move(arm, clock).q, before, atol=1e-3)
    arm.faults.extra_delay_s = 0.0
    clock.sleep_until_ns(clock.now_ns() + 100_000_000)
    assert np.all(arm.read().q > before + 0.01)


def test_reversed_stamps_go_back_with_each_state(arm, clock):
    arm.faults.reversed_stamps = True
    stamps = [move(arm, clock, seconds=0.004).stamp_ns for _ in range(3)]
    assert stamps[0] > stamps[1] > stamps[2]


def test_an_arm_that_stops_publishing_leaves_cameras_with_an_old_stamp(arm, clock, simulation):
    with SimCamera("front", simulation=simulation) as camera:
        before = camera.read()
        arm.faults.unpublished = True
        move(arm, clock)
        assert camera.read() is before
        arm.faults.unpublished = False
        move(arm, clock)
        assert camera.read().stamp_ns == arm.read().stamp_ns


def test_frozen_pictures_get_new_stamps_and_the_same_content(arm, clock, simulation):
    with SimCamera("front", simulation=simulation) as camera:
        before = camera.read()
        arm.faults.frozen_pictures = True
        move(arm, clock, by=0.3)
        after = camera.read()
        assert after.stamp_ns > before.stamp_ns
        np.testing.assert_array_equal(after.image, before.image)
        arm.faults.frozen_pictures = False
        move(arm, clock)
        assert np.any(camera.read().image != before.image)
