"""Real processes and a simulated arm in real time: who is killed when, and what the arm does."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from wm_sim.driver import SimConfig

from wm_robot.core.errors import DriverError, WmrError
from wm_robot.core.types import ActionChunk
from wm_robot.data.flight.reader import read_flight
from wm_robot.robots import get_robot
from wm_robot.runtime.arm_link import ArmLink
from wm_robot.runtime.control.control_run import ControlRun
from wm_robot.runtime.control.faults import Fault
from wm_robot.runtime.control.pipeline import ControlConfig, rebuild
from wm_robot.runtime.control.station import Station
from wm_robot.runtime.control.stop_state import Mode
from wm_robot.runtime.flight_messages import INPUTS, OUTPUTS, TOPICS
from wm_robot.runtime.replay import repetition
from wm_robot.runtime.run_metadata import FLIGHT, read_run_metadata

PATIENCE_S = 30.0


def link_to(folder, station="arm"):
    return ArmLink(
        ControlRun(
            station=station,
            robot=get_robot("ur5e"),
            driver="sim",
            driver_config=SimConfig(name=f"{station}{os.getpid()}"),
            control=ControlConfig(),
            folder=folder,
        )
    )


def send(link, plan_id, dx=0.01):
    """A sign of life, and a chunk that moves the tip by `dx` in each of five periods of 0.1 s."""
    now_ns = time.monotonic_ns()
    link.report({})
    link.send(
        ActionChunk(
            observation_stamp_ns=now_ns,
            start_ns=now_ns,
            dt_s=0.1,
            actions=np.tile([dx, 0.0, 0.0], (5, 1)),
            plan_id=plan_id,
        )
    )


def keep_moving(link, until, dx=0.01):
    """Plan at 10 Hz, forth and back, until `until` holds of the status."""
    end = time.monotonic() + PATIENCE_S
    for plan_id in range(10**6):
        status = link.status()
        if until(status):
            return status
        assert time.monotonic() < end, f"in vain: {status}"
        send(link, plan_id, dx if plan_id // 8 % 2 == 0 else -dx)
        time.sleep(0.1)
    raise AssertionError


def moving(status):
    return status.state == Mode.RUNNING and np.abs(status.v).max() > 0.05


def flight(folder):
    path = folder / FLIGHT
    inputs = [r.message for r in read_flight(path, {INPUTS: TOPICS[INPUTS]})]
    outputs = [r.message for r in read_flight(path, {OUTPUTS: TOPICS[OUTPUTS]})]
    return inputs, outputs


def assert_repeats(folder):
    path = folder / FLIGHT
    assert list(repetition(path, rebuild(read_run_metadata(path)))) == []


def wait_for(condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def tells(link):
    with suppress(DriverError):
        return bool(link.status())


def is_alive(pid):
    """Whether it runs; a zombie that nobody has collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_chunks_move_the_arm_and_an_estop_latches_beyond_the_end_of_the_process(tmp_path):
    station = Station("arm")
    with link_to(tmp_path / "a") as link:
        start = link.status().p_WE
        for plan_id in range(5):
            send(link, plan_id)
            time.sleep(0.1)
        assert 0.02 < link.status().p_WE[0] - start[0] < 0.1  # five periods of 1 cm, and what is under way
        link.ask("stop")
        assert link.wait_for_rest().state == Mode.STOPPED
        with pytest.raises(WmrError, match="another process commands 'arm'"), link_to(tmp_path / "second"):
            pass

        keep_moving(link, moving)
        station.latch("somebody shouted")
        assert keep_moving(link, lambda status: status.state == Mode.LATCHED).faults == (Fault.ESTOP,)
        link.ask("reset")  # refused as long as the latch is there
        assert keep_moving(link, lambda status: status.state == Mode.LATCHED)
        held = link.status().q
        for plan_id in range(3):
            send(link, plan_id)
            time.sleep(0.1)
        np.testing.assert_allclose(link.status().q, held, atol=1e-3)
    with pytest.raises(WmrError, match=r"latched: somebody shouted.*wmr reset"), link_to(tmp_path / "b"):
        pass


PLANNER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_control_process as test
if __name__ == "__main__":
    with test.link_to(Path(sys.argv[2])) as link:
        test.keep_moving(link, test.moving)
        print(link.pid, flush=True)
        test.keep_moving(link, lambda status: False)
"""


def test_when_the_planner_is_killed_the_arm_comes_to_a_standstill_and_its_process_ends(tmp_path):
    script = tmp_path / "planner.py"
    script.write_text(PLANNER)
    here = str(Path(__file__).parent)
    planner = subprocess.Popen(
        [sys.executable, str(script), here, str(tmp_path / "run")], stdout=subprocess.PIPE
    )
    control_pid = int(planner.stdout.readline())
    planner.kill()
    planner.wait()
    planner.stdout.close()
    wait_for(lambda: not is_alive(control_pid))

    inputs, outputs = flight(tmp_path / "run")
    assert any(np.abs(cycle.state.v).max() > 0.05 for cycle in inputs)  # it did move
    assert outputs[-1].state == Mode.LATCHED
    assert Fault.PLANNER_DEAD in outputs[-1].faults
    assert any("the planner process has ended" in event for out in outputs for event in out.events)
    assert np.abs(inputs[-1].state.v).max() <= 0.05
    assert not outputs[-1].v.any()
    assert_repeats(tmp_path / "run")
    with Station("arm").command():  # and the arm is free
        pass


def test_when_the_control_process_is_killed_the_planner_says_so(tmp_path):
    with link_to(tmp_path) as link:
        keep_moving(link, moving)
        os.kill(link.pid, signal.SIGKILL)
        with pytest.raises(DriverError, match=r"has ended; .*flight.mcap"):
            keep_moving(link, lambda status: False)


def test_a_control_process_that_hangs_is_told(tmp_path):
    with link_to(tmp_path) as link:
        os.kill(link.pid, signal.SIGSTOP)
        try:
            with pytest.raises(DriverError, match="hangs since"):
                keep_moving(link, lambda status: False)
        finally:
            os.kill(link.pid, signal.SIGCONT)
        wait_for(lambda: tells(link))
        # The time that it lost is a fault of its own.
        end = keep_moving(link, lambda status: status.state == Mode.LATCHED)
        assert Fault.LOOP_LATE in end.faults


def test_a_control_process_whose_terminal_is_closed_stops_the_arm_first(tmp_path):
    with link_to(tmp_path) as link:
        keep_moving(link, moving)
        os.kill(link.pid, signal.SIGHUP)
        with pytest.raises(DriverError, match="has ended"):
            keep_moving(link, lambda status: False)
    inputs, outputs = flight(tmp_path)
    assert outputs[-1].state == Mode.STOPPED
    assert not outputs[-1].v.any()
    assert np.abs(inputs[-1].state.v).max() <= 0.05
