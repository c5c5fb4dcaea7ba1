"""What an SO-101 is told and what it tells, to the last byte."""

import numpy as np
import pytest
from servo_bus import SYNC_WRITE, lose, once
from so101_on_a_bus import settled, so101_driver, target

TICK = 2 * np.pi / 4096
GOAL, TORQUE = 42, 40


def test_a_read_is_one_packet_to_the_last_byte(arm, bus):
    arm.read()
    # 4 bytes from 38 of six servos: ~(FE + 0A + 82 + 38 + 04 + 01 + … + 06) = ~DB = 24
    assert [p.hex(" ").upper() for p in bus.received] == ["FF FF FE 0A 82 38 04 01 02 03 04 05 06 24"]


def test_a_command_is_one_packet_to_the_last_byte(arm, bus):
    arm.command(target(0.0, gripper=0.5))
    settled(arm)
    # Middles of the ranges: 2047 = 07FF twice, 2000 = 07D0 twice, 2047.5 to the even 2048 = 0800; half open
    # is 2500 = 09C4. The head sums to 1C3, the six blocks to 107, 108, DA, DB, 0D, D3: 667 in all, ~67 = 98.
    assert bus.received[0].hex(" ").upper() == (
        "FF FF FE 16 83 2A 02 01 FF 07 02 FF 07 03 D0 07 04 D0 07 05 00 08 06 C4 09 98"
    )


def test_a_command_without_gripper_leaves_that_servo_alone(arm, bus):
    arm.command(target(0.0))
    settled(arm)
    # Five blocks of three bytes and 4 more: length 13, and no block of servo 6.
    assert bus.received[0][3] == 0x13
    assert bus.servos[6].travel == 0


def test_positions_and_velocities_come_in_si_units_with_the_sign_of_the_joint(arm, bus):
    for servo in bus.servos.values():
        servo.set(58, 0x8000 | 100, 2)  # -100 ticks/s: magnitude and sign bit 15
    state = arm.read()
    # Each joint stands 100 ticks above the bottom of its range; wrist_flex turns against its servo.
    assert np.allclose(state.q, np.array([-1200, -1100, -1000, +900, -1947.5]) * TICK)
    assert np.allclose(state.v, np.array([-100, -100, -100, +100, -100]) * TICK)
    assert state.gripper == pytest.approx(0.1)
    assert state.fault == ""


def test_a_servo_set_to_the_coarse_velocity_unit_is_understood(bus, tmp_path):
    bus.servos[1].set(18, 8)  # phase without bit 2: 50 ticks/s a step
    bus.servos[1].set(58, 3, 2)
    with so101_driver(bus, tmp_path) as driver:
        assert driver.read().v[0] == pytest.approx(150 * TICK)
    # 4.7 rad/s are 3064 ticks/s, 61 steps of 50.
    assert (bus.servos[1].get(46, 2), bus.servos[2].get(46, 2)) == (61, 3064)


def test_the_arm_arrives_where_it_was_sent(arm, bus):
    q = np.array([0.3, -0.2, 0.1, 0.5, -1.0])
    arm.command(target(q, gripper=0.25))
    state = settled(arm)
    assert np.abs(state.q - q).max() <= TICK / 2
    assert state.gripper == pytest.approx(0.25, abs=1e-3)


def test_a_target_outside_the_calibrated_range_ends_at_its_border(arm, bus):
    arm.command(target([9.0, -9.0, 9.0, 9.0, 0.0], gripper=7.0))
    settled(arm)
    # wrist_flex is inverted, so that upwards is towards its range_min.
    goals = [bus.servos[i].get(GOAL, 2) for i in (1, 2, 3, 4, 6)]
    assert goals == [3347, 847, 3100, 1000, 3000]


def test_error_bits_of_the_servos_become_the_arms_fault(arm, bus):
    bus.servos[3].error, bus.servos[6].error = 0x20, 0x04 | 0x01
    assert arm.read().fault == (
        "elbow_flex: overloaded, gripper: supply voltage out of range, gripper: overheated"
    )


def test_stop_holds_where_the_arm_is_and_not_where_it_was_going(arm, bus):
    arm.command(target(0.0))
    settled(arm)
    for servo in bus.servos.values():
        servo.encoder += 30  # it lags behind its goal
        servo.travel = 0
    arm.stop()
    settled(arm)
    assert [servo.travel for servo in bus.servos.values()] == [0] * 6
    assert all(servo.get(GOAL, 2) == servo.present for servo in bus.servos.values())


def test_a_stop_arrives_even_if_one_packet_of_it_is_lost(arm, bus):
    bus.instruction_filter = once(lose, lambda p: p[4] == SYNC_WRITE)
    bus.servos[1].encoder += 30
    arm.stop()
    settled(arm)
    assert bus.servos[1].get(GOAL, 2) == bus.servos[1].present == 877


def test_the_arm_keeps_its_torque_when_the_driver_goes(bus, tmp_path):
    with so101_driver(bus, tmp_path):
        pass
    assert all(servo.get(TORQUE) for servo in bus.servos.values())
