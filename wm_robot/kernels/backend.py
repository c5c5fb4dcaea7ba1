"""Backends by name: whoever plans asks here and never learns which arithmetic answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import UnknownNameError
from wm_robot.core.registry import Registry
from wm_robot.kernels import cuda, native
from wm_robot.kernels.predictor import Predictor
from wm_robot.kernels.terms import Term
from wm_robot.kernels.token_predictor import TokenPredictor


class Backend(Protocol):
    """A predictor that imagines many action sequences from one history, and prices them."""

    @property
    def predictor(self) -> Predictor | TokenPredictor: ...

    def rollout(self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike) -> FloatArray:
        """Latents that each action sequence leads to.

        Args:
            latents: history (T, L), oldest first.
            past_actions: (T − 1, nu), normalised, the ones between those latents.
            actions: candidates (K, H, nu), normalised.

        Returns:
            (K, H, L): the latent after each action.

        Raises:
            ShapeError, NotFiniteError: arrays that the predictor cannot step.
        """
        ...

    def costs(
        self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike, terms: Sequence[Term]
    ) -> FloatArray:
        """Costs (K,) of the candidates, the sum of `terms`; arguments and errors as in `rollout`."""
        ...


BackendFactory = Callable[[Any], Backend]

BACKENDS: Registry[BackendFactory] = Registry("backend")
BACKENDS.add("cpu", "wm_robot.kernels.native:NativeBackend")
BACKENDS.add("cpu-bfloat16", "wm_robot.kernels.native:in_bfloat16")
BACKENDS.add("cpu-int8", "wm_robot.kernels.native:in_int8")
BACKENDS.add("cuda", "wm_robot.kernels.cuda:CudaBackend")
BACKENDS.add("torch", "wm_robot.kernels.torch_backend:TorchBackend")
BACKENDS.add("reference", "wm_robot.kernels.reference:ReferenceBackend")

TOKEN_BACKENDS: Registry[BackendFactory] = Registry("backend of transformer predictors")
TOKEN_BACKENDS.add("cpu", "wm_robot.kernels.native:NativeBackend")
TOKEN_BACKENDS.add("cpu-bfloat16", "wm_robot.kernels.native:in_bfloat16")
TOKEN_BACKENDS.add("cpu-int8", "wm_robot.kernels.native:in_int8")
TOKEN_BACKENDS.add("cuda", "wm_robot.kernels.cuda:on_gpu")
TOKEN_BACKENDS.add("torch", "wm_robot.kernels.torch_tokens:TorchTokenBackend")
TOKEN_BACKENDS.add("reference", "wm_robot.kernels.token_reference:TokenReferenceBackend")

AUTO = "auto"


@dataclass(frozen=True)
class BackendChoice:
    """A backend's name, and why it is the one."""

    name: str
    reason: str


def choose_backend(name: str) -> BackendChoice:
    """What `name` stands for on this machine: cuda or else cpu, in float32, for "auto", or the one asked for.

    Raises:
        UnknownNameError: no such backend.
    """
    if name not in (AUTO, *BACKENDS):
        raise UnknownNameError("backend", name, (AUTO, *BACKENDS))
    if name != AUTO:
        return BackendChoice(name, "asked for")
    if (missing := cuda.what_is_missing()) is None:
        return BackendChoice("cuda", cuda.device_name())
    if native.is_available():
        instructions, threads = native.instruction_sets()[0], native.default_threads()
        return BackendChoice("cpu", f"compiled, {instructions}, {threads} threads; cuda {missing}")
    return BackendChoice("torch", "the compiled module is not built; `wmr doctor` says how")


def make_backend(name: str, model: Mapping[str, FloatArray] | TokenPredictor) -> Backend:
    """The backend that `name` stands for.

    Args:
        name: "auto" or one of BACKENDS.
        model: weights of a Predictor (Predictor.from_parameters), or a transformer predictor.

    Raises:
        UnknownNameError: no such backend.
        WmrError: "cpu" or "cuda" is not here, and what is missing; weights that are not a predictor's.
    """
    if not isinstance(model, TokenPredictor):
        return BACKENDS.get(choose_backend(name).name)(model)
    if name == AUTO:  # on a GPU large ones need torch's, whatever our own module finds
        from wm_robot.kernels.torch_tokens import cuda_is_there  # noqa: PLC0415  (torch is slow to import)

        on_a_gpu = cuda.takes(model) or cuda_is_there()
        name = "cuda" if on_a_gpu else "cpu" if native.is_available() else "torch"
    return TOKEN_BACKENDS.get(name)(model)
