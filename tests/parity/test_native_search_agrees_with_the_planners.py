"""A search in one native call against the same algorithm in Python on the float64 reference."""

from dataclasses import replace

import numpy as np
import pytest

from wm_robot.core.errors import NotFiniteError, ShapeError
from wm_robot.kernels.native import NativeBackend, dtypes
from wm_robot.kernels.reference import ReferenceBackend
from wm_robot.kernels.synthetic import random_predictor
from wm_robot.kernels.terms import ActionLimits, Readout
from wm_robot.planners import PlannerConfig, make_planner
from wm_robot.planners.objective import LatentObjective

T, L, NU, H = 2, 20, 3, 6
ALGORITHMS = {"cem": {}, "icem": {"keep_fraction": 0.5}, "mppi": {}, "predictive_sampling": {}}
CONFIG = PlannerConfig(horizon=H, knots=4, interpolation="linear", samples=50, iterations=4)


@pytest.fixture
def objective():
    rng = np.random.default_rng(3)
    parameters = random_predictor(rng, history=T, latent=L, nu=NU, width=32, embedding=8, hidden=40, blocks=2)
    terms = (
        Readout(step_weights=np.ones(H), target=rng.normal(size=L), scale=np.ones(L)),
        ActionLimits(step_weights=np.ones(H), limit=0.5),
    )

    def make(backend, terms=terms):
        return LatentObjective(
            backend=backend(parameters),
            latents=rng_latents,
            past_actions=rng_actions,
            terms=terms,
        )

    rng_latents, rng_actions = rng.normal(size=(T, L)), rng.uniform(-1, 1, (T - 1, NU))
    return make


@pytest.mark.parametrize("returns", ["best", "mean"])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_finds_the_same_plan(name, returns, objective):
    config = PlannerConfig(**{**vars(CONFIG), "returns": returns})
    planner = make_planner(name, config, nu=NU, options=ALGORITHMS[name])
    ours, exact = objective(NativeBackend), objective(ReferenceBackend)
    warm = None
    for seed in range(5):
        have = planner.plan(ours, seed, warm_start=warm)
        want = planner.plan(exact, seed, warm_start=warm)
        # Costs differ by 1e-6 of their size, so two candidates may change places only where they are that
        # close; none of these seeds has such a pair.
        np.testing.assert_allclose(have.actions, want.actions, atol=1e-4)
        assert have.cost == pytest.approx(want.cost, rel=1e-4)
        np.testing.assert_allclose(have.costs, want.costs, rtol=1e-4)
        np.testing.assert_allclose(have.belief.mean, want.belief.mean, atol=1e-4)
        np.testing.assert_allclose(have.belief.std, want.belief.std, atol=1e-4)
        np.testing.assert_allclose(have.belief.elites, want.belief.elites, atol=1e-4)
        assert have.iterations == want.iterations
        warm = planner.shift(want.belief, 1)


@pytest.mark.parametrize("dtype", dtypes())
@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_number_of_threads_does_not_change_a_bit(name, dtype, objective):
    planner = make_planner(name, CONFIG, nu=NU, options=ALGORITHMS[name])
    plans = [
        planner.plan(objective(lambda p, n=threads: NativeBackend(p, threads=n, dtype=dtype)), 3)
        for threads in (1, 2, 5)
    ]
    assert len({plan.actions.tobytes() for plan in plans}) == 1


def test_a_deadline_in_the_past_still_leaves_one_round(objective):
    plan = make_planner("cem", CONFIG, nu=NU).plan(objective(NativeBackend), 0, deadline_ns=1)
    assert plan.iterations == 1
    assert plan.deadline_missed
    assert np.isfinite(plan.cost)


def test_costs_that_are_all_infinite_leave_no_plan(objective):
    huge = Readout(step_weights=np.full(H, 1e38), target=np.full(L, 1e30), scale=np.ones(L))
    with pytest.raises(NotFiniteError, match="every candidate's cost"):
        make_planner("cem", CONFIG, nu=NU).plan(objective(NativeBackend, (huge,)), 0)


def test_phases_are_timed(objective):
    plan = make_planner("cem", CONFIG, nu=NU).plan(objective(NativeBackend), 0)
    assert set(plan.phase_s) == {"evaluate", "update"}
    assert all(s > 0 for s in plan.phase_s.values())


def test_a_broken_history_is_named_before_anything_is_planned(objective):
    planner, sound = make_planner("cem", CONFIG, nu=NU), objective(NativeBackend)
    with pytest.raises(NotFiniteError, match="latents"):
        planner.plan(replace(sound, latents=np.full((T, L), np.nan)), 0)
    with pytest.raises(NotFiniteError, match="past_actions"):
        planner.plan(replace(sound, past_actions=np.full((T - 1, NU), np.inf)), 0)
    with pytest.raises(ShapeError, match="latents"):
        planner.plan(replace(sound, latents=sound.latents[:, :-1]), 0)
    with pytest.raises(ShapeError, match="past_actions"):
        planner.plan(replace(sound, past_actions=np.zeros((T, NU))), 0)
    assert np.isfinite(planner.plan(sound, 0).cost)
