"""Every planner on problems whose optimum is known on paper."""

import numpy as np
import pytest

from wm_robot.core.clock import SimulatedClock
from wm_robot.core.errors import NotFiniteError, ShapeError, UnknownNameError, WmrError
from wm_robot.core.seeding import rng
from wm_robot.planners import PLANNERS, PlannerConfig, make_planner

ALL = sorted(PLANNERS)
TARGET = np.array([[0.6, -0.4], [0.1, 0.2], [-0.3, 0.5]])  # (H, nu), inside the bounds


def bowl(actions):
    """Σ (a − a*)²: the optimum is TARGET itself, with cost zero."""
    return ((actions - TARGET) ** 2).sum(axis=(1, 2))


def double_integrator(actions):
    """Miss of a unit mass, |x(2) − 0.25|² + |v(2)|² after two forces of one second each.

    From rest, x1 = a1/2, v1 = a1, x2 = x1 + v1 + a2/2 = 3/2 a1 + a2/2 and v2 = a1 + a2. Both
    misses vanish for a2 = −a1 and 3/2 a1 − a1/2 = 0.25, so a = (0.25, −0.25).
    """
    a1, a2 = actions[:, 0, 0], actions[:, 1, 0]
    return (1.5 * a1 + 0.5 * a2 - 0.25) ** 2 + (a1 + a2) ** 2


@pytest.mark.parametrize("name", ALL)
def test_a_planner_finds_the_forces_that_move_a_mass_and_stop_it(name):
    config = PlannerConfig(horizon=2, samples=200, iterations=15, noise=0.6, noise_decay=0.7)
    plan = make_planner(name, config, nu=1).plan(double_integrator, rng(0))
    # The cost's smallest curvature: its Hessian is 2 [[13/4, 7/4], [7/4, 5/4]], whose smaller
    # eigenvalue is 0.45, so a miss of 0.02 in the forces costs at least 0.45/2 · 4e-4 = 9e-5.
    assert plan.cost < 9e-5
    np.testing.assert_allclose(plan.actions[:, 0], [0.25, -0.25], atol=0.02)


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_plan_bit_for_bit(name):
    planner = make_planner(name, PlannerConfig(horizon=3, samples=32), nu=2)
    first, again = planner.plan(bowl, rng(5)), planner.plan(bowl, rng(5))
    other = planner.plan(bowl, rng(6))
    assert first.actions.tobytes() == again.actions.tobytes()
    assert first.costs.tobytes() == again.costs.tobytes()
    assert first.actions.tobytes() != other.actions.tobytes()


@pytest.mark.parametrize("name", ALL)
def test_actions_stay_in_the_bounds_when_the_optimum_lies_outside(name):
    config = PlannerConfig(horizon=3, samples=64, iterations=8)
    plan = make_planner(name, config, nu=2).plan(
        lambda a: ((a - np.array([5.0, -5.0])) ** 2).sum((1, 2)), rng(0)
    )
    assert np.abs(plan.actions).max() <= 1.0
    # The nearest valid actions are (1, -1) at every step; every planner gets most of the way.
    assert (plan.actions * [1, -1]).min() > 0.5


@pytest.mark.parametrize("name", ALL)
def test_a_warm_start_is_never_made_worse(name):
    planner = make_planner(name, PlannerConfig(horizon=3, samples=8, iterations=1), nu=2)
    warm = planner.start()
    warm = type(warm)(mean=TARGET, std=warm.std, elites=warm.elites)
    plan = planner.plan(bowl, rng(0), warm_start=warm)
    assert plan.cost == 0.0
    np.testing.assert_array_equal(plan.actions, TARGET)


@pytest.mark.parametrize("name", ALL)
def test_candidates_without_a_finite_cost_are_avoided(name):
    def poisoned(actions):
        return np.where(actions[:, 0, 0] > 0, np.nan, bowl(actions))

    planner = make_planner(name, PlannerConfig(horizon=3, samples=64, iterations=6), nu=2)
    plan = planner.plan(poisoned, rng(0))
    assert np.isfinite(plan.cost)
    assert plan.actions[0, 0] <= 0


def test_a_round_without_any_finite_cost_is_an_error():
    planner = make_planner("cem", PlannerConfig(horizon=3), nu=2)
    with pytest.raises(NotFiniteError, match="every candidate's cost"):
        planner.plan(lambda a: np.full(len(a), np.nan), rng(0))


def test_an_objective_of_the_wrong_shape_is_named():
    planner = make_planner("cem", PlannerConfig(horizon=3, samples=16), nu=2)
    with pytest.raises(ShapeError, match=r"objective costs has shape \(16, 3\), expected \(16\)"):
        planner.plan(lambda a: a[:, :, 0], rng(0))


def test_the_search_stops_before_a_round_that_would_miss_the_deadline():
    clock = SimulatedClock()

    def ten_milliseconds(actions):
        if len(actions) > 1:  # the last look at the mean alone is free here
            clock.sleep_until_ns(clock.now_ns() + 10_000_000)
        return bowl(actions)

    planner = make_planner("cem", PlannerConfig(horizon=3, samples=16, iterations=9), nu=2, clock=clock)
    plan = planner.plan(ten_milliseconds, rng(0), deadline_ns=35_000_000)
    # Rounds end at 10, 20, 30 ms; a fourth would end at 40 ms.
    assert plan.iterations == 3
    assert not plan.deadline_missed
    assert plan.phase_s["evaluate"] == pytest.approx(0.030)


def test_one_round_is_done_even_when_the_deadline_has_passed():
    clock = SimulatedClock(start_ns=100)
    planner = make_planner("cem", PlannerConfig(horizon=3, samples=16, iterations=9), nu=2, clock=clock)
    plan = planner.plan(bowl, rng(0), deadline_ns=50)
    assert plan.iterations == 1
    assert plan.deadline_missed


def test_the_best_candidate_lands_nearer_than_the_jittering_mean():
    def miss(returns):
        config = PlannerConfig(horizon=3, samples=64, iterations=3, returns=returns)
        planner = make_planner("cem", config, nu=2)
        return np.mean([planner.plan(bowl, rng(s)).cost for s in range(20)])

    assert miss("best") <= miss("mean")


def test_shifting_moves_actions_forward_and_fills_with_zeros():
    planner = make_planner("cem", PlannerConfig(horizon=3), nu=2)
    belief = planner.start()
    belief = type(belief)(mean=TARGET, std=belief.std, elites=np.stack([TARGET, 2 * TARGET]).clip(-1, 1))
    shifted = planner.shift(belief, 2)
    np.testing.assert_allclose(shifted.mean, [TARGET[2], [0, 0], [0, 0]], atol=1e-12)
    np.testing.assert_allclose(shifted.elites[1], [2 * TARGET[2], [0, 0], [0, 0]], atol=1e-12)
    np.testing.assert_array_equal(planner.shift(belief, 7).mean, np.zeros((3, 2)))


def test_shifting_held_knots_by_a_whole_block_moves_one_knot():
    planner = make_planner("cem", PlannerConfig(horizon=6, knots=3), nu=1)  # blocks of two steps
    belief = planner.start()
    belief = type(belief)(mean=np.array([[0.1], [0.2], [0.3]]), std=belief.std, elites=belief.elites)
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
