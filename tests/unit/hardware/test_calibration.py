import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from so101_on_a_bus import CALIBRATION, JOINTS
from wm_hardware.calibration import JointCalibration, load_calibration, save_calibration
from wm_hardware.sts3215 import HOMING_OFFSET, PRESENT_VELOCITY

from wm_robot.core.errors import WmrError


def joint(**changes):
    values = {"id": 1, "drive_mode": 0, "homing_offset": 0, "range_min": 1000, "range_max": 3000}
    return JointCalibration(**{**values, **changes})


def write(folder, content):
    path = folder / "arm.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_file_of_lerobot_is_read_as_it_is_and_written_back_the_same(tmp_path):
    path = write(tmp_path, CALIBRATION)
    calibration = load_calibration(path, JOINTS)
    assert calibration["shoulder_lift"] == JointCalibration(
        id=2, drive_mode=0, homing_offset=120, range_min=847, range_max=3247
    )
    save_calibration(tmp_path / "copy.json", calibration)
    assert json.loads((tmp_path / "copy.json").read_text()) == CALIBRATION


def spoilt(name, **changes):
    return {**CALIBRATION, name: {**CALIBRATION[name], **changes}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read"),
        ([1], "holds a list"),
        (
            {"shoulder_pan": CALIBRATION["shoulder_pan"]},
            "is of shoulder_pan; this arm has shoulder_pan, shoul",
        ),
        ({**CALIBRATION, "elbow_flex": 7}, "joint elbow_flex must be a JSON object"),
        (spoilt("elbow_flex", range_min=3100), "joint elbow_flex: range_min 3100 and range_max 3100"),
        (spoilt("elbow_flex", range_max=4096), "joint elbow_flex: .*within 0 to 4095"),
        (spoilt("wrist_roll", homing_offset=2048), "joint wrist_roll: homing_offset is 2048.*±2047"),
        (spoilt("wrist_roll", drive_mode=2), "joint wrist_roll: drive_mode is 2"),
        (spoilt("gripper", id=254), "joint gripper: id is 254"),
        (spoilt("gripper", id=1), "joints shoulder_pan and gripper both have servo id 1"),
        (spoilt("gripper", id="6"), r"joint gripper\.id is '6'; it must be of type int"),
        (spoilt("gripper", offset=1), r"joint gripper has unknown fields \['offset'\]"),
    ],
)
def test_a_broken_calibration_is_an_error_that_names_the_joint(tmp_path, content, words):
    with pytest.raises(WmrError, match=words):
        load_calibration(write(tmp_path, content), JOINTS)


def test_a_calibration_with_a_servo_used_twice_is_not_written_over_a_good_one(tmp_path):
    path = write(tmp_path, CALIBRATION)
    with pytest.raises(WmrError, match="both have servo id 1"):
        save_calibration(path, {"a": joint(), "b": joint()})
    assert json.loads(path.read_text()) == CALIBRATION


def test_angles_are_those_of_lerobots_degrees_but_for_the_last_tick_of_a_turn():
    # LeRobot: (ticks - middle) * 360 / 4095 = (2500 - 2000) * 0.0879121 = 43.956 degrees = 0.767177 rad;
    # with 4096 ticks a turn it is 0.766990 rad, 0.02 % less.
    assert joint().radians(2500) == pytest.approx(0.766990, abs=1e-6)
    assert joint().radians(2500) == pytest.approx(0.767177, rel=3e-4)
    assert joint(drive_mode=1).radians(2500) == pytest.approx(-0.766990, abs=1e-6)


def test_an_opening_is_lerobots_0_to_100_over_a_hundred():
    assert [joint().opening(t) for t in (900, 1000, 1500, 3000, 3100)] == [0.0, 0.0, 0.25, 1.0, 1.0]
    assert joint(drive_mode=1).opening(1500) == 0.75
    assert joint(drive_mode=1).opening_ticks(0.75) == 1500


@settings(deadline=None)
@given(
    low=st.integers(0, 4000),
    width=st.integers(1, 4095),
    at=st.floats(0, 1),
    drive_mode=st.sampled_from([0, 1]),
)
def test_every_tick_of_a_range_comes_back_from_its_angle_and_its_opening(low, width, at, drive_mode):
    high = min(low + width, 4095)
    one = joint(drive_mode=drive_mode, range_min=low, range_max=high)
    ticks = round(low + at * (high - low))
    assert one.ticks(one.radians(ticks)) == ticks
    assert one.opening_ticks(one.opening(ticks)) == ticks


def test_signed_registers_are_a_magnitude_and_a_sign_bit():
    # Offset: bit 11 = 0x800; velocity: bit 15 = 0x8000; low byte first.
    assert bytes(HOMING_OFFSET.encode(-85)) == b"\x55\x08"
    assert HOMING_OFFSET.decode(b"\x55\x08") == -85
    assert bytes(HOMING_OFFSET.encode(2047)) == b"\xff\x07"
    assert PRESENT_VELOCITY.decode(b"\x64\x80") == -100
    assert PRESENT_VELOCITY.decode(b"\x64\x00") == 100
    with pytest.raises(OverflowError):
        HOMING_OFFSET.encode(2048)
