"""A second planner beside the one that commands."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.core.clock import SimulatedClock
from wm_robot.insight.comparison import Instant
from wm_robot.insight.shadow import Shadow
from wm_robot.insight.what_if import plan_otherwise

from .conftest import PLANNING


@pytest.fixture
def instant(point_mass_model, point_mass_backend):
    def of(snapshot):
        return Instant(
            decision=snapshot.decision,
            goal=snapshot.goal,
            model=point_mass_model,
            backend=point_mass_backend,
        )

    return of


def shadow(planning, **options):
    return Shadow(planning, 2, 0.1, **options)


def test_the_same_settings_give_the_same_plans_over_an_episode(drive, instant):
    twin = shadow(PLANNING)
    for snapshot in drive(5):
        found = twin.plan(instant(snapshot))
        assert found.other.tobytes() == found.live.tobytes()
        assert (found.difference, found.live_cost) == (0.0, found.other_cost)


def test_a_poorer_search_costs_more_under_the_live_costs(drive, instant):
    poor = shadow(replace(PLANNING, search=replace(PLANNING.search, samples=4, iterations=1)))
    found = [poor.plan(instant(s)) for s in drive(5)]
    assert all(each.other_cost > each.live_cost for each in found)
    assert all(0 < each.difference <= 2 for each in found)


@pytest.mark.parametrize("horizon", [1, 5])
def test_plans_of_another_length_are_compared_over_the_live_horizon(horizon, drive, instant):
    other = shadow(replace(PLANNING, search=replace(PLANNING.search, horizon=horizon)))
    snapshot = drive(1)[0]
    found = other.plan(instant(snapshot))
    assert (found.live.shape, found.other.shape) == ((3, 2), (horizon, 2))
    assert found.other_cost > found.live_cost  # it planned for something else


def test_other_costs_are_judged_by_the_live_ones(drive, instant):
    lazy = shadow(
        replace(
            PLANNING,
            costs={"latent_goal": {"metric": "flat", "terminal": 1e-3}, "smoothness": {"weight": 10.0}},
        )
    )
    snapshot = drive(1)[0]
    found = lazy.plan(instant(snapshot))
    assert np.abs(found.other).max() < np.abs(found.live).max()
    assert found.other_cost > found.live_cost


def test_a_shadow_is_judged_by_its_settings_and_not_by_how_much_time_is_left_for_it(drive, instant):
    class Slow(SimulatedClock):
        def now_ns(self):
            self.sleep_until_ns(super().now_ns() + 10_000_000)
            return super().now_ns()

    hurried = shadow(replace(PLANNING, budget_s=1e-3), clock=Slow())
    found = hurried.plan(instant(drive(1)[0]))
    assert found.other.tobytes() == found.live.tobytes()


def test_another_plan_of_the_past_is_the_same_each_time(drive, instant):
    snapshot = drive(3)[2]
    other = replace(PLANNING, planner="mppi")
    once, twice = plan_otherwise(instant(snapshot), other), plan_otherwise(instant(snapshot), other)
    assert once.other.tobytes() == twice.other.tobytes()
    assert once.warm
    assert once.difference > 0


def test_the_same_settings_in_the_past_give_the_same_plan(drive, instant):
    snapshot = drive(3)[2]
    found = plan_otherwise(instant(snapshot), replace(PLANNING, budget_s=1e-6))
    assert found.other.tobytes() == found.live.tobytes()  # a deadline of the past does not count


def test_a_warm_start_of_other_knots_is_left_out(drive, instant):
    snapshot = drive(3)[2]
    found = plan_otherwise(instant(snapshot), replace(PLANNING, search=replace(PLANNING.search, horizon=2)))
    assert not found.warm
