"""A session's part of the loop: what it sees together, and that the arm rests however it ends."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.spaces import ActionSpace, ObservationSpace
from wm_robot.core.types import ActionChunk, Frame, Goal
from wm_robot.runtime.arm_session import ArmSession
from wm_robot.runtime.control.control_run import ArmStatus
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.planner_link import StatusHistory

MS = 1_000_000
SPACE = ActionSpace(
    kind="end_effector_delta", names=("dx",), units=("m",), low=(-0.1,), high=(0.1,), rate_hz=5.0
)
SENSES = ObservationSpace(cameras=("top",), image_size=(2, 2), proprio_names=("ee_x",))
GOAL = Goal(latent=np.zeros(1))
ARM = SimpleNamespace(place=lambda q: SimpleNamespace(translation=np.array([q[0], 0.0, 0.0])))


class Link:
    """An arm whose only joint is at as many radians as seconds have passed."""

    def __init__(self, clock):
        self.clock, self.asked, self.sent = clock, [], []
        self.mode, self.faults = Mode.RUNNING, ()
        self._history = StatusHistory()

    def status(self):
        now_ns = self.clock.now_ns()
        seconds = now_ns * 1e-9
        status = ArmStatus(
            now_ns=now_ns,
            state_ns=now_ns,
            q=np.array([seconds]),
            v=np.zeros(1),
            p_WE=np.array([seconds, 0.0, 0.0]),
            state=self.mode,
            faults=self.faults,
            reasons=(),
            epoch_ns=0,
            cycles=0,
        )
        self._history.add(status)
        return status

    def status_at(self, stamp_ns):
        return self._history.nearest(stamp_ns)

    def report(self, frames, plan_began_ns=0):
        pass

    def send(self, chunk):
        self.sent.append(chunk)

    def ask(self, request):
        self.asked.append(request)

    def wait_for_rest(self):
        self.mode = Mode.LATCHED if self.faults else Mode.STOPPED
        return self.status()


class Camera:
    """Its pictures come with a delay."""

    name = "top"

    def __init__(self, clock, delay_ms=0):
        self.clock, self.delay_ms = clock, delay_ms

    def read(self):
        stamp_ns = self.clock.now_ns() - self.delay_ms * MS
        return Frame(stamp_ns=stamp_ns, image=np.zeros((2, 2, 3), np.uint8))


class Actor:
    """Takes 30 ms to decide to hold."""

    def __init__(self, clock):
        self.clock, self.observed, self.executed = clock, [], []

    def reset(self, goal, seed=0):
        pass

    def observe(self, observation, executed=None):
        self.observed.append(observation)
        self.executed.append(executed)

    def plan(self, under_way=None):
        self.clock.sleep_until_ns(self.clock.now_ns() + 30 * MS)
        stamp_ns = self.observed[-1].stamp_ns
        return ActionChunk(
            observation_stamp_ns=stamp_ns, start_ns=stamp_ns, dt_s=0.2, actions=np.zeros((2, 1))
        )


class Rig:
    def __init__(self):
        self.clock = SimulatedClock(10 * 1000 * MS)
        self.link, self.camera, self.actor = Link(self.clock), Camera(self.clock), Actor(self.clock)
        self.periods = []

    def run(self, steps=3, **options):
        session = ArmSession(self.link, [self.camera], ARM, SPACE, SENSES, clock=self.clock)
        return session.run(self.actor, GOAL, steps=steps, on_period=self.periods.append, **options)


@pytest.fixture
def rig():
    return Rig()


def test_a_session_ends_after_its_periods_with_an_arm_that_was_told_to_stop(rig):
    result = rig.run(steps=3)
    # The first action acts one period after the start, so three of them take four.
    assert (result.ended, result.periods) == ("done", 4)
    assert rig.link.asked == ["stop"]
    # One radian a second for 0.2 s.
    np.testing.assert_allclose([executed[0] for executed in rig.actor.executed[1:]], 0.2)


def test_pictures_are_seen_with_the_joints_of_their_time(rig):
    rig.camera.delay_ms = 70
    rig.run(steps=3)
    last = rig.actor.observed[-1]
    # The joint is at the time in seconds. It was looked at 50 ms apart after planning, so 170, 120, 70 and
    # 20 ms before the period's end, and 70 ms before it the picture was taken.
    assert rig.periods[-1].spread_s == 0
    assert last.proprio[0] == pytest.approx(last.stamp_ns * 1e-9)


def test_a_decision_tells_how_old_its_observation_was_when_it_was_sent(rig):
    rig.camera.delay_ms = 70
    rig.run(steps=3)
    # 70 ms of the camera, 30 ms of planning.
    assert rig.periods[-1].age_s == pytest.approx(0.1)


def test_an_arm_whose_camera_has_gone_is_told_to_stop(rig):
    def gone():
        raise DriverError("camera 'top' has gone")

    def unplug(period):
        rig.camera.read = gone

    rig.periods = SimpleNamespace(append=unplug)
    with pytest.raises(DriverError, match="has gone"):
        rig.run()
    assert rig.link.asked == ["stop"]


def test_the_first_error_is_told_where_the_arm_cannot_be_asked_to_stop(rig):
    def refuse(request):
        raise WmrError("does not answer")

    def fail(observation, executed=None):
        raise DriverError("no eyes")

    rig.link.ask, rig.actor.observe = refuse, fail
    with pytest.raises(DriverError, match="no eyes"):
        rig.run()


def test_a_session_that_sees_nothing_new_is_given_up(rig):
    picture = rig.camera.read()
    rig.camera.read = lambda: picture
    with pytest.raises(DriverError, match=r"show nothing new since 5\.0 s"):
        rig.run()
    assert len(rig.link.sent) == 1
    assert rig.link.asked == ["stop"]


def test_whoever_asks_ends_a_session_in_good_order(rig):
    result = rig.run(steps=100, stop=lambda: len(rig.periods) == 2)
    assert (result.ended, result.periods) == ("stopped", 2)
    assert rig.link.asked == ["stop"]


def test_a_fault_that_latches_the_arm_ends_the_session_with_its_name(rig):
    def latch(period):
        rig.link.mode, rig.link.faults = Mode.LATCHED, ("joint state is too old",)

    rig.periods = SimpleNamespace(append=latch)
    result = rig.run(steps=100)
    assert (result.ended, result.periods) == ("joint state is too old", 1)


def test_a_fault_that_latches_the_arm_while_it_comes_to_rest_is_told(rig):
    def fault(request):
        rig.link.faults = ("the arm does not follow its commands",)

    rig.link.ask = fault
    assert rig.run().ended == "the arm does not follow its commands"


def test_only_known_joint_states_are_remembered_each_once():
    history = StatusHistory()
    with pytest.raises(DriverError, match="nothing is known of the arm's joints"):
        history.nearest(0)
    told = Link(SimulatedClock(10 * MS)).status()
    for status in (told, replace(told, cycles=1), replace(told, q=np.empty(0), state_ns=20 * MS)):
        history.add(status)
    assert history.nearest(20 * MS) is told


def test_a_resting_arm_is_seen_and_gives_signs_of_life(rig):
    session = ArmSession(rig.link, [rig.camera], ARM, SPACE, SENSES, clock=rig.clock)
    seen, reports = [], []
    rig.link.report = lambda frames, plan_began_ns=0: reports.append(frames)

    def until(observation):
        seen.append(observation)
        return len(seen) == 3

    session.rest(until)
    assert [round((b.stamp_ns - a.stamp_ns) / MS) for a, b in pairwise(seen)] == [50, 50]  # LOOK_S
    assert len(reports) == 3
    assert rig.link.sent == []
