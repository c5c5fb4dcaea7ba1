"""Predictors and heads with random weights: what benchmarks and parity tests run on."""

from itertools import pairwise

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.terms import DistanceHead
from wm_robot.kernels.token_predictor import TokenPredictor, token_layers


def random_predictor(
    rng: np.random.Generator,
    *,
    history: int,
    latent: int,
    nu: int,
    width: int,
    embedding: int,
    hidden: int,
    blocks: int,
) -> dict[str, FloatArray]:
    """Weights by name (see Predictor) that keep activations of size 1 through every layer."""
    layers = {
        "in": (width, history * latent),
        "action.0": (embedding, history * nu),
        "action.2": (embedding, embedding),
        "out": (latent, width),
    }
    for i in range(blocks):
        layers[f"blocks.{i}.modulation"] = (3 * width, embedding)
        layers[f"blocks.{i}.up"] = (hidden, width)
        layers[f"blocks.{i}.down"] = (width, hidden)
    return _weights(rng, layers)


def random_token_predictor(
    rng: np.random.Generator,
    *,
    history: int,
    context: int,
    patches: int,
    patch: int,
    state: int,
    nu: int,
    width: int,
    heads: int,
    head: int,
    hidden: int,
    blocks: int,
    embedding: int = 0,
) -> TokenPredictor:
    """Weights that keep activations of size 1; `embedding` > 0 modulates, see TokenPredictor."""
    inner, rows = heads * head, patches + (embedding == 0) + (state > 0)
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
    weights = _weights(rng, layers)
    weights["rotary.time"] = (10000.0 ** -np.linspace(0, 1, head // 2)).astype(np.float32)
    weights["rotary.place"] = rng.uniform(0, np.pi, (rows, head // 2)).astype(np.float32)
    if state:
        weights["motion.weight"] = _uniform(rng, (state, nu))
    return TokenPredictor.from_parameters(weights, history=history, context=context)


def random_distance_head(
    rng: np.random.Generator, *, latent: int, goal: int, widths: tuple[int, ...], outputs: int
) -> DistanceHead:
    """A head whose first layer has `widths[0]` units, its hidden layers the others."""
    layers = {"in": (widths[0], latent), "out": (outputs, widths[-1])}
    for i, (before, after) in enumerate(pairwise(widths)):
        layers[f"hidden.{i}"] = (after, before)
    weights = _weights(rng, layers)
    weights["goal.weight"] = _uniform(rng, (widths[0], goal))
    return DistanceHead(weights)


def _weights(rng: np.random.Generator, layers: dict[str, tuple[int, int]]) -> dict[str, FloatArray]:
    weights = {f"{name}.weight": _uniform(rng, shape) for name, shape in layers.items()}
    for name, (rows, _) in layers.items():
        weights[f"{name}.bias"] = rng.uniform(-0.5, 0.5, rows).astype(np.float32)
    return weights


def _uniform(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    bound = np.sqrt(3 / shape[1])  # variance 1 / inputs
    return rng.uniform(-bound, bound, shape).astype(np.float32)
