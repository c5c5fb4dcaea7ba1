"""The C++ kernel as a backend: the one place that imports the compiled module."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from types import ModuleType
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.kernels.native_search import Belief, native_settings, outcome, pack
from wm_robot.kernels.predictor import Predictor
from wm_robot.kernels.query import History, Query
from wm_robot.kernels.search import SearchBelief, SearchOutcome, SearchSettings
from wm_robot.kernels.terms import Term, check_terms
from wm_robot.kernels.token_predictor import TokenPredictor

try:
    from wm_robot.kernels import _native
except ImportError:
    _native = None
if TYPE_CHECKING:
    from wm_robot.kernels._native import Rollout, Search, Terms, TokenRollout


class NativeBackend:
    """Backend in C++, float32: candidates in SIMD lanes, tiles of them on threads.

    Results depend neither on the number of threads nor on which candidates are priced together. The
    GIL is released while it computes; calls from several threads take turns. A forked process must make
    its own: threads do not survive a fork.

    Args:
        model: weights, see Predictor.from_parameters, or a TokenPredictor.
        threads: None takes OMP_NUM_THREADS, as torch does, or else every core of this process.
        instruction_set: one of `instruction_sets(dtype)`; None takes the best.
        dtype: "float32", or "bfloat16": products of bfloat16 summed in float32, accurate to three digits.
            Faster than float32 with amx_bf16, and with avx512_bf16 on Zen 4; slower with that on Intel, and
            with avx2_bf16. "int8": products of 8-bit integers, accurate to two digits; layers of at most
            4,096 inputs. Faster than either on Zen 4, and not timed elsewhere.

    Raises:
        WmrError: the module was not built, `threads` < 1, weights that are not a predictor's, or a layer too
            wide for int8.
        UnknownNameError: an instruction set that this machine lacks, or no kernel for this dtype.
    """

    def __init__(
        self,
        model: Mapping[str, FloatArray] | TokenPredictor,
        *,
        threads: int | None = None,
        instruction_set: str | None = None,
        dtype: str = "float32",
    ) -> None:
        if dtype not in dtypes():
            raise UnknownNameError("dtype of the native backend on this machine", dtype, dtypes())
        if instruction_set is not None and instruction_set not in instruction_sets(dtype):
            raise UnknownNameError("instruction set", instruction_set, instruction_sets(dtype))
        threads = default_threads() if threads is None else threads
        if threads < 1:
            raise WmrError(f"threads is {threads}; at least 1 is needed")
        self.predictor = model if isinstance(model, TokenPredictor) else Predictor.from_parameters(model)
        how = {"threads": threads, "instruction_set": instruction_set, "dtype": dtype}
        with _refusals():
            self._rollout = _compiled(self.predictor, how)
        self.dtype = dtype
        self._prepared: tuple[object, Terms] | None = None
        self._search: tuple[SearchSettings, Search] | None = None
        self._turn = threading.Lock()

    @property
    def instruction_set(self) -> str:
        """Name of the instruction set in use."""
        return self._rollout.instruction_set

    def rollout(self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike) -> FloatArray:
        """See Backend.rollout; float32."""
        query = Query.of(self.predictor, latents, past_actions, actions)
        return self._rollout.imagine(query.latents, query.past_actions, query.actions)

    def costs(
        self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike, terms: Sequence[Term]
    ) -> FloatArray:
        """See Backend.costs; float32. The iterations of a plan should pass the same term objects:
        they are packed when they are first seen, and kept until others come."""
        query = Query.of(self.predictor, latents, past_actions, actions)
        packed = self._packed(terms, query.horizon)
        return self._rollout.price(query.latents, query.past_actions, query.actions, packed)

    def search(
        self,
        settings: SearchSettings,
        latents: ArrayLike,
        past_actions: ArrayLike,
        terms: Sequence[Term],
        *,
        belief: SearchBelief,
        seed: int,
        deadline_ns: int | None = None,
    ) -> SearchOutcome:
        """See SearchingBackend.search. Pass the same settings and terms again: they are prepared once."""
        start = belief.mean, belief.std, belief.elites
        with self._turn:
            try:
                found = self._run(
                    settings,
                    latents,
                    past_actions,
                    terms,
                    belief=start,
                    seed=seed,
                    deadline_ns=deadline_ns or 0,
                )
            except (TypeError, ValueError):
                History.checked(self.predictor, latents, past_actions)  # says what is wrong with which
                raise
        return outcome(found)

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
        if self._search is None or self._search[0] is not settings:
            module = native_module()
            self._search = (settings, module.Search(self._rollout, native_settings(module, settings)))
        packed = self._packed(terms, len(settings.interpolation))
        return self._search[1].run(self._rollout, packed, latents, past_actions, *belief, seed, deadline_ns)

    def _packed(self, terms: Sequence[Term], horizon: int) -> "Terms":
        key = (tuple(terms), horizon)  # terms compare by identity, and never change
        if self._prepared is None or self._prepared[0] != key:
            check_terms(terms, horizon, self.predictor.latent)
            with _refusals():
                self._prepared = (key, pack(native_module().Terms(self._rollout, horizon), terms))
        return self._prepared[1]


@contextmanager
def _refusals() -> Iterator[None]:
    """What the compiled module refuses, as a WmrError."""
    try:
        yield
    except ValueError as error:
        raise WmrError(str(error)) from None


def in_bfloat16(model: Mapping[str, FloatArray] | TokenPredictor) -> NativeBackend:
    """The native backend with bfloat16 products."""
    return NativeBackend(model, dtype="bfloat16")


def in_int8(model: Mapping[str, FloatArray] | TokenPredictor) -> NativeBackend:
    """The native backend with products of 8-bit integers."""
    return NativeBackend(model, dtype="int8")


def _compiled(predictor: Predictor | TokenPredictor, how: dict[str, Any]) -> "Rollout | TokenRollout":
    sizes = {f.name: getattr(predictor, f.name) for f in fields(predictor) if f.name != "parameters"}
    if isinstance(predictor, TokenPredictor):
        return native_module().TokenRollout(predictor.parameters, **sizes, **how)
    sizes = {name: sizes[name] for name in ("history", "blocks")}
    return native_module().Rollout(predictor.parameters, **sizes, **how)


def is_available() -> bool:
    """Whether the compiled module is there."""
    return _native is not None


def instruction_sets(dtype: str = "float32") -> list[str]:
    """Instruction sets that this machine can run, best first; WmrError if the module was not built."""
    return native_module().instruction_sets(dtype)


def dtypes() -> list[str]:
    """What products this machine has a kernel for."""
    return [dtype for dtype in ("float32", "bfloat16", "int8") if instruction_sets(dtype)]


def allocations() -> int:
    """How often rollouts and searches have asked for memory so far; converting for Python is not counted."""
    return native_module().allocations()


def default_threads() -> int:
    """OMP_NUM_THREADS, or else the number of cores that this process may use."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def native_module() -> ModuleType:
    """The compiled module; WmrError if it was not built."""
    if _native is None:
        raise WmrError(
            "the compiled kernels are not built; build them with: pip install -e . "
            "(needs a C++20 compiler); planners, and they alone, can do with the backend torch"
        )
    return _native
