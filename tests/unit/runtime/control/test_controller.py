"""What one cycle decides, for an arm that follows and for one that does not."""

from dataclasses import replace

import numpy as np
import pytest
from wm_controllers.controller import NoSolutionError

from wm_robot.core.errors import WmrError
from wm_robot.runtime.control.controller import MOVED_RAD
from wm_robot.runtime.control.faults import Fault
from wm_robot.runtime.control.stop_state import Mode


def spaced(q):
    """The largest joint step of a sequence of commands, rad."""
    return np.abs(np.diff([np.asarray(row) for row in q], axis=0)).max()


def test_taking_over_moves_nothing(rig):
    q = rig.q
    outputs = rig.run(0.1)
    assert all(np.array_equal(row.q, q) for row in outputs)
    assert rig.mode is Mode.STOPPED


def test_a_chunk_moves_the_tip_by_what_its_actions_say(rig):
    rig.cycle()
    start = rig.tip(rig.q)
    rig.cycle(chunk=rig.plan(dx=0.01, actions=5))
    rig.run(1.2)
    # Five actions of 1 cm, less half of the first: it begins now and takes 0.1 s, of which 0.05 s, the
    # servos' lag, are commanded already. The inverse kinematics closes what is left of the way at 10 /s.
    np.testing.assert_allclose(rig.tip(rig.q) - start, [0.045, 0.0, 0.0], atol=1e-3)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"state": None}, "no joint state yet"),
        ({"state": None, "driver_error": "cable out"}, "cable out"),
        ({"planner_alive": False}, "planner process has ended"),
    ],
)
def test_no_arm_is_taken_over_that_is_not_ready(rig, changes, says):
    with pytest.raises(WmrError, match=says):
        rig.cycle(**changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"v": np.full(6, 0.2)}, "start from a standstill"),
        ({"q": np.full(6, 7.0)}, "outside its limits"),
        ({"q": np.full(6, np.nan)}, "NaN"),
        ({"q": np.zeros(5)}, "shape"),
        ({"fault": "protective stop"}, "the arm itself has stopped"),
        ({"stamp_ns": 0}, "too old"),
    ],
)
def test_no_arm_is_taken_over_in_a_state_like_this(rig, changes, says):
    with pytest.raises(WmrError, match=says):
        rig.cycle(state=rig.state(**changes))


def test_noise_of_the_velocity_sensor_is_no_motion(rig):
    noisy = replace(rig.controller._parts.robot.imperfections, v_noise_rad_s=0.02)
    robot = replace(rig.controller._parts.robot, imperfections=noisy)
    controller = type(rig.controller)(replace(rig.controller._parts, robot=robot))
    controller.step(rig.inputs(state=rig.state(v=np.full(6, 0.08))))  # four deviations
    assert controller.stop.mode is Mode.STOPPED


def test_a_stop_ends_at_rest_and_gives_up_the_plan(rig):
    rig.set_going()
    old = rig.plan()
    rig.cycle(requests=("stop",))
    rig.run(1.0)
    q = rig.q
    assert rig.mode is Mode.STOPPED
    outputs = rig.cycle(chunk=old)
    assert "dropped" in outputs.events[0]
    rig.run(0.2)
    np.testing.assert_array_equal(rig.q, q)


def test_braking_stands_within_the_time_that_the_limits_allow(rig):
    rig.set_going()
    speed = np.abs(rig.v).max()
    rig.cycle(requests=("estop",))
    outputs = rig.run(1.0)
    moving = sum(np.abs(row.v).max() > 0 for row in outputs)
    # From v at a ≤ A the triangle of acceleration takes 2 √(v/J) + A/J at most; J = 200, A = 10.
    assert moving * rig.period_ns * 1e-9 <= 2 * np.sqrt(speed / 200) + 10 / 200 + 0.05


def test_an_orderly_stop_that_meets_a_fault_latches(rig):
    rig.set_going()
    rig.cycle(requests=("stop",))
    rig.cycle(requests=("estop",))
    rig.run(1.0)
    assert rig.mode is Mode.LATCHED


def test_nothing_moves_a_latched_arm(rig):
    rig.stopped_by(requests=("estop",))
    q = rig.q
    for _ in range(100):
        rig.cycle(chunk=rig.plan(dx=0.02), requests=("stop", "nonsense"))
    np.testing.assert_array_equal(rig.q, q)
    assert rig.mode is Mode.LATCHED


