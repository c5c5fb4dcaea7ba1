"""A decision made again shows the rounds that led to it."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.core.errors import MismatchError
from wm_robot.core.types import Goal
from wm_robot.insight.named_terms import named_terms
from wm_robot.insight.second_look import SAME_ACTIONS, effective_sample_size, look_again

from .conftest import PLANNING

ALGORITHMS = {"cem": {}, "icem": {"keep_fraction": 0.5}, "mppi": {}, "predictive_sampling": {}}


@pytest.fixture
def look(point_mass_model, point_mass_backend):
    return lambda s: look_again(s.decision, point_mass_model, point_mass_backend, s.goal)


@pytest.mark.parametrize("returns", ["best", "mean"])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_plan_comes_out_bit_for_bit_where_the_arithmetic_is_the_same(name, returns, drive, look):
    search = replace(PLANNING.search, returns=returns)
    planning = replace(PLANNING, planner=name, options=ALGORITHMS[name], search=search)
    for snapshot in drive(3, planning):
        again = look(snapshot)
        assert again.plan.actions.tobytes() == snapshot.decision.plan.actions.tobytes()
        assert (again.deviation, again.same) == (0.0, True)
        np.testing.assert_array_equal(again.rounds[-1].costs, snapshot.decision.plan.costs)
        assert len(again.rounds) == 4


def test_costs_of_the_terms_add_up(drive, look):
    again = look(drive(2)[1])
    for each in again.rounds:
        assert list(each.term_costs) == ["latent_goal", "smoothness"]
        np.testing.assert_allclose(sum(each.term_costs.values()), each.costs)
    assert again.cost == pytest.approx(again.plan.cost)


def test_a_search_cut_short_is_made_again_as_far_as_it_got(drive, look):
    (snapshot,) = drive(1, replace(PLANNING, search=replace(PLANNING.search, iterations=2)))
    longer = replace(snapshot.decision, planning=PLANNING)
    again = look(replace(snapshot, decision=longer))
    assert (len(again.rounds), again.deviation) == (2, 0.0)


def test_the_gain_is_what_the_search_found_beyond_its_warm_start(drive, look):
    cold, warm = map(look, drive(2))
    # Cold, the search begins with holding still: 0.1 of the way for each unit of cost is left to find.
    assert (cold.was_warm, warm.was_warm) == (False, True)
    assert cold.gain == pytest.approx(cold.warm_start_cost - cold.cost)
    assert cold.gain > warm.gain > 0


def test_sigma_falls_as_cem_learns_and_follows_the_schedule_of_mppi(drive, look):
    cem = [np.mean(each.std) for each in look(drive(1)[0]).rounds]
    assert cem == sorted(cem, reverse=True)
    mppi = look(drive(1, replace(PLANNING, planner="mppi"))[0]).rounds
    # noise · decay^i = 0.6, 0.48, 0.384, 0.3072
    np.testing.assert_allclose([each.std[0, 0] for each in mppi], [0.6, 0.48, 0.384, 0.3072])


def test_elites_are_the_cheapest_first(drive, look):
    each = look(drive(1)[0]).rounds[0]
    assert len(each.elites) == 6  # 10 % of 64
    assert (np.diff(each.costs[each.elites]) >= 0).all()
    assert each.costs[each.elites[-1]] <= np.sort(each.costs)[5]
    assert each.action_spread.shape == (2,)


def test_effective_sample_size_runs_from_one_to_all():
    assert effective_sample_size(np.full(7, 3.0)) == pytest.approx(7)
    assert effective_sample_size(np.array([0.0, 1e6, 1e6, np.inf]), 0.01) == pytest.approx(1)
    # Weights 1, e^-2 of costs a standard deviation from their mean each: 1 / Σ w².
    assert effective_sample_size(np.array([1.0, 3.0])) == pytest.approx((1 + np.e**-2) ** 2 / (1 + np.e**-4))


def test_another_plan_is_told_from_the_decision(drive, look):
    snapshot = drive(1)[0]
    other = look(replace(snapshot, decision=replace(snapshot.decision, seed=snapshot.decision.seed + 1)))
    assert other.deviation > SAME_ACTIONS
    assert not other.same


def test_a_goal_that_no_cost_reads_is_refused(point_mass_model):
    with pytest.raises(MismatchError, match="reads the goal"):
        named_terms(point_mass_model, PLANNING, Goal(pose={"x": 0.1}))
