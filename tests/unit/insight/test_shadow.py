"""A second planner beside the one that commands."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.core.clock import SimulatedClock
from wm_robot.insight.shadow import Shadow

from .conftest import PLANNING


@pytest.fixture
def shadow(point_mass_model, point_mass_backend):
    return lambda planning, **options: Shadow(point_mass_model, point_mass_backend, planning, **options)


def test_the_same_settings_give_the_same_plans_over_an_episode(drive, shadow):
    twin = shadow(PLANNING)
    for snapshot in drive(5):
        found = twin.plan(snapshot.decision, snapshot.goal)
        assert found.shadow.tobytes() == found.live.tobytes()
        assert (found.difference, found.live_cost) == (0.0, found.shadow_cost)


def test_a_poorer_search_costs_more_under_the_live_costs(drive, shadow):
    poor = shadow(replace(PLANNING, search=replace(PLANNING.search, samples=4, iterations=1)))
    found = [poor.plan(s.decision, s.goal) for s in drive(5)]
    assert all(each.shadow_cost > each.live_cost for each in found)
    assert all(0 < each.difference <= 2 for each in found)


@pytest.mark.parametrize("horizon", [1, 5])
def test_plans_of_another_length_are_compared_over_the_live_horizon(horizon, drive, shadow):
    other = shadow(replace(PLANNING, search=replace(PLANNING.search, horizon=horizon)))
    snapshot = drive(1)[0]
    found = other.plan(snapshot.decision, snapshot.goal)
    assert (found.live.shape, found.shadow.shape) == ((3, 2), (horizon, 2))
    assert found.shadow_cost > found.live_cost  # it planned for something else


def test_other_costs_are_judged_by_the_live_ones(drive, shadow):
    lazy = shadow(
        replace(
            PLANNING,
            costs={"latent_goal": {"metric": "flat", "terminal": 1e-3}, "smoothness": {"weight": 10.0}},
        )
    )
    snapshot = drive(1)[0]
    found = lazy.plan(snapshot.decision, snapshot.goal)
    assert np.abs(found.shadow).max() < np.abs(found.live).max()
    assert found.shadow_cost > found.live_cost


def test_its_deadline_counts_from_the_observation(drive, shadow):
    class Slow(SimulatedClock):
        def now_ns(self):
            self.sleep_until_ns(super().now_ns() + 10_000_000)
            return super().now_ns()

    hurried = shadow(replace(PLANNING, budget_s=0.02), clock=Slow())
    snapshot = drive(1)[0]
    found = hurried.plan(snapshot.decision, snapshot.goal)
    assert found.missed
    assert found.shadow_s >= 0.02
