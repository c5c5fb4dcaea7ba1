"""Searches on a GPU: one launch a plan."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from types import ModuleType
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.kernels.native import NativeBackend, native_module
from wm_robot.kernels.native_search import Belief, native_settings, pack
from wm_robot.kernels.predictor import Predictor
from wm_robot.kernels.query import History
from wm_robot.kernels.search import SearchSettings
from wm_robot.kernels.terms import Term, check_terms
from wm_robot.kernels.token_predictor import TokenPredictor

try:
    from wm_robot.kernels import _cuda
except ImportError:
    _cuda = None
if TYPE_CHECKING:
    from wm_robot.kernels._cuda import Search, Terms, TokenSearch
    from wm_robot.kernels.torch_tokens import TorchTokenBackend


class CudaBackend(NativeBackend):
    """Backend whose searches run on a GPU, in bfloat16 with float32 sums; single rollouts stay on the CPU.

    Candidates are the CPU's bit for bit; their costs agree with it to three digits.

    Args:
        model: weights, see Predictor.from_parameters, or a TokenPredictor; see `what_does_not_fit`.

    Raises:
        WmrError: the module was not built, no GPU, or a predictor too wide for a thread block's memory.
    """

    def __init__(self, model: Mapping[str, FloatArray] | TokenPredictor) -> None:
        if (missing := what_is_missing()) is not None:
            raise WmrError(f"the backend cuda {missing}")
        if isinstance(model, TokenPredictor) and (reason := what_does_not_fit(model)) is not None:
            raise WmrError(f"the backend cuda cannot search this transformer: {reason}")
        super().__init__(model)
        self._model = _uploaded(self.predictor)
        self._terms_there: tuple[object, Terms] | None = None
        self._search_there: tuple[SearchSettings, Search | TokenSearch] | None = None

    def _run(
        self,
        settings: SearchSettings,
        latents: ArrayLike,
        past_actions: ArrayLike,
        terms: Sequence[Term],
        *,
        belief: Belief,
        seed: int,
        deadline_ns: int,
    ) -> dict[str, Any]:
        history = History.checked(self.predictor, latents, past_actions)
        if self._search_there is None or self._search_there[0] is not settings:
            made = _module().TokenSearch if isinstance(self.predictor, TokenPredictor) else _module().Search
            self._search_there = settings, made(native_settings(native_module(), settings))
        horizon = len(settings.interpolation)
        key = (tuple(terms), horizon)
        if self._terms_there is None or self._terms_there[0] != key:
            check_terms(terms, horizon, self.predictor.latent)
            self._terms_there = (key, pack(_module().Terms(self._model, horizon), terms))
        # One nanosecond where the deadline has passed: a round is always done.
        budget_ns = max(deadline_ns - time.monotonic_ns(), 1) if deadline_ns else 0
        arguments = (self._terms_there[1], history.latents, history.past_actions, *belief, seed, budget_ns)
        try:
            return self._search_there[1].run(self._model, *arguments)
        except RuntimeError as error:
            raise WmrError(f"the search on the GPU failed: {error}") from error


def what_is_missing() -> str | None:
    """Why there is no searching on a GPU here; None where there is."""
    if _cuda is None:
        return "is not built: where there is a GPU, install its driver and nvcc, then run: pip install -e ."
    try:
        _module().device_name()
    except RuntimeError as error:
        return f"finds no GPU: {error}"
    return None


def what_does_not_fit(predictor: TokenPredictor) -> str | None:
    """Why this transformer cannot be searched on the GPU in use; ask `what_is_missing` first."""
    return _module().what_does_not_fit(**_sizes(predictor))


def on_gpu(predictor: TokenPredictor) -> "CudaBackend | TorchTokenBackend":
    """The backend cuda of transformers: one launch a plan where they fit, else torch's kernels.

    Raises:
        WmrError: no GPU for either.
    """
    if takes(predictor):
        return CudaBackend(predictor)
    from wm_robot.kernels.torch_tokens import on_cuda  # noqa: PLC0415  (torch is slow to import)

    return on_cuda(predictor)


def takes(predictor: TokenPredictor) -> bool:
    """Whether our own search steps this transformer here."""
    return what_is_missing() is None and what_does_not_fit(predictor) is None


def device_name() -> str:
    """Of the GPU in use; ask `what_is_missing` first."""
    return _module().device_name()


def _uploaded(predictor: Predictor | TokenPredictor) -> Any:
    if isinstance(predictor, TokenPredictor):
        return _module().TokenModel(predictor.parameters, **_sizes(predictor))
    return _module().Model(predictor.parameters, history=predictor.history, blocks=predictor.blocks)


def _sizes(predictor: TokenPredictor) -> dict[str, int]:
    return {f.name: getattr(predictor, f.name) for f in fields(predictor) if f.name != "parameters"}


def _module() -> ModuleType:
    assert _cuda is not None  # `what_is_missing` has been asked
    return _cuda
