"""Every backend of the transformer predictor against its float64 reference, at sizes that fill no tile.

Tolerances as for the other predictor: the reference keeps nothing from step to step, so a wrong cache, angle
or window cannot hide below them.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import ShapeError, WmrError
from wm_robot.kernels.backend import make_backend
from wm_robot.kernels.native import NativeBackend, dtypes, instruction_sets
from wm_robot.kernels.synthetic import random_distance_head, random_token_predictor
from wm_robot.kernels.terms import ActionLimits, Readout, Smoothness, TemporalDistance, Term
from wm_robot.kernels.token_predictor import TokenPredictor
from wm_robot.kernels.token_reference import TokenReferenceBackend
from wm_robot.kernels.torch_tokens import TorchTokenBackend, cuda_is_there
from wm_robot.planners import PlannerConfig, make_planner
from wm_robot.planners.objective import LatentObjective

TOLERANCE = {"float32": 1e-4, "bfloat16": 8e-2, "int8": 0.2}


@dataclass(frozen=True, kw_only=True)
class Problem:
    predictor: TokenPredictor
    latents: FloatArray
    past_actions: FloatArray
    actions: FloatArray
    terms: tuple[Term, ...]

    @property
    def query(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self.latents, self.past_actions, self.actions


def make_problem(
    *,
    seed: int,
    T: int,
    extra: int,
    P: int,
    D: int,
    S: int,
    nu: int,
    W: int,
    heads: int,
    planes: int,
    M: int,
    blocks: int,
    E: int,
    K: int,
    H: int,
) -> Problem:
    rng = np.random.default_rng(seed)
    modulated = E > 0
    predictor = random_token_predictor(
        rng,
        history=T,
        context=T + extra,
        patches=1 if modulated else P,
        patch=D,
        state=0 if modulated else S,
        nu=nu,
        width=W,
        heads=heads,
        head=2 * planes,
        hidden=M,
        blocks=blocks,
        embedding=E,
    )
    L = predictor.latent
    head = random_distance_head(rng, latent=L, goal=3, widths=(9, 5), outputs=2)
    terms = (
        Readout(step_weights=rng.uniform(0, 1, H), target=rng.normal(size=L), scale=rng.uniform(0, 2, L)),
        TemporalDistance(step_weights=rng.uniform(0, 1, H), head=head, goal=rng.normal(size=3)),
        Smoothness(step_weights=np.ones(H)),
        ActionLimits(step_weights=np.ones(H), limit=0.5),
    )
    return Problem(
        predictor=predictor,
        latents=rng.normal(size=(T, L)),
        past_actions=rng.uniform(-1, 1, (T - 1, nu)),
        actions=rng.uniform(-1, 1, (K, H, nu)),
        terms=terms,
    )


problems = st.builds(
    make_problem,
    seed=st.integers(0, 2**31),
    T=st.integers(1, 4),
    extra=st.integers(0, 3),
    P=st.integers(1, 64),
    D=st.integers(1, 9),
    S=st.integers(0, 4),
    nu=st.integers(1, 5),
    W=st.integers(4, 24),
    heads=st.integers(1, 3),
    planes=st.integers(1, 10),
    M=st.integers(1, 30),
    blocks=st.integers(1, 3),
    E=st.sampled_from([0, 0, 5, 12]),
    K=st.integers(1, 35),
    H=st.integers(1, 4),
)

# Tiles of candidates that no frame divides: 7 rows a frame, 33 candidates; the window slides.
ODD = make_problem(
    seed=1, T=2, extra=1, P=5, D=6, S=3, nu=4, W=32, heads=2, planes=8, M=40, blocks=2, E=0, K=33, H=4
)


# Whatever this machine can run: (dtype, instruction set).
KERNELS = [(dtype, name) for dtype in dtypes() for name in instruction_sets(dtype)]


def backends(problem: Problem) -> dict[str, NativeBackend | TorchTokenBackend]:
    native = {
        f"native {name}": NativeBackend(problem.predictor, threads=2, instruction_set=name, dtype=dtype)
        for dtype, name in KERNELS
    }
    return {"torch": TorchTokenBackend(problem.predictor, cache_bytes=20_000), **native}


def assert_agreement(problem: Problem) -> None:
    reference = TokenReferenceBackend(problem.predictor)
    imagined = reference.rollout(*problem.query)
    costs = reference.costs(*problem.query, problem.terms)
    for name, backend in backends(problem).items():
        tolerance = TOLERANCE[backend.dtype if isinstance(backend, NativeBackend) else "float32"]
        close(f"{name}: latents", backend.rollout(*problem.query), imagined, tolerance)
        close(f"{name}: costs", backend.costs(*problem.query, problem.terms), costs, tolerance)


def close(what: str, have: FloatArray, want: FloatArray, tolerance: float) -> None:
    assert have.shape == want.shape, what
    assert np.abs(have - want).max() <= tolerance * np.abs(want).max(), what


@given(problem=problems)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_every_backend_agrees_with_the_reference_at_odd_sizes(problem: Problem) -> None:
    assert_agreement(problem)


@pytest.mark.parametrize(("dtype", "name"), KERNELS)
def test_neither_threads_nor_neighbours_change_a_bit(dtype: str, name: str) -> None:
    results = set()
    for threads in (1, 2, 5):
        backend = NativeBackend(ODD.predictor, threads=threads, instruction_set=name, dtype=dtype)
        together = backend.costs(*ODD.query, ODD.terms)
        alone = [backend.costs(ODD.latents, ODD.past_actions, a[None], ODD.terms) for a in ODD.actions]
        assert np.concatenate(alone).tobytes() == together.tobytes()
        results.add(together.tobytes())
    assert len(results) == 1


def test_torch_prices_the_same_whatever_its_memory() -> None:
    costs = [
        TorchTokenBackend(ODD.predictor, cache_bytes=size).costs(*ODD.query, ODD.terms)
        for size in (1, 100_000, 1 << 30)
    ]
    for cost in costs[1:]:
        assert np.allclose(costs[0], cost, rtol=1e-5)


@pytest.mark.parametrize("name", ["cem", "icem", "mppi"])
def test_a_search_finds_the_plan_that_the_reference_finds(name: str) -> None:
    H, nu = ODD.actions.shape[1:]
    planner = make_planner(name, PlannerConfig(horizon=H, samples=50, iterations=3), nu)
    plans = [
        planner.plan(
            LatentObjective(
                backend=make_backend(backend, ODD.predictor),
                latents=ODD.latents,
                past_actions=ODD.past_actions,
                terms=ODD.terms,
            ),
            seed=7,
        )
        for backend in ("reference", "cpu", "torch")
    ]
    for plan in plans[1:]:
        assert np.allclose(plan.actions, plans[0].actions, atol=1e-3)
        assert np.isclose(plan.cost, plans[0].cost, rtol=1e-3)


def test_the_second_plan_allocates_nothing() -> None:
    from wm_robot.kernels import native

    backend = NativeBackend(ODD.predictor, threads=2)
    made = []
    for _ in range(3):
        before = native.allocations()
        backend.costs(*ODD.query, ODD.terms)
        made.append(native.allocations() - before)
    assert made[0] > 0
    assert made[1:] == [0, 0]


def test_auto_and_bfloat16_are_backends_of_transformers_too() -> None:
    exact = make_backend("reference", ODD.predictor).costs(*ODD.query, ODD.terms)
    close("auto", make_backend("auto", ODD.predictor).costs(*ODD.query, ODD.terms), exact, 8e-2)
    if "bfloat16" in dtypes():
        rounded = make_backend("cpu-bfloat16", ODD.predictor).costs(*ODD.query, ODD.terms)
        close("bfloat16", rounded, exact, 8e-2)
        assert np.abs(rounded - exact).max() > 1e-5 * np.abs(exact).max()


def test_a_missing_gpu_is_named() -> None:
    if not cuda_is_there():
        with pytest.raises(WmrError, match="needs a GPU"):
            make_backend("cuda", ODD.predictor)


def test_weights_that_do_not_fit_are_named() -> None:
    parameters = dict(ODD.predictor.parameters)
    with pytest.raises(WmrError, match="motion"):
        TokenPredictor.from_parameters(
            {k: v for k, v in parameters.items() if k != "motion.weight"}, history=2, context=3
        )
    parameters["blocks.1.up.bias"] = np.zeros(3)
    with pytest.raises(ShapeError, match=r"blocks\.1\.up\.bias"):
        TokenPredictor.from_parameters(parameters, history=2, context=3)
    with pytest.raises(WmrError, match="history 4 and context 3"):
        TokenPredictor.from_parameters(ODD.predictor.parameters, history=4, context=3)
