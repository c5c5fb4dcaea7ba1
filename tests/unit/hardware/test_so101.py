import sys

import numpy as np
import pytest
from servo_bus import packet
from so101_on_a_bus import PATIENCE_S, SPEC, so101_bus, so101_driver
from wm_hardware.so101 import SO101Config, SO101Driver

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import DriverError, MismatchError, MissingDependencyError, WmrError
from wm_robot.core.types import JointCommand
from wm_robot.robots import get_robot

TICK = 2 * np.pi / 4096
ACCELERATION, GOAL, TORQUE, MODE, LOCK = 41, 42, 40, 33, 55
WRITE, SYNC_READ, SYNC_WRITE = 0x03, 0x82, 0x83


@pytest.fixture
def bus():
    with so101_bus() as bus:
        yield bus


@pytest.fixture
def arm(bus, tmp_path):
    driver = so101_driver(bus, tmp_path)
    driver.connect()
    bus.received.clear()
    yield driver
    driver.disconnect()


def target(q, gripper=None):
    return JointCommand(
        stamp_ns=0,
        joint_names=SPEC.joint_names,
        q=np.broadcast_to(np.asarray(q, dtype=float), (5,)),
        v=np.zeros(5),
        gripper=gripper,
    )


def settled(driver):
    """A read behind the last write: when it is answered, the servos have taken the write."""
    return driver.read()


def once(act, condition=lambda whole: True):
    """A filter that does `act` to the first packet that meets the condition."""
    left = [1]

    def apply(whole):
        if left and condition(whole):
            left.pop()
            return act(whole)
        return whole

    apply.left = left
    return apply


def lose(whole):
    return None


def corrupt(whole):
    return whole[:6] + bytes([whole[6] ^ 0x10]) + whole[7:]


def claim_to_be_long(whole):
    return whole[:3] + b"\xf0" + whole[4:]


# What goes over the line


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


# Connecting


def test_connecting_moves_nothing_and_holds_with_the_ordered_gains(arm, bus):
    for servo in bus.servos.values():
        assert servo.travel == 0
        assert (servo.get(TORQUE), servo.get(MODE), servo.get(LOCK), servo.get(21)) == (1, 0, 1, 16)
        assert servo.get(41) == 248  # 38 rad/s² in steps of 100 ticks/s², 0.1534 rad/s²
    assert [servo.get(48, 2) for servo in bus.servos.values()] == [1000] * 5 + [500]


def test_servos_that_another_program_left_turning_with_an_old_goal_do_not_move(bus, tmp_path):
    for servo in bus.servos.values():
        servo.set(MODE, 1)
        servo.set(TORQUE, 1)
    so101_driver(bus, tmp_path).connect()
    assert [servo.travel for servo in bus.servos.values()] == [0] * 6
    assert [servo.get(MODE) for servo in bus.servos.values()] == [0] * 6


def test_a_joint_that_sinks_while_it_is_set_up_is_held_where_it_sank_to(bus, tmp_path):
    def sink(whole):
        bus.servos[2].encoder -= 50
        return whole

    bus.instruction_filter = once(sink, lambda p: p[2] == 2 and p[4] == WRITE and p[5] == ACCELERATION)
    so101_driver(bus, tmp_path).connect()
    assert not bus.instruction_filter.left
    assert (bus.servos[2].travel, bus.servos[2].get(GOAL, 2)) == (0, 897)


@pytest.mark.parametrize("spoil", [lose, corrupt])
def test_a_goal_that_is_lost_before_the_torque_comes_on_is_sent_again(bus, tmp_path, spoil):
    bus.instruction_filter = once(spoil, lambda p: p[2] == 3 and p[4] == WRITE and p[5] == GOAL)
    so101_driver(bus, tmp_path).connect()
    assert not bus.instruction_filter.left
    assert bus.servos[3].travel == 0


def test_a_second_connection_wears_no_eprom(bus, tmp_path):
    driver = so101_driver(bus, tmp_path)
    with driver:
        pass
    worn = [servo.eprom_writes for servo in bus.servos.values()]
    assert worn == [2] * 6  # return delay and P gain; the rest is as the factory set it
    for servo in bus.servos.values():
        servo.power_cycle()
    with driver:
        pass
    assert [servo.eprom_writes for servo in bus.servos.values()] == worn


