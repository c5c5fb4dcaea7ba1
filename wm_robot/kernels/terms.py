"""Cost terms of an imagined future.

A candidate's cost is J = Σ_terms Σ_t w_t · c(z_{t+1}, a_t), t = 0 … H−1: each term prices the latent
that an action leads to, or the action itself, with its own weight w_t for every step of the horizon.

Terms keep read-only float32 copies of their arrays, so a backend may prepare a term once and keep that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import ShapeError, WmrError


@dataclass(frozen=True, kw_only=True, eq=False)
class Readout:
    """Weighted squared distance of a linear readout of the latent from a target.

    c(z) = Σ_i s_i ((A z + b)_i − y_i)²

    Flat latent distance, the slow-feature metric and a pose read by a linear probe have this form.

    Args:
        step_weights: w (H,).
        target: y (n,).
        scale: s (n,).
        matrix: A (n, L); None reads the first n entries of z as they are.
        bias: b (n,); None stands for zeros.

    Raises:
        ShapeError: arrays whose extents disagree.
        NotFiniteError: NaN or infinity.
    """

    step_weights: FloatArray
    target: FloatArray
    scale: FloatArray
    matrix: FloatArray | None = None
    bias: FloatArray | None = None

    def __post_init__(self) -> None:
        _freeze(self, "step_weights", ("H",))
        _freeze(self, "target", ("n",))
        _freeze(self, "scale", self.target.shape)
        if self.matrix is not None:
            _freeze(self, "matrix", (self.target.size, "L"))
        if self.bias is not None:
            _freeze(self, "bias", self.target.shape)

    @property
    def offset(self) -> FloatArray:
        """b − y (n,): what is added to A z before squaring."""
        return -self.target if self.bias is None else self.bias - self.target


@dataclass(frozen=True, eq=False)
class DistanceHead:
    """Weights of an MLP that says how many steps lie between a latent and a goal.

    h = GELU(W_z z + W_g g + b);  h = GELU(W_i h + b_i) for each hidden layer;
    d = mean softplus(W_out h + b_out): the n outputs are an ensemble.

    Args:
        parameters: in.weight (W, L), goal.weight (W, L_g), in.bias, hidden.{i}.weight and .bias,
            out.weight (n, ·), out.bias, all in torch's Linear layout (out, in).

    Raises:
        WmrError: a missing or an unknown name.
        ShapeError: layers that do not fit each other.
        NotFiniteError: NaN or infinity.
    """

    parameters: Mapping[str, FloatArray]

    def __post_init__(self) -> None:
        given = self.parameters
        depth = sum(name.startswith("hidden.") and name.endswith(".weight") for name in given)
        hidden = [f"hidden.{i}.{part}" for i in range(depth) for part in ("weight", "bias")]
        expected = {"in.weight", "goal.weight", "in.bias", "out.weight", "out.bias", *hidden}
        if set(given) != expected:
            raise WmrError(f"distance head has the weights {sorted(given)}; valid: {sorted(expected)}")

        arrays = {"in.weight": _frozen("in.weight", given["in.weight"], ("W", "L"))}
        width = arrays["in.weight"].shape[0]
        arrays["goal.weight"] = _frozen("goal.weight", given["goal.weight"], (width, "L_g"))
        arrays["in.bias"] = _frozen("in.bias", given["in.bias"], (width,))
        for layer in [*(f"hidden.{i}" for i in range(depth)), "out"]:
            weight = _frozen(f"{layer}.weight", given[f"{layer}.weight"], ("out", width))
            width = weight.shape[0]
            arrays[f"{layer}.weight"] = weight
            arrays[f"{layer}.bias"] = _frozen(f"{layer}.bias", given[f"{layer}.bias"], (width,))
        object.__setattr__(self, "parameters", MappingProxyType(arrays))

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the hidden layers, first to last."""
        return tuple(f"hidden.{i}" for i in range((len(self.parameters) - 5) // 2))


@dataclass(frozen=True, kw_only=True, eq=False)
class TemporalDistance:
    """Learned number of steps from the latent to the goal: c(z) = d(z, g).

    Args:
        step_weights: w (H,).
        head: the network d.
        goal: g (L_g,).

    Raises:
        ShapeError: a goal that the head was not made for.
        NotFiniteError: NaN or infinity.
    """

    step_weights: FloatArray
    head: DistanceHead
    goal: FloatArray

    def __post_init__(self) -> None:
        _freeze(self, "step_weights", ("H",))
        _freeze(self, "goal", self.head.parameters["goal.weight"].shape[1:])


@dataclass(frozen=True, kw_only=True, eq=False)
class Smoothness:
    """Squared change of the action: c = Σ (a_t − a_{t−1})², a_{−1} the newest past action.

    Without past actions (T = 1) the first step costs nothing.

    Args:
        step_weights: w (H,).
    """

    step_weights: FloatArray

    def __post_init__(self) -> None:
        _freeze(self, "step_weights", ("H",))


@dataclass(frozen=True, kw_only=True, eq=False)
class ActionLimits:
    """Squared excess of each action entry over a limit: c = Σ max(0, |a_t| − limit)².

    Args:
        step_weights: w (H,).
        limit: largest free magnitude of a normalised action, ≥ 0.

    Raises:
        WmrError: a negative or non-finite limit.
    """

    step_weights: FloatArray
    limit: float = 1.0

    def __post_init__(self) -> None:
        _freeze(self, "step_weights", ("H",))
        if not (np.isfinite(self.limit) and self.limit >= 0):
            raise WmrError(f"action limit is {self.limit}; it must be finite and not negative")


Term = Readout | TemporalDistance | Smoothness | ActionLimits


def check_terms(terms: Sequence[Term], horizon: int, latent: int) -> None:
    """Raise ShapeError unless every term prices `horizon` steps of latents with `latent` entries."""
    for term in terms:
        _check_term(term, horizon, latent)


def _check_term(term: Term, horizon: int, latent: int) -> None:
    kind = type(term).__name__
    if term.step_weights.shape != (horizon,):
        raise ShapeError(f"step_weights of {kind}", term.step_weights.shape, (horizon,))
    if isinstance(term, Readout):
        if term.matrix is not None and term.matrix.shape[1] != latent:
            raise ShapeError("matrix of Readout", term.matrix.shape, (term.target.size, latent))
        if term.matrix is None and term.target.size > latent:
            raise ShapeError("target of Readout", term.target.shape, (f"n <= {latent}",))
    if isinstance(term, TemporalDistance):
        weight = term.head.parameters["in.weight"]
        if weight.shape[1] != latent:
            raise ShapeError("in.weight of DistanceHead", weight.shape, (weight.shape[0], latent))


def _frozen(what: str, value: ArrayLike, shape: tuple[int | str, ...]) -> FloatArray:
    array = np.array(finite_array(what, value, shape, dtype=np.float32), order="C")
    array.setflags(write=False)
    return array


def _freeze(term: object, name: str, shape: tuple[int | str, ...]) -> None:
    array = _frozen(f"{name} of {type(term).__name__}", getattr(term, name), shape)
    object.__setattr__(term, name, array)
