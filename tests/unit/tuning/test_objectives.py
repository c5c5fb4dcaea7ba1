"""What is better than what, and which trials may be stopped."""

import pytest

from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.tuning.figures import Figures, best_possible
from wm_robot.tuning.judgement import hopeless
from wm_robot.tuning.objectives import dominates, front, named_objectives

BOTH = ("success", "latency")


def test_names_are_read_and_bad_ones_refused_with_those_that_are_valid():
    assert named_objectives("success, latency") == BOTH
    with pytest.raises(
        UnknownNameError, match="unknown objective 'speed'; valid: error, latency, latency_p99, success"
    ):
        named_objectives("success,speed")
    for wrong in ("", ",", "error,error"):
        with pytest.raises(WmrError, match="each once"):
            named_objectives(wrong)


def test_more_success_and_less_time_are_better():
    assert dominates((1.0, 10.0), (0.9, 10.0), BOTH)
    assert dominates((1.0, 9.0), (1.0, 10.0), BOTH)
    assert not dominates((1.0, 10.0), (1.0, 10.0), BOTH)
    assert not dominates((1.0, 11.0), (0.9, 10.0), BOTH)


def test_the_front_is_what_nothing_dominates_the_best_in_the_first_objective_first():
    values = {0: (0.5, 5.0), 1: (1.0, 20.0), 2: (0.4, 6.0), 3: (0.9, 20.0), 4: (0.8, 10.0)}
    assert front(values, BOTH) == (1, 4, 0)  # 2 loses to 0, 3 to 1


def test_figures_count_every_plan_of_every_episode(episode):
    figures = Figures.of(
        [episode(plan_ms=(1.0, 2.0, 3.0)), episode(success=False, error=0.03, plan_ms=(4.0, 5.0, 6.0))]
    )
    assert (figures.episodes, figures.successes, figures.success_rate) == (2, 1, 0.5)
    assert figures.plan_ms_p50 == pytest.approx(3.5)
    assert figures.plan_ms_p99 == pytest.approx(5.95)  # 0.99 of the way from the 1st to the 6th: 4.95 steps
    assert figures.median_error == pytest.approx(0.02)


def test_the_best_that_can_still_come_of_a_trial_is_perfect_in_all_that_is_missing(episode):
    best = best_possible([episode(success=False, error=0.3, plan_ms=(8.0, 8.0))], 4)
    assert best.success_rate == 0.75
    assert best.median_error == 0.0
    assert best.plan_ms_p50 == 0.0  # 2 of 8 plans took 8 ms, the other 6 may take none


def judged(results, rivals, period_ms=100.0):
    return hopeless(results, episodes=4, objectives=BOTH, rivals=rivals, period_ms=period_ms)


def test_a_trial_goes_on_while_any_outcome_of_it_could_be_on_the_front(episode):
    slow = [episode(plan_ms=(50.0, 50.0))]
    # Even the best rival cannot stop it: six plans of no time would bring its median to 0.
    assert judged(slow, [(1.0, 1.0)]) is None
    # After three of four episodes six of eight plans have taken 50 ms: so does the median, at the least.
    assert "dominated after 3 of 4" in (judged(slow * 3, [(1.0, 10.0)]) or "")
    assert judged(slow * 3, [(1.0, 50.0)]) is None  # a tie loses nothing
    assert judged(slow * 3, [(0.9, 10.0)]) is None  # it may yet reach more goals than that rival


def test_missed_goals_count_against_a_trial_only_as_far_as_the_rest_cannot_make_up_for_them(episode):
    missed = [episode(success=False, plan_ms=(20.0, 20.0))] * 3
    # One of four goals at best, and 20 ms.
    assert judged(missed, [(0.25, 10.0)]) is not None
    assert judged(missed, [(0.0, 10.0)]) is None


def test_plans_longer_than_a_control_period_stop_a_trial(episode):
    assert judged([episode(plan_ms=(120.0, 120.0))], []) == "plans take 120 ms, a control period 100 ms"
