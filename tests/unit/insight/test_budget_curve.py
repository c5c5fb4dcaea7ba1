"""Cost against computation on a point mass: how the sizes are chosen, and what they find."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.core.clock import SimulatedClock
from wm_robot.insight.budget_curve import FACTORS, budget_curve, scaled
from wm_robot.planners import PlannerConfig

from .conftest import PLANNING


@pytest.fixture
def curve(drive, point_mass_model, point_mass_backend):
    def measure(planning=PLANNING, **options):
        snapshot = drive(1, planning)[0]
        return budget_curve(snapshot.decision, point_mass_model, point_mass_backend, snapshot.goal, **options)

    return measure


def test_eight_budgets_are_shared_between_candidates_and_rounds():
    search = PlannerConfig(samples=128, iterations=5)
    sizes = [scaled(search, factor) for factor in FACTORS]
    assert len(sizes) == 8
    for factor, size in zip(FACTORS, sizes, strict=True):
        assert size.samples * size.iterations == pytest.approx(640 * factor, rel=0.02)
    assert (sizes[3].samples, sizes[3].iterations) == (128, 5)
    assert (sizes[5].samples, sizes[5].iterations) == (256, 10)  # √4 times each
    assert scaled(PlannerConfig(samples=4, iterations=1), 0.125).samples == 4  # a planner needs some


def test_the_cost_falls_with_computation_and_holding_still_is_worst(curve):
    found = curve()
    costs = [budget.cost for budget in found.budgets]
    assert costs[0] > costs[3] > costs[7]
    assert found.still_cost > costs[0]
    assert found.budgets[found.present].factor == 1.0
    assert all(budget.costs.shape == budget.search_s.shape == (5,) for budget in found.budgets)


def test_the_cost_is_that_of_the_plan_itself_also_where_the_mean_is_returned(curve):
    planning = replace(PLANNING, search=replace(PLANNING.search, returns="mean"))
    assert np.isfinite(curve(planning, seeds=2).budgets[0].costs).all()


def test_what_a_deadline_left_is_the_present_budget(drive, point_mass_model, point_mass_backend):
    snapshot = drive(1)[0]
    cut = replace(snapshot.decision, plan=replace(snapshot.decision.plan, iterations=1))
    found = budget_curve(cut, point_mass_model, point_mass_backend, snapshot.goal, seeds=2)
    assert (found.budgets[3].samples, found.budgets[3].iterations) == (64, 1)


def test_each_search_is_timed(curve):
    class Ticking(SimulatedClock):
        def now_ns(self):
            self.sleep_until_ns(super().now_ns() + 3_000_000)
            return super().now_ns()

    assert curve(clock=Ticking(), seeds=2).budgets[0].search_s.tolist() == pytest.approx([0.003, 0.003])


def test_it_can_be_given_up(curve):
    asked = []
    assert curve(cancelled=lambda: asked.append(1) or len(asked) > 2) is None
    assert len(asked) == 3
