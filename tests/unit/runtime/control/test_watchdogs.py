"""Each limit from both sides, and what must not be taken for a fault."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.core.types import JointState
from wm_robot.robots import get_robot
from wm_robot.runtime.control.faults import OF_THE_PLANNER, Fault
from wm_robot.runtime.control.watchdogs import LIMIT_SLACK_RAD, MOVING_RAD_S, Watchdogs
from wm_robot.runtime.flight_messages import CameraReport, CycleInputs, PlannerReport

ROBOT = get_robot("ur5e")
LIMITS = ROBOT.watchdogs
HOME = np.array(ROBOT.home)
NOW_NS = 10**12


def ns(seconds):
    return round(seconds * 1e9)


def state(age_s=0.0, **changes):
    told = JointState(stamp_ns=NOW_NS - ns(age_s), joint_names=ROBOT.joint_names, q=HOME, v=np.zeros(6))
    return replace(told, **changes)


def camera(age_s=0.0, same_for_s=0.0):
    return CameraReport(name="top", stamp_ns=NOW_NS - ns(age_s), changed_ns=NOW_NS - ns(same_for_s))


def report(*cameras, silent_s=0.0, planning_s=None):
    began_ns = 0 if planning_s is None else NOW_NS - ns(planning_s)
    return PlannerReport(heartbeat_ns=NOW_NS - ns(silent_s), plan_began_ns=began_ns, cameras=cameras)


def inputs(after_s=0.0, system_after_s=None, **changes):
    """In good order at NOW_NS + `after_s`, but for `changes`."""
    system_ns = 2**60 + ns(after_s if system_after_s is None else system_after_s)
    told = CycleInputs(
        now_ns=NOW_NS + ns(after_s), system_ns=system_ns, state=state(-after_s), planner=report()
    )
    return replace(told, **changes)


def check(*cycles, commanded=HOME, speed=0.0):
    watchdogs = Watchdogs(ROBOT)
    return [watchdogs.check(cycle, commanded, speed) for cycle in cycles][-1]


BEYOND = 1.01
WRONG = {
    Fault.DRIVER_LOST: [inputs(state=None, driver_error="cable out")],
    Fault.ROBOT_FAULT: [inputs(state=state(fault="protective stop"))],
    Fault.SECOND_PUBLISHER: [inputs(state=state(rival="1 other publisher(s) on the topic of commands"))],
    Fault.STATE_STALE: [inputs(state=state(LIMITS.joint_state_s * BEYOND))],
    Fault.STATE_AHEAD: [inputs(state=state(-LIMITS.joint_state_s * BEYOND))],
    Fault.STATE_BACKWARDS: [inputs(), inputs(state=state(0.001))],
    Fault.STATE_INVALID: [inputs(state=state(q=np.where(np.arange(6) == 2, np.nan, HOME)))],
    Fault.STATE_JOINTS: [inputs(state=state(joint_names=("elbow", *ROBOT.joint_names[1:])))],
    Fault.OUTSIDE_LIMITS: [inputs(state=state(q=np.array(ROBOT.upper) + LIMIT_SLACK_RAD * BEYOND))],
    Fault.TRACKING: [inputs(state=state(q=HOME + LIMITS.tracking_rad * BEYOND))],
    Fault.CAMERA_STALE: [inputs(planner=report(camera(age_s=LIMITS.camera_s * BEYOND)))],
    Fault.CAMERA_BACKWARDS: [inputs(planner=report(camera())), inputs(planner=report(camera(0.01)))],
    Fault.CAMERA_FROZEN: [inputs(planner=report(camera(same_for_s=LIMITS.frozen_camera_s * BEYOND)))],
    Fault.PLANNER_DEAD: [inputs(planner=report(silent_s=LIMITS.plan_s * BEYOND))],
    Fault.PLANNER_OVERRUN: [inputs(planner=report(planning_s=LIMITS.plan_s * BEYOND))],
    Fault.LOOP_LATE: [inputs(), inputs(LIMITS.command_s * BEYOND)],
    Fault.CLOCK_JUMP: [inputs(), inputs(0.004, system_after_s=0.004 + LIMITS.clock_jump_s * BEYOND)],
}
WITHIN = {
    "a state almost too old": [inputs(state=state(LIMITS.joint_state_s * 0.99))],
    "a state a little ahead": [inputs(state=state(-LIMITS.joint_state_s * 0.99))],
    "the same state twice": [inputs(), inputs()],
    "joints in another order": [
        inputs(state=state(joint_names=ROBOT.joint_names[::-1], q=HOME[::-1])),
    ],
    "joints of a gripper besides": [
        inputs(state=state(joint_names=(*ROBOT.joint_names, "finger"), q=np.append(HOME, 9.0), v=np.zeros(7)))
    ],
    "velocities that are not told": [inputs(state=state(v=np.full(6, np.nan)))],
    "a joint a little past its limit": [
        inputs(state=state(q=np.where(np.arange(6) == 2, np.pi + LIMIT_SLACK_RAD * 0.99, HOME))),
    ],
    "a joint that lags": [inputs(state=state(q=HOME - LIMITS.tracking_rad * 0.99))],
    "a planner that has not begun": [inputs(planner=None)],
    "a camera almost too old": [inputs(planner=report(camera(age_s=LIMITS.camera_s * 0.99)))],
    "a loop almost too late": [inputs(), inputs(LIMITS.command_s * 0.99)],
    # A slewed clock runs 500 ppm fast at most: 2 µs in a period of 4 ms.
    "a clock that is slewed": [inputs(), inputs(0.004, system_after_s=0.004 * 1.0005)],
    "a clock set back a little": [inputs(), inputs(0.004, system_after_s=0.004 - LIMITS.clock_jump_s * 0.9)],
}


@pytest.mark.parametrize("fault", WRONG, ids=lambda fault: fault.name)
def test_each_limit_that_is_passed_is_told(fault):
    commanded = np.array(ROBOT.upper) if fault is Fault.OUTSIDE_LIMITS else HOME
    assert check(*WRONG[fault], commanded=commanded, speed=2 * MOVING_RAD_S) == (fault,)


@pytest.mark.parametrize("what", WITHIN)
def test_what_keeps_the_limits_is_no_fault(what):
    commanded = WITHIN[what][0].state.q if what == "a joint a little past its limit" else HOME
    assert check(*WITHIN[what], commanded=commanded, speed=2 * MOVING_RAD_S) == ()


def test_every_fault_is_injected_in_one_of_these_tests():
    elsewhere = {Fault.ESTOP, Fault.CHUNK_INVALID, Fault.CHUNK_STALE, Fault.NO_SOLUTION}  # test_controller.py
    assert set(WRONG) | elsewhere == set(Fault)
    assert set(WRONG) >= OF_THE_PLANNER


def test_a_clock_that_is_set_back_is_told():
    assert check(inputs(), inputs(0.004, system_after_s=-3600.0)) == (Fault.CLOCK_JUMP,)


def test_a_machine_that_was_suspended_is_told():
    # Steady time stands still meanwhile, the system clock does not.
    assert check(inputs(), inputs(0.004, system_after_s=60.0)) == (Fault.CLOCK_JUMP,)


def test_one_hold_up_is_told_once():
    held_up = inputs(0.2), inputs(0.204)
    assert check(inputs(), held_up[0]) == (Fault.LOOP_LATE,)
    assert check(inputs(), *held_up) == ()


def test_a_state_from_the_future_makes_no_later_state_old():
    assert check(inputs(state=state(-60.0)), inputs(0.004)) == ()


def test_where_the_arm_was_is_compared_with_the_command_of_then_less_the_lag_of_its_servos():
    watchdogs, period_s, step = Watchdogs(ROBOT), 0.005, LIMITS.tracking_rad / 5
    assert period_s * 10 == ROBOT.servo_lag_s
    found = []
    for k in range(40):
        late_s = (
            min(k, 10) * period_s
        )  # ten periods under way, and ten behind the command: four times the limit
        told = state(late_s - k * period_s, q=HOME + step * max(k - 20, 0))
        found += watchdogs.check(inputs(k * period_s, state=told), HOME + step * k, 1.0)
    assert found == []
    # The same positions with stamps of now: ten periods behind where its servos' lag would have it.
    told = state(-40 * period_s, q=HOME + step * 20)
    assert watchdogs.check(inputs(40 * period_s, state=told), HOME + step * 40, 1.0) == (Fault.TRACKING,)


def test_an_arm_that_was_moved_by_hand_is_not_compared_with_commands_before():
    watchdogs, moved = Watchdogs(ROBOT), HOME + 2 * LIMITS.tracking_rad
    assert watchdogs.check(inputs(), HOME, 0.0) == ()
    told = inputs(0.004, state=state(-0.002, q=moved))
    watchdogs.forget_commands()
    assert watchdogs.check(told, moved, 0.0) == ()


def test_a_camera_may_see_the_same_while_the_arm_stands():
    same = inputs(planner=report(camera(same_for_s=3600.0)))
    assert check(same, speed=0.5 * MOVING_RAD_S) == ()


def test_a_camera_gets_time_to_see_something_new_once_the_arm_moves():
    watchdogs = Watchdogs(ROBOT)
    watchdogs.check(inputs(planner=report(camera(same_for_s=3600.0))), HOME, 0.0)

    def moving(after_s):
        told = CameraReport(name="top", stamp_ns=NOW_NS + ns(after_s), changed_ns=NOW_NS - ns(3600.0))
        alive = PlannerReport(heartbeat_ns=NOW_NS + ns(after_s), plan_began_ns=0, cameras=(told,))
        found = watchdogs.check(inputs(after_s, planner=alive), HOME, 1.0)
        return Fault.CAMERA_FROZEN in found

    assert [moving(LIMITS.frozen_camera_s * share) for share in (0.5, 0.99, 1.01)] == [False, False, True]


@pytest.mark.parametrize("changes", [{"q": HOME[:5]}, {"v": np.zeros(5)}, {"q": np.zeros((6, 1))}])
def test_a_state_without_one_number_a_joint_is_told(changes):
    assert check(inputs(state=state(**changes))) == (Fault.STATE_INVALID,)


def test_a_joint_named_twice_is_told():
    names = (ROBOT.joint_names[1], *ROBOT.joint_names[1:])
    assert check(inputs(state=state(joint_names=names))) == (Fault.STATE_JOINTS,)


def test_without_a_planner_its_silence_means_nothing():
    watchdogs = Watchdogs(ROBOT, planned=False)
    silent = inputs(planner=report(camera(60.0), silent_s=60.0), planner_alive=False)
    assert watchdogs.check(silent, HOME, 1.0) == ()


def test_a_second_planner_is_told_before_the_first_has_begun():
    assert check(inputs(planner=None, planner_rival="2 publishers")) == (Fault.SECOND_PUBLISHER,)


def test_a_planner_process_that_has_ended_is_told_at_once():
    assert check(inputs(planner_alive=False)) == (Fault.PLANNER_DEAD,)
