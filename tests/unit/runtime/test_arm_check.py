"""What a check says of arms and cameras that are in order, and of those that are not."""

from dataclasses import replace

import numpy as np
import pytest
from wm_hardware.fake import FakeConfig, FakeDriver

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import DriverError
from wm_robot.core.types import Frame
from wm_robot.robots import get_robot
from wm_robot.runtime.check.arm_check import check_arm
from wm_robot.runtime.check.joint_places import joint_places, place_findings, range_finding
from wm_robot.runtime.check.joint_stream import stream_findings, watch

UR5E = get_robot("ur5e")


class ReadOnly(FakeDriver):
    """A fake arm to which every command is a defect of the check."""

    def command(self, command):
        raise AssertionError("a check commands nothing")

    def stop(self):
        raise AssertionError("a stop is a command")


@pytest.fixture
def clock():
    return SimulatedClock(start_ns=10**12)


@pytest.fixture
def arm(clock):
    arm = ReadOnly(UR5E, FakeConfig(q_noise_rad=1e-3), clock)
    arm.connect()
    return arm


def streamed(arm, clock, seconds=2.0):
    return {f.name: f for f in stream_findings(UR5E, watch(arm, UR5E, clock, seconds))}


def placed(arm, clock):
    return {f.name: f for f in place_findings(joint_places(UR5E, watch(arm, UR5E, clock, 2.0)))}


def test_an_arm_in_order_gives_no_problem_and_gets_no_command(clock):
    report = check_arm(UR5E, ReadOnly(UR5E, FakeConfig(), clock), [], clock, seconds=0.5)
    assert [f.level for f in report.findings] == ["ok"] * len(report.findings)
    assert [j.name for j in report.joints] == list(UR5E.joint_names)
    assert {f.name for f in report.findings} >= {
        "rate of states",
        "age of states",
        "limits",
        "start of a run",
    }


def test_joints_are_told_by_name_with_share_distance_and_noise(arm, clock):
    arm.faults.shuffled = True
    rows = joint_places(UR5E, watch(arm, UR5E, clock, 4.0))
    elbow = rows[2]
    # The elbow's home is -2.0047 of ±π: (π - 2.0047) / 2π = 0.181, and 1.137 rad from the limit at -π.
    assert elbow.name == "elbow_joint"
    assert elbow.share == pytest.approx(0.181, abs=0.001)
    assert elbow.to_limit_rad == pytest.approx(1.137, abs=0.001)
    # 2,000 readings: the standard deviation is known to 1/sqrt(4000) = 1.6 %.
    assert elbow.noise_rad == pytest.approx(1e-3, rel=0.1)


def test_rate_and_age_are_those_of_the_stamps(arm, clock):
    found = streamed(arm, clock)
    # Read at twice 250 Hz, and the fake arm has a new state at each reading.
    assert found["rate of states"].detail.startswith("500 Hz, gaps p50 2.0 ms, p99 2.0 ms")
    assert found["age of states"].detail.startswith("p50 0.0 ms, p99 0.0 ms")
    assert all(f.level == "ok" for f in found.values())


def test_states_that_come_too_seldom_are_a_warning(clock):
    arm = ReadOnly(UR5E, FakeConfig(state_loss=0.7), clock)
    arm.connect()
    rate = streamed(arm, clock)["rate of states"]
    # 30 % of 500 readings a second are new: 150 Hz, below 250.
    assert rate.level == "warning"
    assert 120 < float(rate.detail.split()[0]) < 180


def test_an_arm_that_falls_silent_is_a_problem(arm, clock):
    arm.faults.silent = True
    found = streamed(arm, clock)
    assert found["rate of states"].level == "problem"
    assert "no newer one" in found["rate of states"].detail
    # The last of 1,000 readings, 2 ms apart, finds the one state 1.998 s old; half of that is 999 ms.
    assert found["age of states"].level == "problem"
    assert found["age of states"].detail.startswith("p50 999.0 ms")


@pytest.mark.parametrize(
    ("jump_s", "said"), [(-0.5, "the watchdogs would stop the arm"), (0.5, "states from the future")]
)
def test_stamps_of_another_clock_are_a_problem(arm, clock, jump_s, said):
    arm.faults.stamp_jump_ns = round(jump_s * 1e9)
    age = streamed(arm, clock)["age of states"]
    assert (age.level, said in age.advice) == ("problem", True)


def test_stamps_that_run_backwards_are_counted(arm, clock):
    arm.faults.reversed_stamps = True
    stamps = streamed(arm, clock, seconds=0.2)["stamps"]
    # 100 readings, each but the first older than the one before.
    assert (stamps.level, stamps.detail.split(" states")[0]) == ("problem", "99 of 100")


