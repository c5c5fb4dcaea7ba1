import numpy as np
import pytest
from wm_controllers.filters.barrier_qp import MOST_ROWS, BarrierQP
from wm_controllers.filters.barrier_qp_reference import ReferenceBarrierQP

from wm_robot.core.seeding import rng


def problem(random, nq, slack):
    """Rows through the neighbourhood of a point of the box; feasible where `slack` is not negative."""
    rows = random.integers(1, MOST_ROWS + 1)
    G = random.normal(size=(rows, nq)) * random.choice([0.01, 1.0, 100.0], size=(rows, 1))
    inside = random.uniform(-1, 1, nq)
    g = G @ inside - slack * np.linalg.norm(G, axis=1) * random.exponential(0.2, rows)
    return random.uniform(-1.5, 1.5, nq), -np.ones(nq), np.ones(nq), G, g


@pytest.mark.parametrize("nq", [5, 7])
def test_the_fast_path_agrees_with_the_reference_on_feasible_problems(nq):
    fast, reference, random, turned = BarrierQP(nq), ReferenceBarrierQP(nq), rng(1, nq), 0
    for _ in range(160):
        wanted, low, high, G, g = problem(random, nq, slack=1.0)
        u = fast(wanted, low, high, G, g)
        assert u is not None
        scale = np.linalg.norm(G, axis=1)
        v = reference(wanted, low, high, G / scale[:, None], g / scale)
        np.testing.assert_allclose(u, v, atol=1e-6)
        turned += not np.allclose(u, np.clip(wanted, low, high))
    assert turned > 100  # the solver was asked, not only the shortcut


@pytest.mark.parametrize("nq", [5, 7])
def test_both_say_none_where_no_jerk_keeps_all_barriers(nq):
    fast, reference, random = BarrierQP(nq), ReferenceBarrierQP(nq), rng(2, nq)
    for _ in range(20):
        wanted, low, high, G, g = problem(random, nq, slack=1.0)
        G, g = (
            np.vstack([G[1:], G[0], -G[0]])[-MOST_ROWS:],
            np.append(g[1:], [g[0], 0.01 - g[0]])[-MOST_ROWS:],
        )
        G, g = G / (scale := np.linalg.norm(G, axis=1))[:, None], g / scale
        g[-1] = 0.01 - g[-2]  # G₀ u ≥ g₀ and −G₀ u ≥ 0.01 − g₀ exclude each other
        assert fast(wanted, low, high, G, g) is None
        assert reference(wanted, low, high, G, g) is None


def test_bounds_that_exclude_each_other_have_no_solution():
    assert BarrierQP(2)(np.zeros(2), np.array([0.5, 0.0]), np.zeros(2), np.zeros((0, 2)), np.zeros(0)) is None


def test_not_a_number_has_no_solution():
    bounds = np.full(2, np.nan), np.ones(2)
    assert BarrierQP(2)(np.zeros(2), *bounds, np.zeros((0, 2)), np.zeros(0)) is None


def test_a_wanted_jerk_that_keeps_all_is_left_alone():
    wanted = np.array([0.3, -0.2])
    u = BarrierQP(2)(wanted, -np.ones(2), np.ones(2), np.array([[1.0, 0.0]]), np.array([0.1]))
    np.testing.assert_array_equal(u, wanted)
