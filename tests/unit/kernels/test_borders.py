"""What a backend refuses, and what it says."""

import numpy as np
import pytest

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import NotFiniteError, ShapeError, UnknownNameError, WmrError
from wm_robot.kernels import cuda, native
from wm_robot.kernels.backend import BACKENDS, BackendChoice, choose_backend, make_backend
from wm_robot.kernels.native import NativeBackend, dtypes
from wm_robot.kernels.predictor import Predictor
from wm_robot.kernels.synthetic import random_distance_head, random_predictor, random_token_predictor
from wm_robot.kernels.terms import ActionLimits, DistanceHead, Readout, Smoothness, TemporalDistance

T, L, NU, K, H = 2, 5, 3, 4, 6
HERE = [name for name in BACKENDS if name != "cuda" or cuda.what_is_missing() is None]


@pytest.fixture
def parameters() -> dict[str, FloatArray]:
    rng = np.random.default_rng(0)
    return random_predictor(rng, history=T, latent=L, nu=NU, width=8, embedding=4, hidden=6, blocks=2)


def query() -> tuple[FloatArray, FloatArray, FloatArray]:
    return np.zeros((T, L)), np.zeros((T - 1, NU)), np.zeros((K, H, NU))


def test_the_sizes_follow_from_the_weights(parameters: dict[str, FloatArray]) -> None:
    p = Predictor.from_parameters(parameters)
    assert (p.history, p.latent, p.nu, p.width, p.embedding, p.hidden, p.blocks) == (T, L, NU, 8, 4, 6, 2)


def test_a_missing_weight_is_named(parameters: dict[str, FloatArray]) -> None:
    del parameters["blocks.1.down.bias"]
    with pytest.raises(WmrError, match=r"lack \['blocks\.1\.down\.bias'\]"):
        Predictor.from_parameters(parameters)


def test_an_unknown_weight_is_named(parameters: dict[str, FloatArray]) -> None:
    parameters["blocks.0.attention.weight"] = np.zeros((1, 1))
    with pytest.raises(WmrError, match=r"unknown \['blocks\.0\.attention\.weight'\]"):
        Predictor.from_parameters(parameters)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("in.weight", (8, T * L + 1)),
        ("action.0.weight", (4, T * NU + 1)),
        ("blocks.1.up.weight", (7, 8)),
        ("out.bias", (L + 1,)),
        ("out.weight", (L,)),
    ],
)
def test_a_weight_of_another_shape_is_named(
    parameters: dict[str, FloatArray], name: str, shape: tuple[int, ...]
) -> None:
    parameters[name] = np.zeros(shape)
    with pytest.raises(ShapeError, match=name):
        Predictor.from_parameters(parameters)


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize(
    ("position", "shape", "what"),
    [
        (0, (T + 1, L), "latents"),
        (0, (L,), "latents"),
        (1, (T, NU), "past_actions"),
        (2, (K, H, NU + 1), "actions"),
        (2, (0, H, NU), "actions"),
        (2, (K, 0, NU), "actions"),
    ],
)
def test_inputs_of_another_shape_are_refused(
    parameters: dict[str, FloatArray], backend: str, position: int, shape: tuple[int, ...], what: str
) -> None:
    arrays = list(query())
    arrays[position] = np.zeros(shape)
    with pytest.raises(ShapeError, match=f"^{what} has shape"):
        make_backend(backend, parameters).rollout(*arrays)


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_nan_is_refused_not_imagined(parameters: dict[str, FloatArray], backend: str, position: int) -> None:
    arrays = query()
    arrays[position].flat[0] = np.nan
    with pytest.raises(NotFiniteError):
        make_backend(backend, parameters).costs(*arrays, [])


@pytest.mark.parametrize("backend", HERE)
def test_terms_for_another_horizon_or_latent_are_refused(
    parameters: dict[str, FloatArray], backend: str
) -> None:
    rng = np.random.default_rng(0)
    w = np.ones(H)
    head = random_distance_head(rng, latent=L + 1, goal=2, widths=(4,), outputs=1)
    misfits = [
        Smoothness(step_weights=np.ones(H + 1)),
        Readout(step_weights=w, target=np.zeros(L + 1), scale=np.ones(L + 1)),
        Readout(step_weights=w, target=np.zeros(2), scale=np.ones(2), matrix=np.zeros((2, L + 1))),
        TemporalDistance(step_weights=w, head=head, goal=np.zeros(2)),
    ]
    for term in misfits:
        with pytest.raises(ShapeError, match=type(term).__name__ if term is not misfits[3] else "Head"):
            make_backend(backend, parameters).costs(*query(), [term])


@pytest.mark.parametrize("backend", HERE)
def test_no_terms_cost_nothing(parameters: dict[str, FloatArray], backend: str) -> None:
    np.testing.assert_array_equal(make_backend(backend, parameters).costs(*query(), []), np.zeros(K))


def test_terms_keep_their_own_copies() -> None:
    target = np.ones(2)
    term = Readout(step_weights=np.ones(1), target=target, scale=np.ones(2))
    target[:] = 7
    np.testing.assert_array_equal(term.target, [1, 1])
    with pytest.raises(ValueError, match="read-only"):
        term.target[0] = 7


def test_terms_refuse_what_cannot_be_priced() -> None:
    w = np.ones(1)
    with pytest.raises(WmrError, match="limit is -1"):
        ActionLimits(step_weights=w, limit=-1.0)
    with pytest.raises(NotFiniteError, match="step_weights of Smoothness"):
        Smoothness(step_weights=np.array([np.nan]))
    with pytest.raises(ShapeError, match="scale of Readout"):
        Readout(step_weights=w, target=np.zeros(2), scale=np.ones(3))
    head = random_distance_head(np.random.default_rng(0), latent=L, goal=2, widths=(4,), outputs=1)
    with pytest.raises(ShapeError, match="goal of TemporalDistance"):
        TemporalDistance(step_weights=w, head=head, goal=np.zeros(3))


