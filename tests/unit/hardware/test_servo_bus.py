"""The emulator against the examples of Feetech's protocol manual, so that it may judge the driver."""

import os
import select

import pytest
from servo_bus import Servo, ServoBus


@pytest.fixture
def bus():
    with ServoBus({i: Servo(i) for i in range(1, 5)}) as bus:
        yield bus


def exchange(bus, sent, length):
    line = os.open(bus.port, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(line, bytes.fromhex(sent))
        got = b""
        while len(got) < length and select.select([line], [], [], 2.0)[0]:
            got += os.read(line, 256)
        return got.hex(" ").upper()
    finally:
        os.close(line)


def test_ping(bus):
    # ~(01 + 02 + 01) = FB; ~(01 + 02 + 00) = FC
    assert exchange(bus, "FF FF 01 02 01 FB", 6) == "FF FF 01 02 00 FC"


def test_read_of_a_position(bus):
    bus.servos[1].encoder = 0x0518
    # ~(01 + 04 + 02 + 38 + 02) = BE; ~(01 + 04 + 00 + 18 + 05) = DD
    assert exchange(bus, "FF FF 01 04 02 38 02 BE", 8) == "FF FF 01 04 00 18 05 DD"


def test_write_of_an_acceleration(bus):
    # ~(02 + 04 + 03 + 29 + 32) = 9B; ~(02 + 02 + 00) = FB
    assert exchange(bus, "FF FF 02 04 03 29 32 9B", 6) == "FF FF 02 02 00 FB"
    assert bus.servos[2].get(0x29) == 50


def test_sync_write_to_four_servos_is_not_answered(bus):
    # To 2048 at 1000 ticks/s: four blocks sum to 4 (08 + E8 + 03) + 0A = 3D6, the head to 1D1; ~A7 = 58
    blocks = " ".join(f"0{i} 00 08 00 00 E8 03" for i in range(1, 5))
    # A ping behind it shows that it has been taken, and that nothing else came back.
    assert exchange(bus, f"FF FF FE 20 83 2A 06 {blocks} 58 FF FF 01 02 01 FB", 6) == "FF FF 01 02 00 FC"
    assert [servo.get(42, 2) for servo in bus.servos.values()] == [2048] * 4
    assert [servo.get(46, 2) for servo in bus.servos.values()] == [1000] * 4


def test_sync_read_is_answered_in_the_order_asked(bus):
    bus.servos[1].encoder, bus.servos[2].encoder = 0x0800, 0x0801
    # ~(FE + 06 + 82 + 38 + 02 + 02 + 01) = ~C3 = 3C; ~(02 + 04 + 00 + 01 + 08) = F0; ~(01 + 04 + 08) = F2
    assert (
        exchange(bus, "FF FF FE 06 82 38 02 02 01 3C", 16)
        == "FF FF 02 04 00 01 08 F0 FF FF 01 04 00 00 08 F2"
    )


def test_a_wrong_checksum_an_unknown_servo_and_noise_are_met_with_silence(bus):
    assert exchange(bus, "FF FF 01 02 01 FA FF FF 09 02 01 F3 00 FF 12 FF FF 03 02 01 F9", 6) == (
        "FF FF 03 02 00 FA"
    )


def test_a_servo_with_torque_turns_to_its_goal_within_its_limits(bus):
    servo = bus.servos[1]
    servo.set(11, 3000, 2)
    servo.write(42, (3500).to_bytes(2, "little"))
    assert (servo.encoder, servo.travel) == (2048, 0)
    servo.write(40, b"\x01")
    assert (servo.encoder, servo.travel) == (3000, 952)


def test_eprom_keeps_only_what_was_written_unlocked():
    servo = Servo(1)
    servo.write(55, b"\x01")
    servo.write(21, b"\x10")
    assert servo.get(21) == 16
    servo.power_cycle()
    assert servo.get(21) == 32
    servo.write(55, b"\x00")
    servo.write(21, b"\x10")
    servo.power_cycle()
    assert servo.get(21) == 16
