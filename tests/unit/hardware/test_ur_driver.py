"""The UR driver through ur_rtde against an emulated controller that speaks RTDE on loopback."""

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ur_on_loopback import Controller
from wm_hardware.ur import URDriver
from wm_hardware.ur_config import URConfig

from wm_robot.core.arrays import FloatArray
from wm_robot.core.clock import SteadyClock
from wm_robot.core.errors import DriverError, NotFiniteError, UnknownNameError, WmrError
from wm_robot.core.types import JointCommand, JointState
from wm_robot.robots import get_robot

pytest.importorskip("rtde_control", reason="needs the extra 'ur'")

UR5E = get_robot("ur5e")
PERIOD_S = 1 / UR5E.control_rate_hz


@pytest.fixture
def controller() -> Iterator[Controller]:
    emulated = Controller()
    yield emulated
    emulated.close()


def driver_for(controller: Controller, **settings: object) -> URDriver:
    return URDriver(UR5E, URConfig(host=controller.host, **settings), SteadyClock())  # type: ignore[arg-type]


def to(q: FloatArray, v: FloatArray | None = None) -> JointCommand:
    v = np.zeros(6) if v is None else v
    return JointCommand(stamp_ns=time.monotonic_ns(), joint_names=UR5E.joint_names, q=q, v=v)


def stream(robot: URDriver, targets: Callable[[float], JointCommand], duration_s: float) -> None:
    """Send `targets(t)` at the arm's control rate."""
    begin_s = time.monotonic()
    for i in range(round(duration_s / PERIOD_S)):
        robot.command(targets(i * PERIOD_S))
        time.sleep(max(0.0, begin_s + (i + 1) * PERIOD_S - time.monotonic()))