def test_a_distance_head_names_missing_and_misfitting_weights() -> None:
    head = random_distance_head(np.random.default_rng(0), latent=L, goal=2, widths=(4, 3), outputs=1)
    assert head.layers == ("hidden.0",)
    weights = dict(head.parameters)
    with pytest.raises(ShapeError, match=r"out\.weight"):
        DistanceHead({**weights, "out.weight": np.zeros((1, 4))})
    del weights["goal.weight"]
    with pytest.raises(WmrError, match=r"valid: .*'goal\.weight'"):
        DistanceHead(weights)


@pytest.mark.skipif("int8" not in dtypes(), reason="needs AVX-512 VNNI")
def test_a_layer_that_is_too_wide_for_int8_is_refused_with_its_width() -> None:
    sizes = {"history": 1, "latent": 4, "nu": 1, "width": 4, "embedding": 4, "blocks": 1}
    wide = random_predictor(np.random.default_rng(0), hidden=4097, **sizes)
    with pytest.raises(WmrError, match="at most 4096 inputs; one here has 4097"):
        NativeBackend(wide, dtype="int8")


def test_an_unknown_backend_lists_the_valid_ones(parameters: dict[str, FloatArray]) -> None:
    with pytest.raises(
        UnknownNameError, match="valid: auto, cpu, cpu-bfloat16, cpu-int8, cuda, reference, torch"
    ):
        make_backend("tpu", parameters)


def test_an_unknown_instruction_set_lists_the_valid_ones(parameters: dict[str, FloatArray]) -> None:
    with pytest.raises(UnknownNameError, match="generic"):
        NativeBackend(parameters, instruction_set="avx1024")


def test_no_threads_are_refused(parameters: dict[str, FloatArray]) -> None:
    with pytest.raises(WmrError, match="threads is 0"):
        NativeBackend(parameters, threads=0)


class FakeCuda:
    """Stands for the module on a machine with a GPU."""

    def device_name(self) -> str:
        return "NVIDIA Test"


def test_auto_takes_the_fastest_backend_that_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "_cuda", FakeCuda())
    assert choose_backend("auto") == BackendChoice("cuda", "NVIDIA Test")
    monkeypatch.setattr(cuda, "_cuda", None)
    assert choose_backend("auto").name == "cpu"
    assert native.instruction_sets()[0] in choose_backend("auto").reason
    assert choose_backend("reference") == BackendChoice("reference", "asked for")
    monkeypatch.setattr(native, "_native", None)
    assert choose_backend("auto").name == "torch"
    assert "wmr doctor" in choose_backend("auto").reason


def test_without_a_gpu_the_backend_cuda_says_what_is_missing(
    parameters: dict[str, FloatArray], monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoGpu:
        def device_name(self) -> str:
            raise RuntimeError("no CUDA device: no driver")

    monkeypatch.setattr(cuda, "_cuda", NoGpu())
    with pytest.raises(WmrError, match="the backend cuda finds no GPU: no CUDA device: no driver"):
        make_backend("cuda", parameters)
    monkeypatch.setattr(cuda, "_cuda", None)
    with pytest.raises(WmrError, match="the backend cuda is not built: where there is a GPU"):
        make_backend("cuda", parameters)


@pytest.mark.parametrize("reason", [None, "a frame of 258 rows is more than the 48"])
def test_a_transformer_goes_to_the_gpus_search_where_it_fits(
    monkeypatch: pytest.MonkeyPatch, reason: str | None
) -> None:
    asked = []

    class Gpu(FakeCuda):
        def what_does_not_fit(self, **sizes: int) -> str | None:
            asked.append(sizes)
            return reason

    monkeypatch.setattr(cuda, "_cuda", Gpu())
    predictor = random_token_predictor(
        np.random.default_rng(0),
        history=2,
        context=3,
        patches=2,
        patch=4,
        state=3,
        nu=2,
        width=8,
        heads=2,
        head=6,
        hidden=10,
        blocks=1,
    )
    assert cuda.takes(predictor) == (reason is None)
    assert asked[0]["hidden"] == 10
    assert "parameters" not in asked[0]
    if reason is not None:
        with pytest.raises(WmrError, match="cannot search this transformer: a frame of 258 rows"):
            cuda.CudaBackend(predictor)
    monkeypatch.setattr(cuda, "_cuda", None)
    assert not cuda.takes(predictor)


def test_without_the_compiled_module_the_error_says_how_to_build_it(
    parameters: dict[str, FloatArray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "_native", None)
    with pytest.raises(WmrError, match=r"pip install -e \."):
        make_backend("cpu", parameters)


def test_omp_num_threads_sets_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert native.default_threads() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert native.default_threads() >= 1


def test_other_terms_replace_the_packed_ones(parameters: dict[str, FloatArray]) -> None:
    # All latents and actions are zero, so only the target differs: the costs must, too.
    backend = make_backend("cpu", parameters)
    w = np.ones(H)
    near = Readout(step_weights=w, target=np.zeros(L), scale=np.ones(L))
    far = Readout(step_weights=w, target=np.full(L, 100.0), scale=np.ones(L))
    first = backend.costs(*query(), [near])
    assert (backend.costs(*query(), [far]) > first).all()
    np.testing.assert_array_equal(backend.costs(*query(), [near]), first)