def test_after_a_reset_only_a_new_plan_moves_the_arm(rig):
    rig.stopped_by(requests=("estop",))
    old = rig.plan()
    rig.cycle()
    q = rig.q
    assert rig.cycle(requests=("reset",)).events == ("reset: ready for a new plan",)
    rig.cycle(chunk=old)
    rig.run(0.2)
    np.testing.assert_array_equal(rig.q, q)
    rig.cycle(chunk=rig.plan())
    rig.run(0.3)
    assert np.abs(rig.q - q).max() > 0.01


def test_an_estop_after_a_reset_in_the_same_cycle_wins(rig):
    rig.stopped_by(requests=("estop",))
    rig.cycle(requests=("reset", "estop"), chunk=rig.plan())
    rig.run(0.1)
    assert rig.mode is Mode.LATCHED


@pytest.mark.parametrize(
    "wrong", [{"state": None}, {"driver_error": "cable out"}, {"planner_alive": False}], ids=str
)
def test_a_reset_with_something_wrong_is_refused_and_told(rig, wrong):
    rig.stopped_by(requests=("estop",))
    outputs = rig.cycle(requests=("reset",), **wrong)
    assert any(event.startswith("reset refused: still wrong") for event in outputs.events)
    assert rig.mode is Mode.LATCHED


def test_a_reset_is_refused_while_the_arm_is_seen_to_move(rig):
    rig.stopped_by(requests=("estop",))
    outputs = rig.cycle(requests=("reset",), state=rig.state(v=np.full(6, 0.3)))
    assert "reset refused: the arm moves at 0.30 rad/s" in outputs.events[0]
    assert rig.mode is Mode.LATCHED


@pytest.mark.parametrize("by_rad", [0.1, 0.4])  # within and beyond what the tracking watchdog allows
def test_a_reset_begins_where_the_arm_was_moved_to(rig, by_rad):
    rig.stopped_by(requests=("estop",))
    rig.follows = False
    rig.q = rig.q + np.array([by_rad, 0, 0, 0, 0, 0])
    moved = rig.q
    rig.run(0.1)
    outputs = rig.cycle(requests=("reset",))
    np.testing.assert_array_equal(outputs.q, moved)
    rig.follows = True
    outputs = [outputs, rig.cycle(chunk=rig.plan(dx=0.005)), *rig.run(0.5)]
    assert rig.mode is Mode.RUNNING
    # It ramps up: no step of the first 0.5 s is longer than half the greatest speed, π rad/s, allows.
    assert spaced([row.q for row in outputs]) < np.pi / 2 * 0.004
    assert outputs[1].reasons  # slowed down


def test_a_reset_after_a_small_shift_keeps_the_command(rig):
    rig.stopped_by(requests=("estop",))
    held = rig.q
    shifted = rig.state(q=held + MOVED_RAD / 2)
    np.testing.assert_array_equal(rig.cycle(requests=("reset",), state=shifted).q, held)


def test_a_reset_is_refused_where_the_arm_was_moved_out_of_its_room(rig):
    rig.stopped_by(requests=("estop",))
    rig.follows = False
    rig.q = np.zeros(6)  # stretched out sideways, the tip far outside the workspace
    outputs = rig.cycle(requests=("reset",))
    assert "bring the arm clear" in outputs.events[-1]
    assert rig.mode is Mode.LATCHED


def test_a_latched_arm_does_not_go_back_to_where_it_was_measured_while_it_braked(rig):
    rig.cycle()
    rig.cycle(chunk=rig.plan(dx=0.001))
    rig.run(0.3)
    assert rig.mode is Mode.RUNNING
    frozen = rig.state(fault="a joint state was refused")  # the last good one, too old after 0.1 s
    outputs = [rig.cycle(state=frozen) for _ in range(90_000_000 // rig.period_ns)]
    latched = [o.q for o in outputs if o.state == Mode.LATCHED]
    assert len(latched) > 5
    np.testing.assert_allclose(latched, np.tile(latched[0], (len(latched), 1)), atol=1e-12)


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ({"fault": "joint 3 is hot"}, "", "stop: the arm itself has stopped: joint 3 is hot"),
        ({"rival": "a pendant"}, "", "stop: somebody else commands the arm: a pendant"),
        ({}, "no route", "stop: the connection to the arm is lost: no route"),
    ],
)
def test_what_the_driver_says_of_a_fault_is_told(rig, told, error, words):
    rig.cycle()
    assert words in rig.cycle(state=rig.state(**told), driver_error=error).events


