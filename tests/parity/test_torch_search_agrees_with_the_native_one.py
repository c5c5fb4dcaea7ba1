"""A search in torch operations against the native one, and what a CUDA graph of it relies on.

Costs of both agree to 1e-6 of their size, so candidates change places only where they are that close; none of
these seeds has such a pair. MPPI divides cost differences by a tenth of their spread before it exponentiates,
which turns 1e-6 into some 1e-5 of an action.
"""

import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from wm_robot.core.errors import NotFiniteError, ShapeError
from wm_robot.kernels.backend import make_backend
from wm_robot.kernels.captured_search import fitting_rounds
from wm_robot.kernels.native import NativeBackend
from wm_robot.kernels.search import SearchBelief, SearchSettings
from wm_robot.kernels.synthetic import random_distance_head, random_token_predictor
from wm_robot.kernels.terms import ActionLimits, Readout, Smoothness, TemporalDistance
from wm_robot.kernels.torch_prices import prepare
from wm_robot.kernels.torch_search import TorchSearch
from wm_robot.kernels.torch_tokens import TorchTokenBackend, cuda_is_there
from wm_robot.planners import PlannerConfig, make_planner
from wm_robot.planners.objective import LatentObjective

T, NU, H = 2, 3, 4
PREDICTOR = random_token_predictor(
    np.random.default_rng(0),
    history=T,
    context=3,
    patches=5,
    patch=6,
    state=2,
    nu=NU,
    width=24,
    heads=2,
    head=8,
    hidden=30,
    blocks=2,
)
L = PREDICTOR.latent
ALGORITHMS = {"cem": {}, "icem": {"keep_fraction": 0.5}, "mppi": {}, "predictive_sampling": {}}
CONFIG = PlannerConfig(horizon=H, knots=3, interpolation="linear", samples=50, iterations=4)
LATENTS = np.random.default_rng(1).normal(size=(T, L))
PAST_ACTIONS = np.random.default_rng(2).uniform(-1, 1, (T - 1, NU))


def goal(seed):
    rng = np.random.default_rng(seed)
    head = random_distance_head(rng, latent=L, goal=3, widths=(9, 5), outputs=2)
    return (
        Readout(step_weights=rng.uniform(0, 1, H), target=rng.normal(size=L), scale=np.ones(L)),
        Readout(
            step_weights=np.ones(H),
            target=rng.normal(size=2),
            scale=np.ones(2),
            matrix=rng.normal(size=(2, L)),
        ),
        TemporalDistance(step_weights=np.ones(H), head=head, goal=rng.normal(size=3)),
        Smoothness(step_weights=np.ones(H)),
        ActionLimits(step_weights=np.ones(H), limit=0.5),
    )


def in_tiles():
    """A backend that prices a few candidates at once: no round is a whole number of tiles."""
    backend = TorchTokenBackend(PREDICTOR)
    return TorchTokenBackend(PREDICTOR, cache_bytes=7 * backend.candidate_bytes(H))


def objective(backend, terms=None):
    terms = goal(3) if terms is None else terms
    return LatentObjective(backend=backend, latents=LATENTS, past_actions=PAST_ACTIONS, terms=terms)


def assert_same(have, want):
    for name in ("knots", "cost", "costs"):
        np.testing.assert_allclose(getattr(have, name), getattr(want, name), rtol=1e-4, atol=2e-4)
    for name in ("mean", "std", "elites"):
        np.testing.assert_allclose(getattr(have.belief, name), getattr(want.belief, name), atol=2e-4)
    assert have.rounds == want.rounds


@pytest.mark.parametrize("returns", ["best", "mean"])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_finds_the_native_plan(name, returns):
    planner = make_planner(name, replace(CONFIG, returns=returns), nu=NU, options=ALGORITHMS[name])
    settings, belief = planner.settings(), planner.start()
    native, ours = NativeBackend(PREDICTOR), in_tiles()
    for seed in range(4):
        start = SearchBelief(mean=belief.mean, std=belief.std, elites=belief.elites)
        arguments = (settings, LATENTS, PAST_ACTIONS, goal(3))
        want = native.search(*arguments, belief=start, seed=seed)
        assert_same(ours.search(*arguments, belief=start, seed=seed), want)
        belief = planner.start(planner.shift(replace(belief, **vars(want.belief)), 1))


def test_planners_search_by_themselves():
    plan = make_planner("icem", CONFIG, nu=NU).plan(objective(make_backend("torch", PREDICTOR)), seed=5)
    same = make_planner("icem", CONFIG, nu=NU).plan(objective(NativeBackend(PREDICTOR)), seed=5)
    assert set(plan.phase_s) == {"evaluate", "update"}  # no "sample": one call did it all
    np.testing.assert_allclose(plan.actions, same.actions, atol=2e-4)


