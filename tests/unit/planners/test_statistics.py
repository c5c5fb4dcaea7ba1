"""Figures of a plan's costs."""

import numpy as np
import pytest

from wm_robot.planners.planner import Belief, Plan
from wm_robot.planners.statistics import cost_statistics


def plan(costs, elites=0):
    knots = np.zeros((elites, 1, 1))
    return Plan(
        actions=np.zeros((1, 1)),
        cost=float(np.min(costs)),
        costs=np.asarray(costs, float),
        iterations=1,
        deadline_missed=False,
        phase_s={},
        belief=Belief(mean=np.zeros((1, 1)), std=np.ones((1, 1)), elites=knots),
    )


def test_elites_are_the_cheapest_and_infinite_costs_count_nowhere_but_as_samples():
    found = cost_statistics(plan([4.0, 1.0, np.inf, 3.0], elites=2))
    assert (found.samples, found.best, found.worst) == (4, 1.0, 4.0)
    assert found.elite_mean == pytest.approx(2.0)  # of 1 and 3
    assert found.mean == pytest.approx(8 / 3)


def test_equal_costs_all_count_and_a_far_better_one_counts_alone():
    assert cost_statistics(plan([2.0] * 5)).effective_sample_size == pytest.approx(5.0)
    assert cost_statistics(plan([0.0, 50.0, 60.0]), temperature=0.05).effective_sample_size == pytest.approx(
        1.0
    )