def test_while_the_arms_own_stop_holds_its_command_comes_to_where_it_is(rig):
    rig.set_going()
    rig.follows = False  # the arm's own brakes are quicker than ours
    stood = rig.q
    rig.v = np.zeros(6)
    outputs = [rig.cycle(state=rig.state(fault="protective stop")) for _ in range(300)]
    assert rig.mode is Mode.LATCHED
    np.testing.assert_allclose(outputs[-1].q, stood, atol=1e-3)
    # And no faster than the limits allow: π rad/s.
    assert spaced([row.q for row in outputs]) < np.pi * 0.004
    outputs = rig.run(0.5)  # somebody lets it go: nothing that it would spring to
    np.testing.assert_allclose(outputs[-1].q, stood, atol=1e-3)
    assert rig.mode is Mode.LATCHED


def test_an_arm_that_goes_on_moving_is_not_at_rest(rig):
    rig.set_going()
    rig.cycle(requests=("estop",))
    rig.follows = False
    rig.v = np.full(6, 0.2)
    rig.run(0.5)
    assert rig.mode is Mode.STOPPING


@pytest.mark.parametrize("field", ["q", "v"])
def test_nothing_measured_while_braking_can_prevent_the_stop(rig, field):
    rig.set_going()
    rig.cycle(requests=("estop",))
    nothing = rig.state(**{field: np.full(6, np.nan)})
    outputs = [rig.cycle(state=replace(nothing, stamp_ns=rig.now_ns)) for _ in range(250)]
    assert rig.mode is Mode.LATCHED
    assert np.isfinite([row.q for row in outputs]).all()


def test_an_arm_out_of_reach_is_braked_blindly(rig):
    rig.set_going()
    rig.run(1.0, state=None, driver_error="cable out")
    assert rig.mode is Mode.LATCHED
    assert not rig.v.any()


def test_a_chunk_of_another_shape_stops_the_arm_and_says_so(rig):
    rig.set_going()
    outputs = rig.cycle(chunk=rig.plan(actions=3, dt_s=1e-12))
    assert outputs.faults == (Fault.CHUNK_INVALID,)
    assert "valid: 0.01 to 10.0 s" in outputs.events[0]


def test_a_chunk_that_was_not_understood_stops_the_arm_with_the_reason(rig):
    rig.set_going()
    outputs = rig.cycle(chunk=replace(rig.plan(), unclear="along the axes of 'tool0'"))
    assert outputs.faults == (Fault.CHUNK_INVALID,)
    assert outputs.events == ("stop: along the axes of 'tool0'",)


def test_when_chunks_fail_to_come_the_arm_stops_for_good(rig):
    rig.cycle()
    rig.cycle(chunk=rig.plan(dx=0.002, actions=60))  # six seconds' worth from one observation
    outputs = rig.run(3.0)
    assert (rig.mode, outputs[-1].faults) == (Mode.LATCHED, (Fault.CHUNK_STALE,))
    assert not rig.v.any()


def test_without_a_joint_motion_that_leads_on_the_arm_stops(rig, monkeypatch):
    rig.set_going()

    def none(*_):
        raise NoSolutionError("the limits contradict each other")

    monkeypatch.setattr(rig.controller._parts.ik, "step", none)
    outputs = rig.run(1.0)
    assert outputs[0].events == ("stop: the limits contradict each other",)
    assert (rig.mode, outputs[-1].faults) == (Mode.LATCHED, (Fault.NO_SOLUTION,))
    assert not rig.v.any()


def test_a_plan_that_runs_away_is_given_up(rig):
    rig.cycle()
    held = rig.tip(rig.q)
    # 10 cm in each 0.1 s: 1 m/s and more, twice what the inverse kinematics follows.
    outputs = [rig.cycle(chunk=rig.plan(dx=0.1)), *rig.run(1.0)]
    assert any("ran ahead" in event for row in outputs for event in row.events)
    paths = np.array([row.p_WE for row in outputs])
    tips = np.array([rig.tip(row.q) for row in outputs])
    assert np.linalg.norm(paths - tips, axis=1).max() < 0.06
    assert np.linalg.norm(tips[-1] - held) > 0.002


def test_the_same_inputs_decide_the_same_bit_for_bit(rig):
    other = type(rig)()
    for one in (rig, other):
        one.decided = [one.set_going(), one.cycle(requests=("estop",)), *one.run(0.5)][1:]
    assert [row.q.tobytes() for row in rig.decided] == [row.q.tobytes() for row in other.decided]
