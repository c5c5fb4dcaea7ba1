"""The transformer predictor's weights, checked once, with the sizes that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from wm_robot.core.arrays import FloatArray, finite_array
from wm_robot.core.errors import ShapeError, WmrError


@dataclass(frozen=True, kw_only=True)
class TokenPredictor:
    """Weights of a block-causal transformer that steps a latent made of a state and patches.

    A latent is z = [s; x_1 … x_P]: a state s (S,), S may be 0, and P patches of D entries. Frame f has a
    row h (W,) for its action a_f, one for its state if there is one, and one for each patch:

        h_a = W_action a_f,   h_s = W_state s,   h_p = W_in x_p

    Then, for each block, with LN without affine part and ε = 1e-6, and GELU in its tanh form:

        [q k v] = W_qkv LN(h),   q and k turned in the planes (2j, 2j + 1) of each head by f ω_j + φ_nj
        h ← h + W_attention softmax(q kᵀ / √d) v   over the rows of frames f − C + 1 … f, each head alone
        h ← h + W_down GELU(W_up LN(h))

    and z_{f+1} = [s + W_motion a_f; W_out LN(h_p)]. So rows see their own frame whole and no later one.

    With modulation the action takes no row: c = W_2 GELU(W_1 a_f), and each block has shift, scale and
    gate = W_mod c for either half, LN(h) (1 + scale) + shift before and gate times what is added. Such a
    frame is one patch and no state. Source: V-JEPA 2-AC for the rows, LeWM for the modulation.

    Every W has its bias, but for W_motion. Make one with `TokenPredictor.from_parameters`.

    Args:
        history: T, frames that a plan starts from.
        context: C ≥ T, frames that a row sees, its own included.
        state: S.
        patches: P.
        patch: D, entries of a patch.
        nu: entries of an action.
        width: W.
        heads: of d entries each; heads · d need not be W.
        head: d.
        hidden: M, inside a block.
        blocks: number of blocks.
        embedding: E of the modulation; 0 where the action has a row.
        parameters: float32 arrays by name.
    """

    history: int
    context: int
    state: int
    patches: int
    patch: int
    nu: int
    width: int
    heads: int
    head: int
    hidden: int
    blocks: int
    embedding: int
    parameters: Mapping[str, FloatArray]

    @property
    def latent(self) -> int:
        """L = S + P D, entries of a latent."""
        return self.state + self.patches * self.patch

    @property
    def rows(self) -> int:
        """N, rows of a frame."""
        return self.patches + (self.embedding == 0) + (self.state > 0)

    @classmethod
    def from_parameters(
        cls, parameters: Mapping[str, FloatArray], *, history: int, context: int
    ) -> "TokenPredictor":
        """Read the sizes from the weights' shapes.

        Args:
            parameters: in (W, D), out (D, W), rotary.time ω (d/2,) and rotary.place φ (N, d/2) in radians,
                blocks.{i}.qkv (3 heads d, W), .attention (W, heads d), .up, .down; action (W, nu), or
                action.0, action.2 and blocks.{i}.modulation (6 W, E); with a state, state (W, S) and
                motion (S, nu). Layers have .weight (out, in) and .bias (out,), motion has .weight alone.
            history: T.
            context: C.

        Raises:
            WmrError: a missing or an unknown name, or a modulated frame of more than one row.
            ShapeError: layers that do not fit each other.
            NotFiniteError: NaN or infinity.
        """
        if not 1 <= history <= context:
            raise WmrError(f"history {history} and context {context}; valid: 1 <= history <= context")
        blocks = sum(name.endswith(".qkv.weight") for name in parameters)
        if blocks == 0:
            raise WmrError("a transformer predictor needs at least one block; blocks.0.qkv is not there")
        modulated = "action.0.weight" in parameters
        state = _extents(parameters, "state.weight")[1] if "state.weight" in parameters else 0

        width, patch = _extents(parameters, "in.weight")
        nu = _extents(parameters, "action.0.weight" if modulated else "action.weight")[1]
        embedding = _extents(parameters, "action.0.weight")[0] if modulated else 0
        hidden = _extents(parameters, "blocks.0.up.weight")[0]
        places, planes = _extents(parameters, "rotary.place")
        inner = _extents(parameters, "blocks.0.attention.weight")[1]
        patches = places - (not modulated) - (state > 0)
        if modulated and (state or patches != 1):
            raise WmrError(f"modulation goes with one patch and no state, not with {patches} and {state}")
        if patches < 1 or inner % (2 * planes):
            raise ShapeError("rotary.place", (places, planes), ("N", f"a divisor of {inner}/2"))

        layers = token_layers(
            patch=patch,
            nu=nu,
            state=state,
            width=width,
            inner=inner,
            hidden=hidden,
            blocks=blocks,
            embedding=embedding,
        )
        shapes = {f"{name}.weight": shape for name, shape in layers.items()}
        shapes |= {f"{name}.bias": shape[:1] for name, shape in layers.items()}
        shapes |= {"rotary.time": (planes,), "rotary.place": (places, planes)}
        shapes |= {"motion.weight": (state, nu)} if state else {}
        return cls(
            history=history,
            context=context,
            state=state,
            patches=patches,
            patch=patch,
            nu=nu,
            width=width,
            heads=inner // (2 * planes),
            head=2 * planes,
            hidden=hidden,
            blocks=blocks,
            embedding=embedding,
            parameters=MappingProxyType(_checked(parameters, shapes)),
        )


def token_layers(
    *, patch: int, nu: int, state: int, width: int, inner: int, hidden: int, blocks: int, embedding: int
) -> dict[str, tuple[int, int]]:
    """(out, in) of every layer that has a bias; `inner` is heads · d, for the rest see TokenPredictor."""
    layers = {"in": (width, patch), "out": (patch, width)}
    if embedding:
        layers |= {"action.0": (embedding, nu), "action.2": (embedding, embedding)}
    else:
        layers["action"] = (width, nu)
    if state:
        layers["state"] = (width, state)
    for i in range(blocks):
        layers[f"blocks.{i}.qkv"] = (3 * inner, width)
        layers[f"blocks.{i}.attention"] = (width, inner)
        layers[f"blocks.{i}.up"] = (hidden, width)
        layers[f"blocks.{i}.down"] = (width, hidden)
        if embedding:
            layers[f"blocks.{i}.modulation"] = (6 * width, embedding)
    return layers


def _checked(
    parameters: Mapping[str, FloatArray], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, FloatArray]:
    missing, unknown = set(shapes) - set(parameters), set(parameters) - set(shapes)
    if missing or unknown:
        raise WmrError(f"predictor weights lack {sorted(missing)} and have unknown {sorted(unknown)}")
    return {
        name: np.ascontiguousarray(finite_array(name, parameters[name], shape, dtype=np.float32))
        for name, shape in shapes.items()
    }


def _extents(parameters: Mapping[str, FloatArray], name: str) -> tuple[int, int]:
    if name not in parameters:
        raise WmrError(f"predictor weights lack {name!r}")
    shape = np.shape(parameters[name])
    if len(shape) != 2 or 0 in shape:
        raise ShapeError(name, shape, ("out", "in"))
    return shape
