"""What every driver keeps of `core.protocols.Robot`; a new one needs a factory here."""

from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from wm_hardware.fake import FakeConfig, FakeDriver

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import DriverError, NotFiniteError, ShapeError, UnknownNameError, WmrError
from wm_robot.core.types import JointCommand
from wm_robot.robots import get_robot

MS = 1_000_000
EMULATORS = Path(__file__).parents[1] / "unit" / "hardware"


def fake(stack, folder):
    return FakeDriver(get_robot("so101"), FakeConfig(), SimulatedClock())


def so101(stack, folder):
    emulated = import_module("so101_on_a_bus")
    return emulated.so101_driver(stack.enter_context(emulated.so101_bus()), folder)


DRIVERS = {"fake": fake, "so101": so101}


@pytest.fixture(params=DRIVERS)
def driver(request, monkeypatch, tmp_path):
    """One that is not yet connected."""
    monkeypatch.syspath_prepend(EMULATORS)
    with ExitStack() as stack:
        driver = DRIVERS[request.param](stack, tmp_path)
        yield driver
        driver.disconnect()


def command(driver, q):
    """All joints to `q` (a number, or one a joint), at rest there."""
    count = len(driver.joint_names)
    return JointCommand(
        stamp_ns=driver.clock.now_ns(),
        joint_names=driver.joint_names,
        q=np.array(np.broadcast_to(q, (count,)), dtype=float),
        v=np.zeros(count),
    )


def wait(driver, duration_ms=100):
    driver.clock.sleep_until_ns(driver.clock.now_ns() + duration_ms * MS)


def test_connecting_moves_nothing(driver):
    driver.connect()
    before = driver.read()
    driver.disconnect()
    driver.connect()
    wait(driver)
    after = driver.read()
    assert after.joint_names == before.joint_names == driver.joint_names
    assert np.array_equal(after.q, before.q)
    assert not after.v.any()
    assert (after.gripper, after.fault) == (before.gripper, "")


def test_a_state_is_one_finite_number_a_joint_in_si_units_and_its_stamp_the_clocks(driver):
    driver.clock.sleep_until_ns(7 * MS)
    with driver:
        state = driver.read()
    count = len(driver.joint_names)
    assert state.q.shape == state.v.shape == (count,)
    assert state.q.dtype == state.v.dtype == np.float64
    assert np.isfinite([state.q, state.v]).all()
    assert 0 <= state.gripper <= 1
    assert state.stamp_ns == 7 * MS


def test_joints_of_a_command_are_matched_by_name(driver):
    wanted = np.linspace(-0.4, 0.4, len(driver.joint_names))
    with driver:
        shuffled = replace(command(driver, wanted[::-1]), joint_names=driver.joint_names[::-1], gripper=0.5)
        driver.command(shuffled)
        wait(driver)
        state = driver.read()
    assert np.allclose(state.q, wanted, atol=1e-3)  # half a tick of a servo is 0.8 mrad
    assert state.gripper == pytest.approx(0.5, abs=1e-3)


def with_last(values, last):
    return np.array([*values[:-1], last])


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda c: replace(c, joint_names=(*c.joint_names[:-1], "tail")), UnknownNameError),
        (lambda c: replace(c, joint_names=c.joint_names[:-1], q=c.q[:-1], v=c.v[:-1]), UnknownNameError),
        (lambda c: replace(c, joint_names=(c.joint_names[0],) * len(c.joint_names)), WmrError),
        (lambda c: replace(c, q=c.q[:-1]), ShapeError),
        (lambda c: replace(c, v=c.v[:, None]), ShapeError),
        (lambda c: replace(c, q=with_last(c.q, np.nan)), NotFiniteError),
        (lambda c: replace(c, v=with_last(c.v, np.inf)), NotFiniteError),
        (lambda c: replace(c, gripper=float("nan")), NotFiniteError),
    ],
    ids=["foreign", "missing", "twice", "short", "column", "nan", "infinite", "nan gripper"],
)
def test_what_is_no_command_for_these_joints_is_refused_and_nothing_moves(driver, spoil, error):
    with driver:
        before = driver.read()
        with pytest.raises(error):
            driver.command(spoil(command(driver, 0.3)))
        wait(driver)
        after = driver.read()
    assert np.array_equal(after.q, before.q)
    assert after.gripper == before.gripper


@pytest.mark.parametrize("use", [lambda d: d.read(), lambda d: d.command(command(d, 0.0))])
def test_before_connect_the_error_says_what_to_do(driver, use):
    with pytest.raises(DriverError, match=r"not connected; call connect\(\) first"):
        use(driver)


def test_after_disconnect_it_is_not_connected(driver):
    with driver:
        pass
    with pytest.raises(DriverError, match="not connected"):
        driver.read()


def test_stop_and_disconnect_are_valid_in_every_state(driver):
    driver.stop()
    driver.disconnect()
    driver.connect()
    driver.stop()
    driver.stop()
    driver.disconnect()
    driver.disconnect()
    driver.stop()


def test_after_stop_the_arm_holds_and_the_next_command_counts(driver):
    with driver:
        driver.command(command(driver, 0.2))
        wait(driver)
        driver.stop()
        held = driver.read()
        wait(driver, 1000)
        assert np.array_equal(driver.read().q, held.q)
        driver.command(command(driver, 0.25))
        wait(driver)
        assert np.allclose(driver.read().q, 0.25, atol=1e-3)


def test_an_exception_within_with_stops_and_disconnects_and_goes_on(driver, monkeypatch):
    calls = []
    for name in ("stop", "disconnect"):
        original = getattr(driver, name)
        monkeypatch.setattr(driver, name, lambda name=name, do=original: (calls.append(name), do()))

    def fail():
        with driver:
            calls.clear()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert calls == ["stop", "disconnect"]
    with pytest.raises(DriverError, match="not connected"):
        driver.read()


def test_stamps_never_fall(driver):
    with driver:
        stamps = []
        for i in range(20):
            wait(driver, i % 3)
            stamps.append(driver.read().stamp_ns)
    assert stamps == sorted(stamps)
    assert stamps[-1] == driver.clock.now_ns()


def test_a_state_that_was_read_does_not_change_afterwards(driver):
    with driver:
        first = driver.read()
        copy = first.q.copy()
        driver.command(command(driver, 0.3))
        wait(driver)
        driver.read()
    assert np.array_equal(first.q, copy)
