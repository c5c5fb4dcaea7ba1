"""The search that all planners share: deadlines, errors, warm starts."""

import numpy as np
import pytest

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import NotFiniteError, ShapeError, UnknownNameError, WmrError
from wm_robot.planners import Belief, PlannerConfig, make_planner

TARGET = np.array([[0.6, -0.4], [0.1, 0.2], [-0.3, 0.5]])  # (H, nu), inside the bounds


def bowl(actions):
    """Σ (a − a*)²: the optimum is TARGET itself, with cost zero."""
    return ((actions - TARGET) ** 2).sum(axis=(1, 2))


def test_a_round_without_any_finite_cost_is_an_error():
    planner = make_planner("cem", PlannerConfig(horizon=3), nu=2)
    with pytest.raises(NotFiniteError, match="every candidate's cost"):
        planner.plan(lambda a: np.full(len(a), np.nan), 0)


def test_an_objective_of_the_wrong_shape_is_named():
    planner = make_planner("cem", PlannerConfig(horizon=3, samples=16), nu=2)
    with pytest.raises(ShapeError, match=r"objective costs has shape \(16, 3\), expected \(16\)"):
        planner.plan(lambda a: a[:, :, 0], 0)


def test_the_search_stops_before_a_round_that_would_miss_the_deadline():
    clock = SimulatedClock()

    def ten_milliseconds(actions):
        if len(actions) > 1:  # the last look at the mean alone is free here
            clock.sleep_until_ns(clock.now_ns() + 10_000_000)
        return bowl(actions)

    planner = make_planner("cem", PlannerConfig(horizon=3, samples=16, iterations=9), nu=2, clock=clock)
    plan = planner.plan(ten_milliseconds, 0, deadline_ns=35_000_000)
    # Rounds end at 10, 20, 30 ms; a fourth would end at 40 ms.
    assert plan.iterations == 3
    assert not plan.deadline_missed
    assert plan.phase_s["evaluate"] == pytest.approx(0.030)


def test_one_round_is_done_even_when_the_deadline_has_passed():
    clock = SimulatedClock(start_ns=100)
    planner = make_planner("cem", PlannerConfig(horizon=3, samples=16, iterations=9), nu=2, clock=clock)
    plan = planner.plan(bowl, 0, deadline_ns=50)
    assert plan.iterations == 1
    assert plan.deadline_missed


def test_the_best_candidate_lands_nearer_than_the_jittering_mean():
    def miss(returns):
        config = PlannerConfig(horizon=3, samples=64, iterations=3, returns=returns)
        planner = make_planner("cem", config, nu=2)
        return np.mean([bowl(planner.plan(bowl, s).actions[None])[0] for s in range(20)])

    assert miss("best") <= miss("mean")


def test_shifting_moves_actions_forward_and_fills_with_zeros():
    planner = make_planner("cem", PlannerConfig(horizon=3), nu=2)
    belief = planner.start()
    belief = Belief(mean=TARGET, std=belief.std, elites=np.stack([TARGET, 2 * TARGET]).clip(-1, 1))
    shifted = planner.shift(belief, 2)
    np.testing.assert_allclose(shifted.mean, [TARGET[2], [0, 0], [0, 0]], atol=1e-12)
    np.testing.assert_allclose(shifted.elites[1], [2 * TARGET[2], [0, 0], [0, 0]], atol=1e-12)
    np.testing.assert_array_equal(planner.shift(belief, 7).mean, np.zeros((3, 2)))


def test_shifting_held_knots_by_a_whole_block_moves_one_knot():
    planner = make_planner("cem", PlannerConfig(horizon=6, knots=3), nu=1)  # blocks of two steps
    belief = planner.start()
    belief = Belief(mean=np.array([[0.1], [0.2], [0.3]]), std=belief.std, elites=belief.elites)
    np.testing.assert_allclose(planner.shift(belief, 2).mean, [[0.2], [0.3], [0.0]], atol=1e-12)


def test_unknown_names_and_impossible_settings_are_refused_with_the_valid_ones():
    with pytest.raises(
        UnknownNameError, match="unknown planner 'cme'; valid: cem, icem, mppi, predictive_sampling"
    ):
        make_planner("cme", PlannerConfig(), nu=2)
    with pytest.raises(WmrError, match="7 knots for a horizon of 5 steps; valid: 1 to 5"):
        PlannerConfig(horizon=5, knots=7)
    with pytest.raises(WmrError, match="unknown fields"):
        make_planner("cem", PlannerConfig(), nu=2, options={"elite_share": 0.2})
    with pytest.raises(WmrError, match="predictive_sampling has no settings"):
        make_planner("predictive_sampling", PlannerConfig(), nu=2, options={"noise": 0.2})