def small_rounds():
    """Rounds of 3 that keep up to 4 elites, and with them draw the mean and one new candidate."""
    return SearchSettings(
        interpolation=np.eye(H),
        nu=NU,
        candidates=(3, 3),
        learning="elites",
        elites=4,
        keep_fraction=1.0,
        min_noise=(0.01, 0.01),
    )


# Known elites, and candidates of the second round. With none the first draws 3 and so has 3 elites, which the
# second keeps: 3 + 2. With 4 the first draws 6, the second keeps 4: 4 + 2.
@pytest.mark.parametrize(("known", "drawn"), [(0, 5), (1, 5), (4, 6)])
def test_kept_elites_enlarge_a_small_round_as_the_native_search_does(known, drawn):
    rng = np.random.default_rng(8)
    belief = SearchBelief(
        mean=np.zeros((H, NU)), std=np.ones((H, NU)), elites=rng.normal(size=(known, H, NU))
    )
    arguments = (small_rounds(), LATENTS, PAST_ACTIONS, goal(3))
    for seed in range(4):
        want = NativeBackend(PREDICTOR).search(*arguments, belief=belief, seed=seed)
        assert len(want.costs) == drawn
        assert_same(in_tiles().search(*arguments, belief=belief, seed=seed), want)


def test_the_mean_is_the_plan_where_it_is_cheaper_than_every_candidate():
    # The cost is |a|²: what single elites are away from zero by chance cancels in their mean.
    terms = (ActionLimits(step_weights=np.ones(H), limit=0.0),)
    settings = make_planner("cem", replace(CONFIG, iterations=1), nu=NU).settings()
    shape = (settings.interpolation.shape[1], NU)
    belief = SearchBelief(mean=np.full(shape, 0.5), std=np.full(shape, 0.6), elites=np.empty((0, *shape)))
    arguments = (settings, LATENTS, PAST_ACTIONS, terms)
    want = NativeBackend(PREDICTOR).search(*arguments, belief=belief, seed=0)
    assert (want.knots == want.belief.mean).all()
    assert_same(in_tiles().search(*arguments, belief=belief, seed=0), want)


@pytest.mark.parametrize("rounds", [1, 2])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_candidates_of_infinite_cost_are_left_out_as_the_native_search_does(name, rounds):
    # 3e38 times a squared excess above 1.13 is more than float32 holds; an entry's excess is at most 0.8,
    # squared 0.64, so that candidates with large actions cost infinitely much and others do not.
    terms = (ActionLimits(step_weights=np.full(H, 3e38), limit=0.2),)
    config = replace(CONFIG, samples=8, iterations=rounds)
    options = {"cem": {"elite_fraction": 0.9}, "icem": {"cem": {"elite_fraction": 0.9}}}.get(name, {})
    planner = make_planner(name, config, nu=NU, options=options)
    start = planner.start()
    belief = SearchBelief(mean=start.mean, std=start.std, elites=start.elites)
    arguments = (planner.settings(), LATENTS, PAST_ACTIONS, terms)
    elites, infinite = set(), 0
    for seed in range(6):
        want = NativeBackend(PREDICTOR).search(*arguments, belief=belief, seed=seed)
        assert_same(in_tiles().search(*arguments, belief=belief, seed=seed), want)
        elites.add(len(want.belief.elites))
        infinite += np.isinf(want.costs).sum()
    if rounds == 1:  # the second may be so close around the finite ones that it meets no other
        assert infinite > 0
        assert name not in options or len(elites) > 1  # some had fewer finite costs than elites


def test_costs_that_are_all_infinite_leave_no_plan():
    huge = Readout(step_weights=np.full(H, 1e38), target=np.full(L, 1e30), scale=np.ones(L))
    planner, backend = make_planner("cem", CONFIG, nu=NU), in_tiles()
    with pytest.raises(NotFiniteError, match="every candidate's cost"):
        planner.plan(objective(backend, (huge,)), 0)
    assert np.isfinite(planner.plan(objective(backend), 0).cost)


def test_a_deadline_leaves_the_rounds_that_fit_into_it():
    planner, backend = make_planner("cem", CONFIG, nu=NU), in_tiles()
    late = planner.plan(objective(backend), 0, deadline_ns=1)
    assert late.iterations == 1
    assert late.deadline_missed
    early = planner.plan(objective(backend), 0, deadline_ns=time.monotonic_ns() + 10**12)
    assert early.iterations == CONFIG.iterations
    assert not early.deadline_missed


