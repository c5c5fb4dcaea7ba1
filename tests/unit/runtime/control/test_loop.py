"""The pace of the loop, and what it does when something breaks."""

import gc
import os

import numpy as np
import pytest
from wm_hardware.fake import FakeConfig, FakeDriver

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.mailbox import Mailbox
from wm_robot.robots import get_robot
from wm_robot.runtime.control.control_run import CHUNKS, REPORTS, STATUS
from wm_robot.runtime.control.faults import Fault
from wm_robot.runtime.control.loop import ControlLoop
from wm_robot.runtime.control.pipeline import ControlConfig, make_controller
from wm_robot.runtime.control.planner_line import TOLD, MailboxLine
from wm_robot.runtime.control.requests import Door
from wm_robot.runtime.control.station import Station
from wm_robot.runtime.control.stop_state import Mode

ROBOT = get_robot("ur5e")
PERIOD_NS = 4_000_000


class Log:
    def write(self, topic, stamp_ns, message):
        """Nothing here is looked at afterwards."""


class Parts:
    """A loop over a fake arm; `sent_ns` are the times of its commands, `stops` how often it was stopped."""

    def __init__(self, boxes, station, door):
        self.clock = SimulatedClock(10**9)
        self.robot = FakeDriver(ROBOT, FakeConfig(), self.clock)
        self.robot.connect()
        self.sent_ns, self.stops, self.boxes = [], 0, boxes
        command, stop = self.robot.command, self.robot.stop

        def counted_command(target):
            self.sent_ns.append(self.clock.now_ns())
            command(target)

        def counted_stop():
            self.stops += 1
            stop()

        self.robot.command, self.robot.stop = counted_command, counted_stop
        self.controller = make_controller(ROBOT, ControlConfig())
        self.loop = ControlLoop(
            self.controller,
            self.robot,
            station=station,
            door=door,
            line=MailboxLine(*boxes, alive=lambda: True),
            log=Log(),
            clock=self.clock,
            rate_hz=250.0,
        )

    def run(self, cycles, work_ns):
        """As many cycles, the i-th of which takes `work_ns(i)`."""
        count = 0

        def over(outputs):
            nonlocal count
            count += 1
            return count == cycles

        cycle = self.loop.cycle

        def working_cycle():
            self.clock.sleep_until_ns(self.clock.now_ns() + work_ns(count))
            return cycle()

        self.loop.cycle = working_cycle
        self.loop.run(over)


@pytest.fixture
def parts(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "sched_setscheduler", lambda *_: None)  # other tests want to run too
    station = Station("arm")
    station.make()
    boxes = [Mailbox(station.folder / name, 1 << 16) for name in (CHUNKS, REPORTS, STATUS)]
    door = Door(station)
    yield Parts(boxes, station, door)
    gc.enable()
    gc.unfreeze()
    door.close()
    for box in boxes:
        box.close()


def test_cycles_come_at_the_rate(parts):
    parts.run(10, lambda i: 1_000_000)
    assert np.diff(parts.sent_ns).tolist() == [PERIOD_NS] * 9
    assert parts.stops == 1  # at the end


def test_a_late_cycle_is_never_followed_by_a_burst(parts):
    parts.run(10, lambda i: 23_000_000 if i == 4 else 1_000_000)
    gaps = np.diff(parts.sent_ns)
    # It is sent 4 + 22 ms after the one before, at t. The next begins at t + 2, is ready at 3 and waits until
    # 3.6; the one after it begins at 6, is ready at 7 and waits until 7.2; the next begins at 10 and is ready
    # at 11, in time. Nothing makes up for the five periods that are lost.
    assert gaps[3] == PERIOD_NS + 22_000_000
    assert gaps[4:].tolist() == [3_600_000, 3_600_000, 3_800_000, PERIOD_NS, PERIOD_NS]


def test_an_exception_in_a_cycle_stops_the_arm(parts):
    parts.loop.cycle()

    def broken(inputs):
        raise ZeroDivisionError

    parts.controller.step = broken
    with pytest.raises(ZeroDivisionError):
        parts.loop.run(lambda outputs: False)
    assert parts.stops == 1


def test_a_lost_connection_is_no_exception(parts):
    parts.loop.cycle()
    parts.robot.faults.disconnected = True
    parts.clock.sleep_until_ns(parts.clock.now_ns() + PERIOD_NS)
    assert parts.loop.cycle().faults == (Fault.DRIVER_LOST,)


def test_a_state_without_one_number_a_joint_is_no_exception(parts, monkeypatch):
    parts.loop.cycle()
    read = parts.robot.read

    def short():
        told = read()
        object.__setattr__(told, "q", told.q[:4])
        return told

    monkeypatch.setattr(parts.robot, "read", short)
    assert parts.loop.cycle().faults == (Fault.STATE_INVALID,)
    assert len(TOLD.decode(Mailbox(parts.boxes[2].path).read()[0]).q) == 0


def test_no_reset_leads_out_while_the_latch_is_there(parts, monkeypatch):
    station = Station("arm")
    parts.loop.cycle()
    station.latch("somebody shouted")
    for _ in range(3):
        outputs = parts.loop.cycle()
    assert outputs.state == Mode.LATCHED
    monkeypatch.setattr(parts.loop._door, "take", lambda: ("reset",))
    for _ in range(3):
        assert parts.loop.cycle().state != Mode.STOPPED
    station.unlatch()
    for _ in range(3):
        outputs = parts.loop.cycle()
    assert outputs.state == Mode.STOPPED


def test_a_loop_that_ends_stops_a_running_arm(parts):
    parts.loop.cycle()
    parts.controller.stop.run()
    parts.loop.end()
    assert "stop asked for" in parts.loop.cycle().events
    assert parts.loop.cycle().state == Mode.STOPPED
