"""Backends by name: whoever plans asks here and never learns which arithmetic answers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray
from wm_robot.core.registry import Registry
from wm_robot.kernels.predictor import Predictor
from wm_robot.kernels.terms import Term


class Backend(Protocol):
    """A predictor that imagines many action sequences from one history, and prices them."""

    @property
    def predictor(self) -> Predictor: ...

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


BackendFactory = Callable[[Mapping[str, FloatArray]], Backend]

BACKENDS: Registry[BackendFactory] = Registry("backend")
BACKENDS.add("native", "wm_robot.kernels.native:NativeBackend")
BACKENDS.add("torch", "wm_robot.kernels.torch_backend:TorchBackend")
BACKENDS.add("reference", "wm_robot.kernels.reference:ReferenceBackend")


def make_backend(name: str, parameters: Mapping[str, FloatArray]) -> Backend:
    """The backend called `name` for the predictor with `parameters` (see Predictor.from_parameters).

    Raises:
        UnknownNameError: no such backend.
        WmrError: "native" was not built; weights that are not a predictor's.
    """
    return BACKENDS.get(name)(parameters)
