import json

import pytest
from servo_bus import Servo, ServoBus
from so101_on_a_bus import JOINTS, PATIENCE_S, SPEC
from wm_hardware.so101 import SO101Config, SO101Driver
from wm_hardware.so101_calibration import calibrate_so101

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import DriverError, WmrError

MIDDLES = {1: 1500, 2: 4000, 3: 2047, 4: 0, 5: 4095, 6: 2100}
REACH = {1: (-1000, 1100), 2: (-900, 900), 3: (-800, 1000), 4: (-700, 700), 5: (-50, 60), 6: (-10, 1200)}


class Person:
    """Moves emulated servos by hand as the procedure asks; notes what was asked."""

    def __init__(self, bus):
        self.bus, self.asked, self.seen = bus, [], []
        self.way = [0.0, 0.5, 1.0, 0.5, 0.0]  # of each joint's reach: down, up, and down again
        self.reach = dict(REACH)

    def confirm(self, text):
        self.asked.append(text)
        if "middle" in text:
            for servo, middle in MIDDLES.items():
                self.bus.servos[servo].encoder = middle

    def moving(self, travels):
        self.seen.append(travels)
        if not self.way:
            return False
        share = self.way.pop(0)
        for servo, (low, high) in self.reach.items():
            self.bus.servos[servo].encoder = (MIDDLES[servo] + round(low + share * (high - low))) % 4096
        return True


@pytest.fixture
def bus():
    servos = {i: Servo(i) for i in range(1, 7)}
    for servo in servos.values():
        servo.set(31, 0x8FF, 2)  # of an earlier arm: offset -255, a narrow range, torque on
        servo.set(9, 2000, 2)
        servo.set(11, 2100, 2)
        servo.set(42, 2048, 2)
        servo.set(40, 1)
        servo.set(55, 1)
        servo.keep()
    with ServoBus(servos) as bus:
        yield bus


@pytest.fixture
def config(bus, tmp_path):
    return SO101Config(port=bus.port, calibration=tmp_path / "arms" / "mine.json", reply_timeout_s=PATIENCE_S)


def test_the_procedure_writes_a_file_and_servos_that_the_driver_accepts(bus, config):
    person = Person(bus)
    made = calibrate_so101(SPEC, config, confirm=person.confirm, moving=person.moving)
    # offset = middle - 2047, but 2048 does not fit: 2047; range = 2047 + reach, of the free wrist all.
    expected = {
        "shoulder_pan": (1, -547, 1047, 3147),
        "shoulder_lift": (2, 1953, 1147, 2947),
        "elbow_flex": (3, 0, 1247, 3047),
        "wrist_flex": (4, -2047, 1347, 2747),
        "wrist_roll": (5, 2047, 0, 4095),
        "gripper": (6, 53, 2037, 3247),
    }
    assert {n: (j.id, j.homing_offset, j.range_min, j.range_max) for n, j in made.items()} == expected
    assert list(json.loads(config.calibration.read_text())) == list(JOINTS)
    for servo in bus.servos.values():
        assert servo.get(40) == 0  # never switched on again
        servo.power_cycle()
    driver = SO101Driver(SPEC, config, SimulatedClock())
    with driver:
        assert [servo.travel for servo in bus.servos.values()] == [0] * 6
        assert driver.read().gripper == 0.0


def test_nothing_is_written_before_the_person_has_said_yes(bus, config):
    def refuse(text):
        assert "torque" in text
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrate_so101(SPEC, config, confirm=refuse, moving=lambda travels: False)
    assert all(servo.get(40) for servo in bus.servos.values())
    assert not config.calibration.exists()


def test_a_person_sees_how_far_each_joint_has_been_moved(bus, config):
    person = Person(bus)
    calibrate_so101(SPEC, config, confirm=person.confirm, moving=person.moving)
    assert [type(t) for t in person.asked] == [str] * 3
    start, last = person.seen[0]["elbow_flex"], person.seen[-1]["elbow_flex"]
    assert (start.now, start.low, start.high) == (2047, 2047, 2047)
    assert (last.now, last.low, last.high) == (1247, 1247, 3047)


def test_a_joint_that_was_forgotten_is_named_and_no_file_is_written(bus, config):
    person = Person(bus)
    person.reach[3] = (-40, 60)
    with pytest.raises(WmrError, match="elbow_flex was moved by 100 ticks only"):
        calibrate_so101(SPEC, config, confirm=person.confirm, moving=person.moving)
    assert not config.calibration.exists()


def test_a_joint_that_passes_the_end_of_its_encoder_is_named(bus, config):
    person = Person(bus)
    person.way = [0.0, 0.25, 0.5, 0.75, 1.0]
    person.reach[2] = (0, 3000)
    with pytest.raises(WmrError, match="shoulder_lift went past the end of its encoder"):
        calibrate_so101(SPEC, config, confirm=person.confirm, moving=person.moving)


def test_a_servo_that_falls_silent_is_named(bus, config):
    person = Person(bus)

    def unplug(travels):
        bus.servos.pop(4, None)
        return True

    with pytest.raises(DriverError, match="wrist_flex fell silent"):
        calibrate_so101(SPEC, config, confirm=person.confirm, moving=unplug)
