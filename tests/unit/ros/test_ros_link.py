"""The planner's end of the line to the safety controller."""

import numpy as np
import pytest
from wm_robot_ros.ros_link import RosLink
from wm_robot_ros.ros_time import RosTime, fill, nanoseconds

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import DriverError, UnknownNameError
from wm_robot.core.spaces import ActionSpace
from wm_robot.core.types import Frame
from wm_robot.runtime.control.stop_state import Mode

SECOND = 10**9
SPACE = ActionSpace(
    kind="end_effector_delta", names=("dx",), units=("m",), low=(-0.1,), high=(0.1,), rate_hz=5.0
)


class Topic:
    def __init__(self):
        self.waiting, self.sent = [], []

    def take(self):
        taken, self.waiting = self.waiting, []
        return taken

    def send(self, message):
        self.sent.append(message)


class Rig:
    def __init__(self, messages):
        self.messages = messages
        self.clock = SimulatedClock(50 * SECOND)
        self.time = RosTime(lambda: self.clock.now_ns() + 100 * SECOND, self.clock)
        self.statuses, self.beats, self.chunks = Topic(), Topic(), Topic()
        self.link = RosLink(
            messages,
            chunks=self.chunks,
            heartbeats=self.beats,
            statuses=self.statuses,
            request=lambda name: {"message": name},
            time=self.time,
            clock=self.clock,
            space=SPACE,
            joint_names=("a", "b"),
            frame="world",
        )

    def tell(self, mode=None, age_s=0.0, names=("a", "b"), position=(0.1, 0.2)):
        message = self.messages.SafetyStatus(
            mode=self.messages.SafetyStatus.STOPPED if mode is None else mode,
            joint_names=list(names),
            position=list(position),
            velocity=[0.0 for _ in position],
        )
        now_ns = self.time.to_ros(self.clock.now_ns())
        fill(message.header.stamp, now_ns)
        fill(message.state_stamp, now_ns - round(age_s * 1e9))
        self.statuses.waiting.append(message)

    def pass_s(self, seconds):
        self.clock.sleep_until_ns(self.clock.now_ns() + round(seconds * 1e9))


@pytest.fixture
def rig(messages):
    return Rig(messages)


def test_the_arm_is_told_in_the_order_of_its_own_joints(rig):
    rig.tell(names=("b", "finger", "a"), position=(0.2, 9.0, 0.1))
    status = rig.link.status()
    np.testing.assert_array_equal(status.q, [0.1, 0.2])
    assert status.state == Mode.STOPPED
    assert status.state_ns == rig.clock.now_ns()


def test_the_status_of_another_arm_is_refused(rig):
    rig.tell(names=("c", "d"))
    with pytest.raises(UnknownNameError, match="joint 'a'"):
        rig.link.status()


def test_an_arm_whose_joints_are_not_known_has_a_status_and_no_place(rig):
    rig.tell(names=("a", "b"), position=())
    assert rig.link.status().q.size == 0
    with pytest.raises(DriverError, match="joints"):
        rig.link.status_at(0)


def test_the_joints_at_a_pictures_time_are_those_measured_nearest_to_it(rig):
    for age_s, position in ((0.06, 1.0), (0.04, 2.0), (0.02, 3.0)):
        rig.tell(age_s=age_s, position=(position, 0.0))
    rig.link.status()
    assert rig.link.status_at(rig.clock.now_ns() - 35 * SECOND // 1000).q[0] == 2.0


def test_a_safety_controller_that_falls_silent_is_an_error_after_a_second(rig):
    rig.tell()
    rig.link.status()
    rig.pass_s(0.9)
    assert rig.link.status()
    rig.pass_s(0.2)
    with pytest.raises(DriverError, match="commands no arm"):
        rig.link.status()


def test_one_that_is_inactive_counts_as_silent(rig):
    rig.tell()
    rig.link.status()
    rig.pass_s(1.1)
    rig.tell(mode=rig.messages.SafetyStatus.INACTIVE)
    with pytest.raises(DriverError, match="activate"):
        rig.link.status()


def test_a_beat_during_a_plan_tells_again_since_when_and_from_what_it_is_made(rig):
    stamp_ns = rig.clock.now_ns()
    frame = Frame(stamp_ns=stamp_ns, image=np.zeros((2, 2, 3), np.uint8))
    rig.link.report({"top": frame}, stamp_ns)
    rig.pass_s(0.3)
    rig.link.beat()
    report, beat = rig.beats.sent
    assert nanoseconds(beat.header.stamp) - nanoseconds(report.header.stamp) == 3 * SECOND // 10
    assert nanoseconds(beat.plan_began) == nanoseconds(report.plan_began) == stamp_ns + 100 * SECOND
    assert [nanoseconds(camera.stamp) for camera in beat.cameras] == [stamp_ns + 100 * SECOND]