def test_a_missing_servo_is_named_with_those_that_answered(bus, tmp_path):
    del bus.servos[3], bus.servos[6]
    with pytest.raises(
        DriverError,
        match=r"no answer from elbow_flex \(id 3\), gripper \(id 6\).*answered: shoulder_pan \(id 1\), s",
    ):
        so101_driver(bus, tmp_path).connect()
    assert not any(servo.get(TORQUE) for servo in bus.servos.values())


def test_a_bus_without_power_is_told_from_a_missing_servo(bus, tmp_path):
    bus.servos.clear()
    with pytest.raises(DriverError, match=r"no servo answers.*power supply"):
        so101_driver(bus, tmp_path, reply_timeout_s=0.01).connect()


def test_another_model_is_refused(bus, tmp_path):
    bus.servos[5].set(3, 2825, 2)
    with pytest.raises(DriverError, match=r"wrist_roll \(id 5\).*model 2825, not 777"):
        so101_driver(bus, tmp_path).connect()


@pytest.mark.parametrize(
    ("address", "value", "words"),
    [
        (31, 0x855 + 1, "homing_offset -86.*says -85"),
        (9, 700, "range_min 700.*747"),
        (11, 3000, "range_max 3000"),
    ],
)
def test_servos_of_another_calibration_are_refused_before_anything_is_written(
    bus, tmp_path, address, value, words
):
    bus.servos[1].set(address, value, 2)
    with pytest.raises(DriverError, match=f"servo shoulder_pan .*{words}"):
        so101_driver(bus, tmp_path).connect()
    assert not [p for p in bus.received if p[4] in (WRITE, SYNC_WRITE)]


def test_a_joint_outside_its_range_is_refused_because_its_servo_would_drive_into_it(bus, tmp_path):
    bus.servos[2].encoder = 3247 + 120 + 21
    with pytest.raises(DriverError, match=r"shoulder_lift stands at 3268 ticks, outside.*847 to 3247"):
        so101_driver(bus, tmp_path).connect()
    assert not any(servo.get(TORQUE) for servo in bus.servos.values())


def test_a_port_that_is_not_there_is_an_error_that_says_what_to_give(bus, tmp_path):
    driver = so101_driver(bus, tmp_path)
    config = SO101Config(port=str(tmp_path / "ttyACM7"), calibration=driver.config.calibration)
    with pytest.raises(DriverError, match=r"cannot open .*ttyACM7.*Serial ports here: .*--port"):
        SO101Driver(SPEC, config, SimulatedClock()).connect()


def test_a_second_master_on_the_same_port_is_refused(arm, bus, tmp_path):
    with pytest.raises(DriverError, match="cannot open"):
        so101_driver(bus, tmp_path).connect()
    assert arm.read().fault == ""


def test_without_the_vendors_sdk_the_error_names_the_extra(bus, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "scservo_sdk", None)
    monkeypatch.delitem(sys.modules, "wm_hardware.feetech_bus", raising=False)
    monkeypatch.delitem(sys.modules, "wm_hardware.feetech_port", raising=False)
    with pytest.raises(MissingDependencyError, match=r"wm_robot\[so101\]"):
        so101_driver(bus, tmp_path).connect()


def test_without_a_calibration_the_error_says_how_to_make_one(bus, tmp_path):
    config = SO101Config(port=bus.port, calibration=tmp_path / "none.json", reply_timeout_s=PATIENCE_S)
    with pytest.raises(WmrError, match="wmr calibrate --driver so101"):
        SO101Driver(SPEC, config, SimulatedClock()).connect()


# A bad line


@pytest.mark.parametrize("spoil", [lose, corrupt, claim_to_be_long])
@pytest.mark.parametrize("servo", [1, 3, 6])
def test_one_spoilt_answer_is_asked_for_again_within_the_same_read(arm, bus, spoil, servo):
    arm.clock.sleep_until_ns(1000)
    bus.answer_filter = once(spoil, lambda p: p[2] == servo)
    assert arm.read().stamp_ns == 1000
    assert not bus.answer_filter.left
    assert [p[4] for p in bus.received] == [SYNC_READ] * 2


