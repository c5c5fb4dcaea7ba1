"""An arm in a thread: taken over, moved, let go at rest."""

import gc
import os
import time

import numpy as np
import pytest
from wm_hardware.fake import FakeConfig, FakeDriver

from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import WmrError
from wm_robot.robots import get_robot
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.control_thread import ControlThread
from wm_robot.runtime.control.pipeline import ControlConfig
from wm_robot.runtime.control.station import Station
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.flight_messages import ChunkReceived, PlannerReport

ROBOT = get_robot("ur5e")


class Line:
    """A planner that sends one long chunk, and keeps what it is told."""

    def __init__(self):
        self.told, self.next = [], None

    def chunk(self):
        chunk, self.next = self.next, None
        return chunk

    def report(self):
        return PlannerReport(heartbeat_ns=time.monotonic_ns(), plan_began_ns=0, cameras=())

    def rival(self):
        return ""

    def alive(self):
        return True

    def tell(self, status):
        self.told.append(status)

    def wait_for(self, state):
        end = time.monotonic() + 10.0
        while self.told[-1].state != state:
            assert time.monotonic() < end, f"{self.told[-1]}"
            time.sleep(0.01)

    def move(self):
        now_ns = time.monotonic_ns()
        self.next = ChunkReceived(
            arrival_ns=now_ns,
            observation_stamp_ns=now_ns,
            start_ns=now_ns,
            dt_s=0.1,
            actions=np.tile([0.01, 0.0, 0.0], (10, 1)),
            plan_id=1,
        )


@pytest.fixture
def arm(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(os, "sched_setscheduler", lambda *_: None)  # other tests want to run too
    robot, line = FakeDriver(ROBOT, FakeConfig(), SteadyClock()), Line()
    run = ControlRun(
        station="arm",
        robot=ROBOT,
        driver="fake",
        driver_config=FakeConfig(),
        control=ControlConfig(),
        folder=tmp_path / "run",
    )
    return ControlThread(run, robot, line), robot, line


def test_an_arm_that_moves_is_at_rest_when_it_is_let_go(arm):
    thread, _, line = arm
    thread.start()
    line.move()
    line.wait_for(Mode.RUNNING)
    thread.stop()
    assert line.told[-1].state == Mode.STOPPED
    assert not thread.running
    assert gc.isenabled()


def test_nothing_moves_when_it_is_taken_over(arm):
    thread, _, line = arm
    thread.start()
    while len(line.told) < 20:
        time.sleep(0.01)
    assert {status.state for status in line.told} == {Mode.STOPPED}
    np.testing.assert_allclose(line.told[-1].q, ROBOT.home, atol=1e-9)
    thread.stop()


def test_an_arm_that_cannot_be_taken_over_is_told(arm):
    thread, _, _ = arm
    Station("arm").latch("a test")
    with pytest.raises(WmrError, match="latched: a test"):
        thread.start()
    assert not thread.running


def test_a_loop_that_breaks_down_says_why(arm):
    thread, _, line = arm
    thread.start()

    def broken(status):
        raise ZeroDivisionError("a test")

    line.tell = broken
    while thread.running:
        time.sleep(0.01)
    assert thread.failure == "ZeroDivisionError: a test"
    thread.stop()
