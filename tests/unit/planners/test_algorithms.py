"""What each algorithm learns from one round, computed by hand."""

import numpy as np
import pytest

from wm_robot.planners import Belief, PlannerConfig, make_planner
from wm_robot.planners.icem import colouring

KNOTS = np.array([0.0, 0.2, 0.4, 0.9]).reshape(4, 1, 1)  # (K, M, nu)
COSTS = np.array([3.0, 1.0, 2.0, np.inf])
CONFIG = PlannerConfig(horizon=1, samples=4, noise=0.5, noise_decay=0.7)


def test_cem_moves_to_the_smoothed_mean_and_deviation_of_the_elites():
    options = {"elite_fraction": 0.5, "smoothing": 0.2, "min_noise": 0.0}
    planner = make_planner("cem", CONFIG, nu=1, options=options)
    belief = planner.update(planner.start(), KNOTS, COSTS)
    # Elites 0.2 and 0.4: mean 0.3, deviation 0.1; 0.2·0 + 0.8·0.3 and 0.2·0.5 + 0.8·0.1.
    np.testing.assert_allclose(belief.mean, [[0.24]])
    np.testing.assert_allclose(belief.std, [[0.18]])
    np.testing.assert_allclose(belief.elites[:, 0, 0], [0.2, 0.4])


def test_cem_never_takes_an_infinite_cost_for_an_elite():
    planner = make_planner("cem", CONFIG, nu=1, options={"elite_fraction": 0.99})
    assert 0.9 not in planner.update(planner.start(), KNOTS, COSTS).elites


def test_cem_keeps_a_floor_under_its_deviation_that_decays_by_round():
    options = {"elite_fraction": 0.5, "smoothing": 0.0, "min_noise": 0.4}
    planner = make_planner("cem", CONFIG, nu=1, options=options)
    belief = planner.start()
    np.testing.assert_allclose(planner.update(belief, KNOTS, COSTS).std, [[0.4]])
    later = Belief(mean=belief.mean, std=belief.std, elites=belief.elites, iteration=2)
    np.testing.assert_allclose(planner.update(later, KNOTS, COSTS).std, [[0.4 * 0.7**2]])


def test_mppi_weighs_candidates_by_the_softmax_of_their_costs():
    planner = make_planner("mppi", CONFIG, nu=1, options={"temperature": 1.0})
    belief = planner.update(planner.start(), KNOTS, COSTS)
    # std of (3, 1, 2) is sqrt(2/3); weights exp(-2/s), 1, exp(-1/s), 0 on 0, 0.2, 0.4, 0.9.
    s = np.sqrt(2 / 3)
    w0, w2 = np.exp(-2 / s), np.exp(-1 / s)
    np.testing.assert_allclose(belief.mean, [[(0.2 + 0.4 * w2) / (w0 + 1 + w2)]])


def test_mppi_averages_evenly_when_all_costs_are_equal():
    planner = make_planner("mppi", CONFIG, nu=1)
    belief = planner.update(planner.start(), KNOTS, np.ones(4))
    np.testing.assert_allclose(belief.mean, [[(0 + 0.2 + 0.4 + 0.9) / 4]])


def test_predictive_sampling_moves_to_the_cheapest_candidate():
    planner = make_planner("predictive_sampling", CONFIG, nu=1)
    np.testing.assert_array_equal(planner.update(planner.start(), KNOTS, COSTS).mean, [[0.2]])


def test_icem_tries_kept_elites_again_and_shrinks_its_rounds():
    config = PlannerConfig(horizon=1, samples=40)
    options = {"cem": {"elite_fraction": 0.25}, "keep_fraction": 0.5, "sample_decay": 1.25}
    planner = make_planner("icem", config, nu=1, options=options)
    belief = planner.start()
    elites = np.linspace(0.1, 1.0, 10).reshape(10, 1, 1)

    def noise(count):
        return np.zeros((count, 1, 1))

    belief = Belief(mean=belief.mean, std=belief.std, elites=elites, iteration=1)
    knots = planner.sample(belief, noise)
    # 40 / 1.25 = 32 candidates, one of them the mean that the caller adds: 31, five of them kept.
    assert len(knots) == 31
    np.testing.assert_array_equal(knots[:5], elites[:5])
    late = Belief(mean=belief.mean, std=belief.std, elites=elites, iteration=50)
    assert len(planner.sample(late, noise)) == 2 * 10 - 1


@pytest.mark.parametrize("exponent", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("steps", [1, 2, 6])
def test_coloured_noise_has_unit_variance_at_every_step(exponent, steps):
    colour = colouring(steps, exponent)
    np.testing.assert_allclose(np.diag(colour @ colour.T), 1.0)


def test_coloured_noise_correlates_neighbouring_steps_and_white_noise_does_not():
    def neighbours(exponent):
        colour = colouring(6, exponent)
        return (colour @ colour.T)[2, 3]

    # Six steps have the frequencies 0, ±1/6, ±2/6, 3/6, whose power 1/f² (the constant taking that
    # of 1/6) is 36, 36, 9, 4. The correlation of neighbours is Σ S cos 2πf / Σ S
    # = (36 + 72/2 − 18/2 − 4) / (36 + 72 + 18 + 4) = 59/130.
    assert neighbours(0.0) == pytest.approx(0.0)
    assert neighbours(2.0) == pytest.approx(59 / 130)