def test_answers_that_come_too_late_do_not_answer_the_next_question(arm, bus):
    arm.command(target(0.0))
    before = settled(arm)
    bus.delay_s = 2.5 * PATIENCE_S / 6  # the first two answers are in time, the others are not, twice
    arm.clock.sleep_until_ns(1000)
    assert arm.read() is before
    bus.delay_s = 0.0
    bus.servos[6].encoder += 500
    for _ in range(10):  # the emulator first finishes what it was asked before
        if (state := arm.read()) is not before:
            break
    assert state.gripper == pytest.approx(0.6)


def test_what_was_on_the_line_before_the_question_is_no_answer(arm, bus):
    bus.say(packet(6, 0, (2900).to_bytes(2, "little") + b"\x00\x00"))
    arm.command(target(0.0, gripper=0.25))
    assert arm.read().gripper == pytest.approx(0.25)


def test_a_state_is_not_younger_than_the_question(arm, bus):
    def take_long(whole):
        arm.clock.sleep_until_ns(10**9)
        return whole

    bus.answer_filter = take_long
    assert arm.read().stamp_ns == 0
    assert arm.read().stamp_ns == 10**9


def test_while_a_servo_is_silent_the_state_keeps_its_stamp_until_the_arm_counts_as_lost(bus, tmp_path):
    driver = so101_driver(bus, tmp_path, reply_timeout_s=0.02, max_failures=3)
    driver.connect()
    before = driver.read()
    bus.answer_filter = lambda p: None if p[2] == 4 else p
    driver.clock.sleep_until_ns(10**9)
    assert [driver.read(), driver.read()] == [before, before]
    with pytest.raises(DriverError, match="no answer from wrist_flex in 3 reads"):
        driver.read()
    silent, bus.answer_filter = bus.answer_filter, lambda p: p
    after = driver.read()
    assert after.stamp_ns == 10**9
    bus.answer_filter = silent
    assert [driver.read(), driver.read()] == [after, after]  # the count has begun anew
    driver.disconnect()


def test_a_spoilt_command_moves_nothing_and_the_next_one_counts(arm, bus):
    bus.instruction_filter = once(corrupt, lambda p: p[4] == SYNC_WRITE)
    arm.command(target(0.0))
    settled(arm)
    assert [servo.travel for servo in bus.servos.values()] == [0] * 6
    arm.command(target(0.0))
    assert np.abs(settled(arm).q).max() <= TICK / 2


def test_a_pulled_plug_is_an_error_of_reads_and_commands_and_none_of_stop(arm, bus):
    bus.vanish()
    with pytest.raises(DriverError, match="is gone"):
        arm.read()
    with pytest.raises(DriverError, match="is gone"):
        arm.command(target(0.0))
    arm.stop()
    arm.disconnect()


# Faults and stopping


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


# Settings


def test_reads_that_would_outlast_a_control_period_are_refused(tmp_path):
    config = SO101Config(calibration=tmp_path / "x.json", reply_timeout_s=0.01, attempts=2)
    with pytest.raises(WmrError, match=r"2 attempts of 0\.01 s do not fit a control period of 0\.02 s"):
        SO101Driver(get_robot("so101"), config, SimulatedClock())


def test_an_arm_without_gripper_is_no_so101():
    with pytest.raises(MismatchError, match="'ur5e' has no gripper"):
        SO101Driver(get_robot("ur5e"), SO101Config(), SimulatedClock())


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"p_gain": 0}, "1 to 254"),
        ({"acceleration_rad_s2": 60.0}, r"0\.15 to 38\.9"),
        ({"gripper_torque": 1.5}, "share"),
        ({"attempts": 0}, "at least 1"),
    ],
)
def test_impossible_settings_are_refused(setting, words):
    with pytest.raises(WmrError, match=words):
        SO101Config(**setting)
