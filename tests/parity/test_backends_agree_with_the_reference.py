"""Every backend against the float64 reference, at sizes that fill no tile, panel or vector.

Tolerance: 1e-4 of the largest magnitude. float32 has 6e-8; the residual stream and 16 steps add up some
hundred roundings, and what was seen is below 4e-6, so a wrong formula cannot hide below it. bfloat16 rounds
weights and activations to 2e-3 each, and gets 5e-2: enough to see a wrong term or a lane out of place. int8
rounds to 2e-3 of the largest, which is more for all the others.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.native import NativeBackend, dtypes, instruction_sets
from wm_robot.kernels.reference import ReferenceBackend
from wm_robot.kernels.synthetic import random_distance_head, random_predictor
from wm_robot.kernels.terms import ActionLimits, Readout, Smoothness, TemporalDistance, Term
from wm_robot.kernels.torch_backend import TorchBackend

TOLERANCE = {"float32": 1e-4, "bfloat16": 5e-2, "int8": 0.1}


@dataclass(frozen=True, kw_only=True)
class Problem:
    parameters: dict[str, FloatArray]
    latents: FloatArray
    past_actions: FloatArray
    actions: FloatArray
    terms: tuple[Term, ...]

    @property
    def query(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self.latents, self.past_actions, self.actions


def make_problem(
    *, seed: int, T: int, L: int, nu: int, W: int, E: int, M: int, blocks: int, K: int, H: int
) -> Problem:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, L + 1))
    goal = int(rng.integers(1, 9))
    head = random_distance_head(rng, latent=L, goal=goal, widths=(13, 7, 20)[: 1 + seed % 3], outputs=3)

    def step_weights() -> FloatArray:
        return rng.uniform(0, 1, H) * rng.integers(0, 2, H)  # some steps cost nothing

    terms = (
        Readout(step_weights=step_weights(), target=rng.normal(size=n), scale=rng.uniform(0, 2, n)),
        Readout(
            step_weights=step_weights(),
            target=rng.normal(size=n),
            scale=rng.uniform(0, 2, n),
            matrix=rng.normal(size=(n, L)),
            bias=rng.normal(size=n),
        ),
        TemporalDistance(step_weights=step_weights(), head=head, goal=rng.normal(size=goal)),
        Smoothness(step_weights=step_weights()),
        ActionLimits(step_weights=step_weights(), limit=0.5),
    )
    return Problem(
        parameters=random_predictor(
            rng, history=T, latent=L, nu=nu, width=W, embedding=E, hidden=M, blocks=blocks
        ),
        latents=rng.normal(size=(T, L)),
        past_actions=rng.uniform(-1, 1, (T - 1, nu)),
        actions=rng.uniform(-1, 1, (K, H, nu)),
        terms=terms,
    )


problems = st.builds(
    make_problem,
    seed=st.integers(0, 2**31),
    T=st.integers(1, 3),
    L=st.integers(1, 40),
    nu=st.integers(1, 7),
    W=st.integers(4, 50),  # LayerNorm of two or three nearly equal values is ill-conditioned
    E=st.integers(1, 20),
    M=st.integers(1, 50),
    blocks=st.integers(0, 4),
    K=st.integers(1, 70),
    H=st.integers(1, 6),
)

# The sizes a planner uses: tiles in full, and one candidate over.
PLANNED = make_problem(seed=1, T=2, L=134, nu=4, W=256, E=64, M=512, blocks=3, K=65, H=16)


# Whatever this machine can run: (dtype, instruction set).
KERNELS = [(dtype, name) for dtype in dtypes() for name in instruction_sets(dtype)]


def backends(problem: Problem) -> dict[str, NativeBackend | TorchBackend]:
    native = {
        f"native {name}": NativeBackend(problem.parameters, threads=2, instruction_set=name, dtype=dtype)
        for dtype, name in KERNELS
    }
    return {"torch": TorchBackend(problem.parameters), **native}


def assert_agreement(problem: Problem) -> None:
    reference = ReferenceBackend(problem.parameters)
    imagined = reference.rollout(*problem.query)
    selections = [*((term,) for term in problem.terms), problem.terms]
    costs = [reference.costs(*problem.query, selection) for selection in selections]
    for name, backend in backends(problem).items():
        tolerance = TOLERANCE[getattr(backend, "dtype", "float32")]
        close(f"{name}: latents", backend.rollout(*problem.query), imagined, tolerance)
        for selection, want in zip(selections, costs, strict=True):
            what = f"{name}: {[type(term).__name__ for term in selection]}"
            close(what, backend.costs(*problem.query, selection), want, tolerance)


def close(what: str, have: FloatArray, want: FloatArray, tolerance: float) -> None:
    assert have.shape == want.shape, what
    assert np.abs(have - want).max() <= tolerance * np.abs(want).max(), what


@given(problem=problems)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_backend_agrees_with_the_reference_at_odd_sizes(problem: Problem) -> None:
    assert_agreement(problem)


def test_every_backend_agrees_with_the_reference_at_a_planners_sizes() -> None:
    assert_agreement(PLANNED)


@pytest.mark.parametrize(("dtype", "name"), KERNELS)
def test_the_number_of_threads_does_not_change_a_bit(dtype: str, name: str) -> None:
    results = []
    for threads in (1, 2, 3, 7):
        backend = NativeBackend(PLANNED.parameters, threads=threads, instruction_set=name, dtype=dtype)
        costs = backend.costs(*PLANNED.query, PLANNED.terms)
        results.append((backend.rollout(*PLANNED.query).tobytes(), costs.tobytes()))
    assert len(set(results)) == 1


@pytest.mark.parametrize(("dtype", "name"), KERNELS)
def test_the_candidates_beside_one_do_not_change_a_bit_of_its_cost(dtype: str, name: str) -> None:
    backend = NativeBackend(PLANNED.parameters, threads=1, instruction_set=name, dtype=dtype)
    together = backend.costs(*PLANNED.query, PLANNED.terms)
    for k in (0, 31, 64):
        candidate = PLANNED.actions[k : k + 1]
        alone = backend.costs(PLANNED.latents, PLANNED.past_actions, candidate, PLANNED.terms)
        assert alone.tobytes() == together[k : k + 1].tobytes()


def test_python_threads_may_share_a_backend() -> None:
    backend = NativeBackend(PLANNED.parameters, threads=2)
    selections = [(term,) for term in PLANNED.terms]
    want = [backend.costs(*PLANNED.query, selection).tobytes() for selection in selections]
    with ThreadPoolExecutor(4) as pool:
        have = list(pool.map(lambda s: backend.costs(*PLANNED.query, s).tobytes(), selections * 4))
    assert have == want * 4
