"""Lost, spoilt, late and foreign packets."""

import numpy as np
import pytest
from servo_bus import SYNC_READ, SYNC_WRITE, claim_to_be_long, corrupt, lose, once, packet
from so101_on_a_bus import PATIENCE_S, settled, so101_driver, target

from wm_robot.core.errors import DriverError

TICK = 2 * np.pi / 4096


@pytest.mark.parametrize("spoil", [lose, corrupt, claim_to_be_long])
@pytest.mark.parametrize("servo", [1, 6])
def test_one_spoilt_answer_is_asked_for_again_within_the_same_read(arm, bus, spoil, servo):
    arm.clock.sleep_until_ns(1000)
    bus.answer_filter = once(spoil, lambda p: p[2] == servo)
    assert arm.read().stamp_ns == 1000
    assert not bus.answer_filter.left
    assert [p[4] for p in bus.received] == [SYNC_READ] * 2


def test_answers_that_come_too_late_do_not_answer_the_next_question(arm, bus):
    arm.command(target(0.0))
    before = settled(arm)
    bus.delay_s = 2.5 * PATIENCE_S / 6  # the first two answers are in time, the others are not
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
    driver = so101_driver(bus, tmp_path, attempts=2, max_failures=3)
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
