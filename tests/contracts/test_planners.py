"""What every registered planner must do, on problems whose optimum is known on paper."""

import numpy as np
import pytest

from wm_robot.planners import PLANNERS, Belief, PlannerConfig, make_planner

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
    plan = make_planner(name, config, nu=1).plan(double_integrator, 0)
    # The cost's smallest curvature: its Hessian is 2 [[13/4, 7/4], [7/4, 5/4]], whose smaller
    # eigenvalue is 0.45, so a miss of 0.02 in the forces costs at least 0.45/2 · 4e-4 = 9e-5.
    assert plan.cost < 9e-5
    np.testing.assert_allclose(plan.actions[:, 0], [0.25, -0.25], atol=0.02)


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_plan_bit_for_bit(name):
    planner = make_planner(name, PlannerConfig(horizon=3, samples=32), nu=2)
    first, again = planner.plan(bowl, 5), planner.plan(bowl, 5)
    other = planner.plan(bowl, 6)
    assert first.actions.tobytes() == again.actions.tobytes()
    assert first.costs.tobytes() == again.costs.tobytes()
    assert first.actions.tobytes() != other.actions.tobytes()


@pytest.mark.parametrize("name", ALL)
def test_actions_stay_in_the_bounds_when_the_optimum_lies_outside(name):
    config = PlannerConfig(horizon=3, samples=64, iterations=8)
    plan = make_planner(name, config, nu=2).plan(lambda a: ((a - np.array([5.0, -5.0])) ** 2).sum((1, 2)), 0)
    assert np.abs(plan.actions).max() <= 1.0
    # The nearest valid actions are (1, -1) at every step; every planner gets most of the way.
    assert (plan.actions * [1, -1]).min() > 0.5


@pytest.mark.parametrize("name", ALL)
def test_a_warm_start_is_never_made_worse(name):
    planner = make_planner(name, PlannerConfig(horizon=3, samples=8, iterations=1), nu=2)
    warm = planner.start()
    warm = Belief(mean=TARGET, std=warm.std, elites=warm.elites)
    plan = planner.plan(bowl, 0, warm_start=warm)
    assert plan.cost == 0.0
    np.testing.assert_array_equal(plan.actions, TARGET)


@pytest.mark.parametrize("name", ALL)
def test_candidates_without_a_finite_cost_are_avoided(name):
    def poisoned(actions):
        return np.where(actions[:, 0, 0] > 0, np.nan, bowl(actions))

    planner = make_planner(name, PlannerConfig(horizon=3, samples=64, iterations=6), nu=2)
    plan = planner.plan(poisoned, 0)
    assert np.isfinite(plan.cost)
    assert plan.actions[0, 0] <= 0
