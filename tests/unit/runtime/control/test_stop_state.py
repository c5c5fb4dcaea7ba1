"""The latched state machine: every way in, and the one way out."""

import pytest

from wm_robot.runtime.control.faults import Fault
from wm_robot.runtime.control.stop_state import Mode, NotReadyError, StopState


def in_mode(mode):
    stop = StopState()
    if mode is Mode.STOPPED:
        return stop
    stop.run()
    if mode is Mode.STOPPING:
        stop.stop()
    if mode is Mode.LATCHED:
        stop.fault(Fault.TRACKING)
        stop.at_rest(100)
    assert stop.mode is mode
    return stop


@pytest.mark.parametrize("mode", Mode)
def test_a_fault_ends_in_the_latch_whatever_the_arm_was_doing(mode):
    stop = in_mode(mode)
    stop.fault(Fault.ESTOP)
    stop.at_rest(200)
    assert stop.mode is Mode.LATCHED
    assert Fault.ESTOP in stop.faults
    assert not stop.may_run(10**18)


def test_a_fault_that_is_found_again_is_told_once():
    stop = in_mode(Mode.RUNNING)
    for fault in (Fault.TRACKING, Fault.ESTOP, Fault.TRACKING):
        stop.fault(fault)
    assert stop.faults == (Fault.TRACKING, Fault.ESTOP)


def test_nothing_else_leads_out_of_the_latch():
    stop = in_mode(Mode.LATCHED)
    stop.stop()
    stop.at_rest(200)
    assert stop.mode is Mode.LATCHED


def test_a_reset_leads_to_standing_not_to_running_and_forgets_the_faults():
    stop = in_mode(Mode.LATCHED)
    stop.reset(500, ())
    assert (stop.mode, stop.faults, stop.epoch_ns) == (Mode.STOPPED, (), 500)


def test_a_plan_from_before_a_reset_never_runs():
    stop = in_mode(Mode.LATCHED)
    stop.reset(500, ())
    assert not stop.may_run(499)
    assert stop.may_run(500)


def test_a_plan_from_before_an_orderly_stop_never_runs():
    stop = in_mode(Mode.STOPPING)
    assert not stop.may_run(10**18)  # nor any while it brakes
    stop.at_rest(300)
    assert not stop.may_run(299)
    assert stop.may_run(300)


@pytest.mark.parametrize("mode", [Mode.RUNNING, Mode.STOPPING])
def test_a_reset_is_refused_until_the_arm_stands(mode):
    with pytest.raises(NotReadyError, match="wait for its standstill"):
        in_mode(mode).reset(500, ())


def test_a_reset_is_refused_while_anything_is_wrong():
    stop = in_mode(Mode.LATCHED)
    with pytest.raises(NotReadyError, match="camera frame is too old"):
        stop.reset(500, (Fault.CAMERA_STALE,))
    assert stop.mode is Mode.LATCHED


def test_a_reset_of_an_arm_in_good_order_changes_nothing():
    stop = in_mode(Mode.STOPPED)
    stop.reset(500, ())
    assert (stop.mode, stop.epoch_ns) == (Mode.STOPPED, 0)


def test_an_orderly_stop_of_an_arm_that_stands_changes_nothing():
    stop = in_mode(Mode.STOPPED)
    stop.stop()
    assert stop.mode is Mode.STOPPED