def wait_for(holds: Callable[[], bool], timeout_s: float = 5.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end_s, "did not happen in time"
        time.sleep(0.005)


def read_until(robot: URDriver, holds: Callable[[JointState], bool]) -> JointState:
    states: list[JointState] = []

    def seen() -> bool:
        states.append(robot.read())
        return holds(states[-1])

    wait_for(seen)
    return states[-1]


def raise_start(q: FloatArray, speed: float) -> Callable[[float], JointCommand]:
    """The first joint moves from `q` at `speed`, rad/s; the others stand still."""
    v = np.array([speed, 0, 0, 0, 0, 0])
    return lambda t: to(q + v * t, v)


def test_connect_moves_nothing_and_read_tells_where_the_arm_is_and_when(controller: Controller) -> None:
    before = controller("state")
    with driver_for(controller) as robot:
        state = robot.read()
        age_s = (time.monotonic_ns() - state.stamp_ns) * 1e-9
        later = read_until(robot, lambda s: s.stamp_ns > state.stamp_ns + 50_000_000)
        # A controller that counts in steps of 2 ms: the stamps do as well, on another clock.
        steps = (later.stamp_ns - state.stamp_ns) / 2e6
        after = controller("state")
        with pytest.raises(UnknownNameError, match="elbow"):
            robot.command(replace(to(state.q), joint_names=("elbow", *UR5E.joint_names[1:])))
        with pytest.raises(NotFiniteError, match="wrist_1_joint"):
            robot.command(to(np.array([0, 0, 0, np.nan, 0, 0])))
        with pytest.raises(DriverError, match=r"shoulder_pan_joint would have to jump by 1\.000 rad"):
            robot.command(to(state.q + np.array([1.0, 0, 0, 0, 0, 0])))
        assert controller("state")["servoj"] == 0
    assert state.joint_names == UR5E.joint_names
    assert state.fault == ""
    np.testing.assert_allclose(state.q, before["q"], atol=1e-12)
    assert before["q"] == after["q"]
    assert 0 <= age_s < 1.0  # and not the thousand seconds that the controller has been on
    assert abs(steps - round(steps)) < 0.25
    assert after["scripts"] == 1


def test_the_arm_follows_servoj_by_name_and_stop_brakes_it_for_good(controller: Controller) -> None:
    with driver_for(controller) as robot:
        q = robot.read().q
        targets = raise_start(q, 0.3)

        def shuffled(t: float) -> JointCommand:
            command = targets(t)
            return replace(
                command, joint_names=command.joint_names[::-1], q=command.q[::-1], v=command.v[::-1]
            )

        stream(robot, shuffled, 0.6)
        moving = robot.read()
        robot.stop()
        stopped = controller("state")
        robot.stop()
        with pytest.raises(DriverError, match=r"stop\(\) was called"):
            robot.command(to(robot.read().q))
        assert robot.read().fault == ""  # we stopped it, the arm did not
    # It lags by its lookahead of 0.1 s: 0.03 rad behind a target of 0.18 rad at 0.3 rad/s.
    assert moving.q[0] - q[0] == pytest.approx(0.15, abs=0.03)
    assert moving.v[0] == pytest.approx(0.3, rel=0.1)
    np.testing.assert_allclose(moving.q[1:], q[1:], atol=1e-9)
    assert stopped["qd"] == [0.0] * 6
    assert stopped["runtime"] == 1
    # From 0.3 rad/s at 10 rad/s²: 0.3² / 20 = 0.0045 rad, and what it moved until the stop arrived.
    assert stopped["q"][0] - moving.q[0] < 0.0045 + 0.3 * 0.05


def test_the_controllers_watchdog_ends_the_motion_when_commands_stay_away(controller: Controller) -> None:
    with driver_for(controller, mode="speedj") as robot:
        stream(robot, raise_start(robot.read().q, 0.3), 0.3)
        # Reading alone does not keep a motion alive.
        state = read_until(robot, lambda s: s.fault != "")
        wait_for(lambda: not any(controller("state")["qd"]))
        with pytest.raises(DriverError, match="watchdog"):
            robot.command(to(robot.read().q))
    assert state.fault == (
        "control program stopped: by the watchdog, as commands stayed away, or at the pendant"
    )


def test_a_protective_stop_is_read_back_and_its_release_brings_no_motion_back(controller: Controller) -> None:
    with driver_for(controller, mode="speedj") as robot:
        stream(robot, raise_start(robot.read().q, 0.3), 0.2)
        controller("protective_stop")
        assert read_until(robot, lambda s: s.fault != "").fault == "protective stop"
        with pytest.raises(DriverError, match=r"protective stop.*connect\(\) again"):
            robot.command(to(robot.read().q))
        wait_for(lambda: controller("state")["runtime"] == 1)
        wait_for(lambda: not any(controller("state")["qd"]))  # a program has ended before its arm stands
        still = controller("state")
        controller("release_and_play")
        time.sleep(0.1)
        with pytest.raises(DriverError, match="protective stop"):
            robot.command(to(robot.read().q))
        assert robot.read().fault == "protective stop"
        after = controller("state")
        assert after["q"] == still["q"]
        assert after["scripts"] == 1
        robot.connect()
        stream(robot, raise_start(robot.read().q, 0.3), 0.1)
        assert robot.read().v[0] > 0.1


def test_an_emergency_stop_is_read_back(controller: Controller) -> None:
    with driver_for(controller) as robot:
        stream(robot, raise_start(robot.read().q, 0.3), 0.1)
        controller("emergency_stop")
        assert read_until(robot, lambda s: s.fault != "").fault == "robot emergency stop"
        with pytest.raises(DriverError, match="robot emergency stop"):
            robot.command(to(robot.read().q))
    with pytest.raises(DriverError, match="safety status ROBOT_EMERGENCY_STOP; find out why"):
        robot.connect()


def test_a_frozen_controller_gives_an_old_stamp_and_then_a_lost_connection(controller: Controller) -> None:
    robot = driver_for(controller, stop_timeout_s=0.1)
    robot.connect()
    stream(robot, raise_start(robot.read().q, 0.1), 0.1)
    controller("freeze")
    read_until(robot, lambda s: time.monotonic_ns() - s.stamp_ns > 200_000_000)
    with pytest.raises(DriverError, match="lost the connection"):
        read_until(robot, lambda _: False)
    robot.stop()
    robot.disconnect()


def test_a_controller_that_sends_no_states_is_refused(controller: Controller) -> None:
    controller("set", "sends_states", False)
    with pytest.raises(DriverError, match="refuses RTDE: it sends no states"):
        driver_for(controller).connect()


def test_a_vanished_controller_is_a_lost_connection_for_read_and_command(controller: Controller) -> None:
    with driver_for(controller) as robot:
        q = robot.read().q
        stream(robot, raise_start(q, 0.1), 0.1)
        controller("vanish")
        with pytest.raises(DriverError, match="lost the connection to the UR controller at"):
            read_until(robot, lambda _: False)
        with pytest.raises(DriverError, match="lost the connection"):
            robot.command(to(q))
        robot.stop()
    with pytest.raises(DriverError, match="no UR controller answers"):
        robot.connect()


def test_a_cut_control_connection_starts_no_second_program(controller: Controller) -> None:
    with driver_for(controller) as robot:
        stream(robot, raise_start(robot.read().q, 0.1), 0.1)
        controller("cut_control")
        wait_for(lambda: controller("state")["runtime"] == 1)  # the watchdog
        time.sleep(0.3)
        assert controller("state")["scripts"] == 1
        with pytest.raises(DriverError):
            robot.command(to(np.array(controller("state")["q"])))


def test_speedj_moves_at_the_commanded_speed_and_an_exception_of_the_caller_stops_it(
    controller: Controller,
) -> None:
    robot = driver_for(controller, mode="speedj")
    states: list[JointState] = []

    def fail() -> None:
        with robot:
            states.append(robot.read())
            stream(robot, raise_start(states[0].q, 0.3), 0.5)
            states.append(robot.read())
            raise KeyError("a bug of the caller")

    with pytest.raises(KeyError):
        fail()
    first, moving = states
    stopped = controller("state")
    assert stopped["speedj"] > 100
    assert stopped["servoj"] == 0
    assert moving.v[0] == pytest.approx(0.3, rel=0.1)
    # 0.15 rad less what is lost at the start: 0.0045 rad until 0.3 rad/s at 10 rad/s², and the way there.
    assert moving.q[0] - first.q[0] == pytest.approx(0.15, abs=0.03)
    assert stopped["qd"] == [0.0] * 6
    assert stopped["runtime"] == 1
    with pytest.raises(DriverError, match="not connected"):
        robot.read()
    robot.stop()
    robot.disconnect()


def test_the_death_of_the_process_of_ur_rtde_is_a_lost_connection(controller: Controller) -> None:
    with driver_for(controller, mode="speedj") as robot:
        stream(robot, raise_start(robot.read().q, 0.3), 0.2)
        (link,) = multiprocessing.active_children()
        link.kill()
        wait_for(lambda: not any(controller("state")["qd"]))  # the watchdog
        with pytest.raises(DriverError, match="lost the connection"):
            robot.read()
        robot.stop()


STREAM_FOR_EVER = """
import sys, time
import numpy as np
from wm_hardware.ur import URDriver
from wm_hardware.ur_config import URConfig
from wm_robot.core.clock import SteadyClock
from wm_robot.core.types import JointCommand
from wm_robot.robots import get_robot

if __name__ == "__main__":
    spec = get_robot("ur5e")
    robot = URDriver(spec, URConfig(host=sys.argv[1], mode="speedj"), SteadyClock())
    robot.connect()
    while True:
        state = robot.read()
        v = np.array([0.3, 0, 0, 0, 0, 0])
        robot.command(JointCommand(stamp_ns=0, joint_names=state.joint_names, q=state.q, v=v))
        time.sleep(0.004)
"""


def test_the_death_of_the_drivers_process_stops_the_arm(controller: Controller, tmp_path: Path) -> None:
    script = tmp_path / "stream.py"
    script.write_text(STREAM_FOR_EVER)
    process = subprocess.Popen([sys.executable, str(script), controller.host])
    wait_for(lambda: controller("state")["qd"][0] > 0.25, timeout_s=20.0)
    process.kill()
    process.wait()
    wait_for(lambda: controller("state")["runtime"] == 1)
    wait_for(lambda: not any(controller("state")["qd"]))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("version", "URSoftware 3.15.8.106339", "PolyScope 3.15.8.106339; an e-Series arm with"),
        ("version", "unknown", "gave no clear answer"),
        ("model", "UR10", "robot model UR10; the robot asked for is ur5e"),
        ("remote_control", False, "not in remote control; enable it"),
        ("safety_mode", 3, "safety status PROTECTIVE_STOP; find out why"),
        ("robot_mode", 3, "robot mode POWER_OFF; switch the arm on"),
        ("runtime_state", 2, "program state PLAYING rtde_control; another program has the arm"),
    ],
)
def test_an_arm_that_is_not_ready_is_refused(
    controller: Controller, name: str, value: object, message: str
) -> None:
    controller("set", name, value)
    with pytest.raises(DriverError, match=message):
        driver_for(controller).connect()
    assert controller("state")["scripts"] == 0


def test_nobody_at_the_address_is_a_driver_error() -> None:
    with pytest.raises(DriverError, match=r"no UR controller answers at 127\.83\.255\.1"):
        URDriver(UR5E, URConfig(host="127.83.255.1"), SteadyClock()).connect()


def test_another_arms_joints_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="joint"):
        URDriver(get_robot("panda"), URConfig(host="127.0.0.1"), SteadyClock())


@pytest.mark.parametrize(
    ("name", "value"),
    [("mode", "movej"), ("rtde_rate_hz", 300.0), ("watchdog_hz", 0.0), ("gain", float("nan"))],
)
def test_a_config_out_of_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(WmrError, match=name):
        URConfig(host="ur", **{name: value})  # type: ignore[arg-type]
