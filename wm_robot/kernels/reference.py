"""The definition: every rollout and cost term in float64 numpy, written to be read.

The other backends are right when they agree with this one.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.predictor import Predictor
from wm_robot.kernels.query import Query
from wm_robot.kernels.terms import (
    ActionLimits,
    DistanceHead,
    Readout,
    Smoothness,
    TemporalDistance,
    Term,
    check_terms,
)
from wm_robot.kernels.token_predictor import TokenPredictor

P = TypeVar("P", Predictor, TokenPredictor)


class ExactBackend(ABC, Generic[P]):
    """What every reference shares: it checks a query, and prices what the rollout's own definition gives."""

    predictor: P

    def rollout(self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike) -> FloatArray:
        """See Backend.rollout."""
        return self._rollout(Query.of(self.predictor, latents, past_actions, actions))

    def costs(
        self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike, terms: Sequence[Term]
    ) -> FloatArray:
        """See Backend.costs."""
        query = Query.of(self.predictor, latents, past_actions, actions)
        check_terms(terms, query.horizon, self.predictor.latent)
        return total_costs(terms, self._rollout(query), query)

    @abstractmethod
    def _rollout(self, query: Query) -> FloatArray:
        """Latents (K, H, L) in float64."""


class ReferenceBackend(ExactBackend[Predictor]):
    """Backend of float64 accuracy; slow, for tests and for settling disputes."""

    def __init__(self, parameters: Mapping[str, FloatArray]) -> None:
        self.predictor = Predictor.from_parameters(parameters)
        self._weights = float64(self.predictor.parameters)

    def _rollout(self, query: Query) -> FloatArray:
        T, K = self.predictor.history, query.samples
        z = np.repeat(query.latents[None].astype(np.float64), K, axis=0)  # (K, T, L), grows
        past = np.repeat(query.past_actions[None].astype(np.float64), K, axis=0)
        a = np.concatenate([past, query.actions], axis=1)  # (K, T-1+H, nu)
        for t in range(query.horizon):
            z_next = step(self._weights, self.predictor.blocks, z[:, t : t + T], a[:, t : t + T])
            z = np.concatenate([z, z_next[:, None]], axis=1)
        return z[:, T:]


def step(weights: Mapping[str, FloatArray], blocks: int, z: FloatArray, a: FloatArray) -> FloatArray:
    """Next latent (K, L) from the last T latents (K, T, L) and actions (K, T, nu); see Predictor."""
    K = len(z)
    c = gelu(linear(weights, "action.2", gelu(linear(weights, "action.0", a.reshape(K, -1)))))
    h = linear(weights, "in", z.reshape(K, -1))
    for i in range(blocks):
        shift, scale, gate = np.split(linear(weights, f"blocks.{i}.modulation", c), 3, axis=1)
        y = layer_norm(h) * (1 + scale) + shift
        h = h + gate * linear(weights, f"blocks.{i}.down", gelu(linear(weights, f"blocks.{i}.up", y)))
    return z[:, -1] + linear(weights, "out", layer_norm(h))


def total_costs(terms: Sequence[Term], latents: FloatArray, query: Query) -> FloatArray:
    """Costs (K,) of the candidates of `query`, which led to `latents` (K, H, L)."""
    total = np.zeros(query.samples)
    for term in terms:
        total += step_costs(term, latents, query) @ term.step_weights.astype(np.float64)
    return total


def step_costs(term: Term, latents: FloatArray, query: Query) -> FloatArray:
    """c (K, H) of `term` at each step, unweighted; `latents` (K, H, L) are what the actions led to."""
    match term:
        case Readout():
            n = term.target.size
            read = latents[..., :n] if term.matrix is None else latents @ term.matrix.T.astype(np.float64)
            return (read + term.offset) ** 2 @ term.scale.astype(np.float64)
        case TemporalDistance():
            return distance(term.head, latents, term.goal)
        case Smoothness():
            before = query.past_actions[-1:] if len(query.past_actions) else query.actions[:, 0][:, None]
            before = np.broadcast_to(before, (query.samples, 1, query.actions.shape[2]))
            a = np.concatenate([before, query.actions], axis=1).astype(np.float64)  # (K, 1+H, nu)
            return (np.diff(a, axis=1) ** 2).sum(axis=-1)
        case ActionLimits():
            excess = np.maximum(0, np.abs(query.actions.astype(np.float64)) - term.limit)
            return (excess**2).sum(axis=-1)


def distance(head: DistanceHead, z: FloatArray, goal: FloatArray) -> FloatArray:
    """d (...) from latents z (..., L) to `goal` (L_g,); see DistanceHead."""
    weights = float64(head.parameters)
    h = gelu(linear(weights, "in", z) + weights["goal.weight"] @ goal)
    for layer in head.layers:
        h = gelu(linear(weights, layer, h))
    return np.logaddexp(0, linear(weights, "out", h)).mean(axis=-1)


def gelu(x: FloatArray) -> FloatArray:
    """GELU in its tanh form (torch: approximate="tanh")."""
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def layer_norm(x: FloatArray) -> FloatArray:
    """x over its last axis, zero mean and unit variance, ε = 1e-6, no affine part."""
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-6)


def linear(weights: Mapping[str, FloatArray], layer: str, x: FloatArray) -> FloatArray:
    """x (..., in) through a layer, (..., out)."""
    return x @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"]


def float64(arrays: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """The same arrays at the reference's precision."""
    return {name: array.astype(np.float64) for name, array in arrays.items()}
