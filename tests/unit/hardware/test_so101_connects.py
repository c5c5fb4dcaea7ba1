"""From servos in any state to an arm that holds still."""

import sys

import pytest
from servo_bus import SYNC_WRITE, WRITE, corrupt, lose, once
from so101_on_a_bus import PATIENCE_S, SPEC, so101_driver
from wm_hardware.so101 import SO101Config, SO101Driver

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import DriverError, MismatchError, MissingDependencyError, WmrError
from wm_robot.robots import get_robot

ACCELERATION, GOAL, TORQUE, MODE, LOCK = 41, 42, 40, 33, 55


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
