"""A check of arms that speak their own protocol: what it tells, and that it moves and sends nothing."""

import pytest
from so101_on_a_bus import CALIBRATION, SPEC, so101_driver
from ur_controller import STOPPED
from ur_on_loopback import Controller
from wm_hardware.ur import URDriver
from wm_hardware.ur_config import URConfig

from wm_robot.core.clock import SteadyClock
from wm_robot.robots import get_robot
from wm_robot.runtime.check.arm_check import check_arm

SYNC_WRITE, GOAL_POSITION = 0x83, 42


def test_a_check_of_an_so101_tells_its_calibrated_ranges_and_turns_no_servo(bus, tmp_path):
    driver = so101_driver(bus, tmp_path)
    report = check_arm(SPEC, driver, [], driver.clock, seconds=2.0)
    found = {f.name: f for f in report.findings}
    # Each servo stands 100 ticks of 4096 from its lowest: 8.8° from that end. Calibrated wider than the
    # spec, the pan has (1300 - 100) ticks to its middle, 1.841 rad, and 0.079 rad to the spec's -1.920.
    pan = report.joints[0]
    assert pan.name == "shoulder_pan"
    assert pan.position_rad == pytest.approx(-1.841, abs=0.001)
    assert pan.to_limit_rad == pytest.approx(0.079, abs=0.001)
    # Of the calibrated half ranges in ticks, 1300, 1200, 1100, 1000 and 2047.5, the wrist's alone is
    # narrower than the spec's: 1.534 rad is 88°, and the spec has 95.
    assert found["limits"].level == "warning"
    assert found["limits"].detail == "wrist_flex -95 to 95°, the arm -88 to 88°"
    assert [servo.travel for servo in bus.servos.values()] == [0] * len(CALIBRATION)
    assert not [p for p in bus.received if p[4] == SYNC_WRITE and p[5] == GOAL_POSITION]


def test_a_check_of_an_so101_with_a_silent_servo_names_it(bus, tmp_path):
    del bus.servos[3]
    driver = so101_driver(bus, tmp_path)
    (finding,) = check_arm(SPEC, driver, [], driver.clock, seconds=1.0).findings
    assert (finding.name, finding.level) == ("connection", "problem")
    assert "elbow_flex" in f"{finding.detail} {finding.advice}"


def test_a_check_of_a_ur_tells_the_clock_offset_streams_nothing_and_leaves_no_program():
    pytest.importorskip("rtde_control", reason="needs the extra 'ur'")
    spec, controller, clock = get_robot("ur5e"), Controller(), SteadyClock()
    try:
        driver = URDriver(spec, URConfig(host=controller.host), clock)
        report = check_arm(spec, driver, [], clock, seconds=0.5)
        state = controller("state")
    finally:
        controller.close()
    found = {f.name: f for f in report.findings}
    assert found["joints"].detail == "6 found by name"
    assert report.joints[2].position_rad == pytest.approx(-2.0)
    # The controller counts from 1000 s before it started, this machine from its own start.
    assert "s to the arm's clock" in found["clock offset"].detail
    assert (state["servoj"], state["speedj"]) == (0, 0)
    assert state["runtime"] == STOPPED
    assert state["q"] == pytest.approx([0.3, -1.5, -2.0, -1.0, 1.5, -1.3])