def test_numbers_that_are_none_name_every_joint(arm, clock):
    arm.faults.not_a_number = True
    joints = placed(arm, clock)["joints"]
    assert joints.level == "problem"
    assert "elbow_joint" in joints.advice


def test_a_joint_near_its_limit_is_a_warning_and_one_outside_a_problem(clock):
    for lower, level in ((-2.03, "warning"), (-1.9, "problem")):
        arm = ReadOnly(UR5E, FakeConfig(), clock)
        arm.connect()
        narrow = replace(
            UR5E, lower=(*UR5E.lower[:2], lower, *UR5E.lower[3:]), home=(0.0, -1.5, -1.5, 0, 0, 0)
        )
        rows = joint_places(narrow, watch(arm, narrow, clock, 0.1))
        found = {f.name: f for f in place_findings(rows)}["distance to limits"]
        # The arm stands at -2.0047 rad.
        assert (found.level, found.detail.split()[0]) == (level, "elbow_joint")


def test_an_arm_of_other_joints_ends_with_the_valid_names(clock):
    arm = ReadOnly(get_robot("panda"), FakeConfig(), clock)
    report = check_arm(UR5E, arm, [], clock, seconds=0.1)
    last = report.findings[-1]
    assert (last.name, last.level) == ("joints", "problem")
    assert "panda_joint1" in last.advice
    assert report.joints == []


def test_a_stop_of_the_arms_own_is_told_in_its_words(clock):
    arm = ReadOnly(UR5E, FakeConfig(), clock)
    arm.faults.protective_stop = "protective stop"
    found = {f.name: f for f in check_arm(UR5E, arm, [], clock, seconds=0.1).findings}
    assert (found["the arm itself"].level, found["the arm itself"].detail) == ("problem", "protective stop")
    assert found["start of a run"].level == "problem"


def test_a_connection_that_is_lost_is_a_problem_and_the_driver_is_disconnected(clock):
    arm = ReadOnly(UR5E, FakeConfig(), clock)
    arm.faults.disconnected = True
    (finding,) = check_arm(UR5E, arm, [], clock, seconds=0.1).findings
    assert (finding.name, finding.level) == ("connection", "problem")
    assert finding.advice == "set that to False"
    arm.faults.disconnected = False
    with pytest.raises(DriverError, match="not connected"):
        arm.read()


def test_the_arms_own_range_is_held_against_the_specs():
    class Narrow:
        joint_range = np.full(6, -3.0), np.full(6, 3.2)

    found = range_finding(UR5E, Narrow())
    # ±π of the elbow, the narrowest joint, is within 3.2 (183°) but not within -3 (-172°).
    assert found.level == "warning"
    assert "elbow_joint -180 to 180°, the arm -172 to 183°" in found.detail


class Camera:
    """Frames by order: a function of the time gives stamp and brightness."""

    name = "front"

    def __init__(self, clock, shown):
        self.clock, self.shown = clock, shown

    def read(self):
        stamp_ns, value = self.shown(self.clock.now_ns())
        return Frame(stamp_ns=stamp_ns, image=np.full((48, 64, 3), value % 256, np.uint8))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


def at_30_hz(now_ns):
    number = now_ns * 30 // 10**9
    return number * 10**9 // 30, number


@pytest.mark.parametrize(
    ("shown", "level", "said"),
    [
        (at_30_hz, "ok", "64×48, 30.0 Hz"),
        (lambda now: (at_30_hz(now)[0], 7), "problem", "the picture stays the same"),
        (lambda now: (at_30_hz(now)[0] - 600_000_000, now), "problem", "older than 500 ms"),
        (lambda now: (10**12, 7), "problem", "one picture"),
        (lambda now: (now - 2 * (now % 20_000_000), now // 10**6), "problem", "back in time"),
    ],
    ids=["in order", "frozen", "stale", "silent", "backwards"],
)
def test_a_camera_is_judged_by_rate_age_order_and_change(clock, shown, level, said):
    arm = ReadOnly(UR5E, FakeConfig(), clock)
    found = {f.name: f for f in check_arm(UR5E, arm, [Camera(clock, shown)], clock, seconds=1.0).findings}[
        "camera front"
    ]
    assert (found.level, said in f"{found.detail}; {found.advice}") == (level, True), found


def test_a_camera_that_is_not_there_leaves_the_others(clock):
    class Gone(Camera):
        name = "top"

        def __enter__(self):
            raise DriverError("camera 'top': cannot open 7; there are: video0")

    arm = ReadOnly(UR5E, FakeConfig(), clock)
    cameras = [Gone(clock, at_30_hz), Camera(clock, at_30_hz)]
    found = {f.name: f for f in check_arm(UR5E, arm, cameras, clock, seconds=1.0).findings}
    assert (found["camera top"].level, found["camera top"].advice) == ("problem", "there are: video0")
    assert found["camera front"].level == "ok"
