"""The rule of the verdict, case by case."""

import numpy as np
import pytest

from wm_robot.insight.budget_curve import Budget, BudgetCurve
from wm_robot.insight.verdict import Progress, fall, verdict


def curve(*costs, spread=0.0, still=2.0):
    """Three seeds each, for a quarter, the present and four times the computation."""
    budgets = [
        Budget(
            factor=factor,
            samples=64,
            iterations=4,
            costs=cost + spread * np.array([-1.0, 0.0, 1.0]),
            search_s=np.full(3, 0.01 * factor),
        )
        for factor, cost in zip((0.25, 1.0, 4.0), costs, strict=True)
    ]
    return BudgetCurve(budgets=tuple(budgets), present=1, still_cost=still)


ON_THE_WAY = Progress(
    costs=[6, 5, 4, 3, 2, 1], distances=[0.6, 0.5, 0.4, 0.3, 0.2, 0.1], unit="m", tolerance=0.02
)


@pytest.mark.parametrize(
    ("found", "progress", "culprit", "words"),
    [
        # Gains 1.0 over holding still; four times the computation adds 0.2 of that.
        (curve(1.5, 1.0, 0.8), ON_THE_WAY, "too slow", "4 times the computation (40 ms instead of 10 ms)"),
        # 0.05 of what it gains is not worth it.
        (curve(1.5, 1.0, 0.95), ON_THE_WAY, "neither", "gains nothing worth it"),
        # 0.2, but the seeds differ by more: 2 · √2 · 1.25 · 0.2 / √3 = 0.41.
        (curve(1.5, 1.0, 0.8, spread=0.2), ON_THE_WAY, "neither", "the cost fell by"),
        # The cost falls by 73 % and the distance stays.
        (
            curve(1, 1, 1),
            Progress(costs=ON_THE_WAY.costs, distances=[0.5] * 6, unit="m"),
            "wrong cost",
            "0.5 m left",
        ),
        # Neither falls, far from the goal: the search found the minimum, which is no goal.
        (
            curve(1, 1, 1),
            Progress(costs=[1] * 6, distances=[0.5] * 6, tolerance=0.02),
            "wrong cost",
            "fell by 0%",
        ),
        # The same at the goal.
        (
            curve(1, 1, 1),
            Progress(costs=[1] * 6, distances=[0.01] * 6, tolerance=0.02),
            "neither",
            "at its goal",
        ),
        # Without a tolerance an arm is there when it has come three quarters of the way.
        (curve(1, 1, 1), Progress(costs=[1] * 6, distances=[9, 5, 2, 1, 1, 1]), "neither", "at its goal"),
        # Too early to say.
        (curve(1, 1, 1), Progress(costs=[1] * 4, distances=[0.5] * 4), "neither", "shows after 5 periods"),
    ],
)
def test_verdict(found, progress, culprit, words):
    judged = verdict(found, progress)
    assert judged.culprit == culprit
    assert judged.sentence.lower().startswith(culprit)
    assert words in judged.sentence
    assert judged.sentence.count(". ") == 0  # one sentence


def test_a_present_budget_that_gains_nothing_is_too_slow_when_more_would():
    judged = verdict(curve(2.0, 2.0, 1.0, still=2.0), ON_THE_WAY)
    assert judged.culprit == "too slow"
    assert "no better than holding still" in judged.sentence


def test_at_the_goal_more_computation_is_no_remedy():
    there = Progress(costs=[1] * 6, distances=[0.01] * 6, unit="m", tolerance=0.02)
    assert verdict(curve(1.5, 1.0, 0.1), there).culprit == "neither"


def test_a_fall_compares_the_ends_of_a_window():
    # Means of the first and the last two: 3.5 and 1.5.
    assert fall([4, 3, 2, 2, 2, 1]) == pytest.approx(2 / 3.5)
    assert fall([0, 0]) == 0