@pytest.mark.parametrize(
    ("left", "pace", "rounds"), [(5, 0, 10), (35, 10, 3), (30, 10, 3), (9, 10, 1), (-5, 10, 1), (999, 10, 10)]
)
def test_a_captured_search_has_the_rounds_that_fit_into_the_time_left(left, pace, rounds):
    assert fitting_rounds(left, pace, most=10) == rounds


def test_the_plans_cost_is_that_of_its_actions_and_the_same_search_finds_the_same_bits():
    planner, backend = make_planner("cem", CONFIG, nu=NU), in_tiles()
    first, again = (planner.plan(objective(backend), seed=4) for _ in range(2))
    assert first.actions.tobytes() == again.actions.tobytes()
    price = backend.costs(LATENTS, PAST_ACTIONS, first.actions[None], goal(3))[0]
    assert first.cost == pytest.approx(price, rel=1e-5)


def test_another_goal_is_planned_for_as_if_it_were_the_first():
    planner, backend = make_planner("cem", CONFIG, nu=NU), in_tiles()
    for terms in (goal(3), goal(4), goal(4)[:2], goal(3)):  # the same form, the same, another, another
        have = planner.plan(objective(backend, terms), 0)
        want = planner.plan(objective(in_tiles(), terms), 0)
        assert have.actions.tobytes() == want.actions.tobytes()


def test_what_does_not_fit_is_named():
    backend, settings, terms = in_tiles(), small_rounds(), goal(3)
    belief = SearchBelief(mean=np.zeros((H, NU)), std=np.ones((H, NU)), elites=np.empty((0, H, NU)))

    def search(settings=settings, latents=LATENTS, belief=belief):
        return backend.search(settings, latents, PAST_ACTIONS, terms, belief=belief, seed=0)

    with pytest.raises(NotFiniteError, match="latents"):
        search(latents=np.full((T, L), np.nan))
    with pytest.raises(ShapeError, match="mean"):
        search(belief=replace(belief, mean=np.zeros((H, NU + 1))))
    with pytest.raises(ShapeError, match="E <= 4"):
        search(belief=replace(belief, elites=np.zeros((5, H, NU))))
    with pytest.raises(ShapeError, match="action of the search"):
        search(settings=replace(settings, nu=NU + 1))
    assert np.isfinite(search().cost)


class Operations(TorchDispatchMode):
    """Counts what torch is asked to do."""

    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.counts[func.overloadpacket.__name__] += 1
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", ALGORITHMS)
@torch.inference_mode()
def test_a_search_neither_reads_a_number_nor_brings_one(name):
    """Either would make the host wait for the device, which no graph can hold.

    On the device "meta" tensors have shapes and no data: reading an entry, or a shape that depends on one,
    raises there. A constant of the host's would show as an operation that lifts it to the device.
    """
    backend = TorchTokenBackend(PREDICTOR, device="meta", dtype=torch.bfloat16)
    settings = make_planner(name, CONFIG, nu=NU, options=ALGORITHMS[name]).settings()
    with torch.device("meta"):
        prices = prepare(goal(3))
        search = TorchSearch(settings, (T, L), lambda z, past: backend.priced_from(z, past, prices))
        start = torch.zeros(search.start.size)
        with Operations() as operations:
            found = search.run(start, lambda _: True)
    assert found.shape == (search.found.size,)
    assert not {"lift_fresh", "_local_scalar_dense", "nonzero", "masked_select"} & set(operations.counts)


@pytest.mark.skipif(not cuda_is_there(), reason="needs a GPU")
@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_captured_search_plans_on_the_gpu(name):
    planner = make_planner(name, CONFIG, nu=NU, options=ALGORITHMS[name])
    exact = TorchTokenBackend(PREDICTOR, device="cuda")
    have, want = (planner.plan(objective(b), 4) for b in (exact, NativeBackend(PREDICTOR)))
    np.testing.assert_allclose(have.actions, want.actions, atol=1e-3)
    assert planner.plan(objective(exact), 4).actions.tobytes() == have.actions.tobytes()
    other = planner.plan(objective(exact, goal(4)), 4)
    np.testing.assert_allclose(
        other.actions, planner.plan(objective(NativeBackend(PREDICTOR), goal(4)), 4).actions, atol=1e-3
    )
    assert planner.plan(objective(exact), 4, deadline_ns=1).iterations == 1

    rounded = make_backend("cuda", PREDICTOR)
    plan = planner.plan(objective(rounded), 4)
    price = rounded.costs(LATENTS, PAST_ACTIONS, plan.actions[None], goal(3))[0]
    assert plan.cost == pytest.approx(price, rel=5e-2)
