"""The latent predictor's weights, checked once, with the sizes that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import ShapeError, WmrError

_OUTER = ("in", "action.0", "action.2", "out")
_BLOCK = ("modulation", "up", "down")


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """Weights of the residual MLP with adaptive LayerNorm that steps a latent.

    With T latents z and T actions a, both oldest first, GELU in its tanh form, LN without affine
    part and ε = 1e-6:

        c = GELU(W_2 GELU(W_0 [a_{t−T+1} … a_t]))            (E,)
        h = W_in [z_{t−T+1} … z_t]                            (W,)
        h ← h + gate · W_down GELU(W_up (LN(h) (1 + scale) + shift))   for each block,
            with shift, scale, gate = W_mod c
        z_{t+1} = z_t + W_out LN(h)                           (L,)

    Every W has its bias. Make one with `Predictor.from_parameters`.

    Args:
        history: T, latents and actions that a step reads.
        latent: L, entries of a latent.
        nu: entries of an action.
        width: W, residual stream.
        embedding: E, action embedding.
        hidden: M, inside a block; 0 without blocks.
        blocks: number of blocks.
        parameters: float32 arrays by name.
    """

    history: int
    latent: int
    nu: int
    width: int
    embedding: int
    hidden: int
    blocks: int
    parameters: Mapping[str, FloatArray]

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, FloatArray]) -> "Predictor":
        """Read the sizes from the weights' shapes.

        Args:
            parameters: in, action.0, action.2, blocks.{i}.modulation (rows shift, scale, gate),
                blocks.{i}.up, blocks.{i}.down and out, each with .weight (out, in) and .bias (out,).

        Raises:
            WmrError: a missing or an unknown name.
            ShapeError: layers that do not fit each other.
            NotFiniteError: NaN or infinity.
        """
        blocks = sum(name.endswith(".up.weight") for name in parameters)
        layers = [*_OUTER, *(f"blocks.{i}.{part}" for i in range(blocks) for part in _BLOCK)]
        expected = [f"{layer}.{part}" for layer in layers for part in ("weight", "bias")]
        missing, unknown = set(expected) - set(parameters), set(parameters) - set(expected)
        if missing or unknown:
            raise WmrError(f"predictor weights lack {sorted(missing)} and have unknown {sorted(unknown)}")

        width, window = _extents(parameters, "in.weight")
        embedding, action_window = _extents(parameters, "action.0.weight")
        latent, _ = _extents(parameters, "out.weight")
        hidden = _extents(parameters, "blocks.0.up.weight")[0] if blocks else 0
        history = window // latent
        if history < 1 or window != history * latent:
            raise ShapeError("in.weight", (width, window), (width, f"T*{latent}"))
        nu = action_window // history
        if nu < 1 or action_window != history * nu:
            raise ShapeError("action.0.weight", (embedding, action_window), (embedding, f"{history}*nu"))

        shapes = {
            "in": (width, window),
            "action.0": (embedding, action_window),
            "action.2": (embedding, embedding),
            "out": (latent, width),
        }
        for i in range(blocks):
            shapes[f"blocks.{i}.modulation"] = (3 * width, embedding)
            shapes[f"blocks.{i}.up"] = (hidden, width)
            shapes[f"blocks.{i}.down"] = (width, hidden)
        arrays: dict[str, FloatArray] = {}
        for layer, shape in shapes.items():
            for name, extents in ((f"{layer}.weight", shape), (f"{layer}.bias", shape[:1])):
                array = finite_array(name, parameters[name], extents, dtype=np.float32)
                arrays[name] = np.ascontiguousarray(array)
        return cls(
            history=history,
            latent=latent,
            nu=nu,
            width=width,
            embedding=embedding,
            hidden=hidden,
            blocks=blocks,
            parameters=MappingProxyType(arrays),
        )


def _extents(parameters: Mapping[str, FloatArray], name: str) -> tuple[int, int]:
    shape = np.shape(parameters[name])
    if len(shape) != 2 or 0 in shape:
        raise ShapeError(name, shape, ("out", "in"))
    return shape
