"""The same rollouts on torch's kernels, in float32: the backend to compare with."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, linear, softplus

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.predictor import Predictor
from wm_robot.kernels.query import Query
from wm_robot.kernels.terms import ActionLimits, Readout, Smoothness, TemporalDistance, Term


class TorchBackend:
    """Backend on torch CPU kernels, eager and batched over the candidates."""

    def __init__(self, parameters: Mapping[str, FloatArray]) -> None:
        self.predictor = Predictor.from_parameters(parameters)
        self._weights = _tensors(self.predictor.parameters)

    @torch.inference_mode()
    def rollout(self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike) -> FloatArray:
        """See Backend.rollout."""
        return self._rollout(Query.checked(self.predictor, latents, past_actions, actions)).numpy()

    @torch.inference_mode()
    def costs(
        self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike, terms: Sequence[Term]
    ) -> FloatArray:
        """See Backend.costs."""
        query = Query.checked(self.predictor, latents, past_actions, actions)
        query.check_terms(self.predictor, terms)
        imagined = self._rollout(query)
        total = torch.zeros(query.samples)
        for term in terms:
            total += _step_costs(term, imagined, query) @ torch.tensor(term.step_weights)
        return total.numpy()

    def _rollout(self, query: Query) -> Tensor:
        T, K = self.predictor.history, query.samples
        z = list(torch.tensor(query.latents)[:, None].expand(-1, K, -1))  # T + t times (K, L)
        past = torch.tensor(query.past_actions)[None].expand(K, -1, -1)
        a = torch.cat([past, torch.tensor(query.actions)], dim=1)  # (K, T-1+H, nu)
        for t in range(query.horizon):
            z.append(self._step(torch.cat(z[t:], dim=1), z[-1], a[:, t : t + T].reshape(K, -1)))
        return torch.stack(z[T:], dim=1)

    def _step(self, history: Tensor, z: Tensor, a: Tensor) -> Tensor:
        w, width = self._weights, (self.predictor.width,)
        c = _gelu(_linear(w, "action.2", _gelu(_linear(w, "action.0", a))))
        h = _linear(w, "in", history)
        for i in range(self.predictor.blocks):
            shift, scale, gate = _linear(w, f"blocks.{i}.modulation", c).chunk(3, dim=1)
            y = layer_norm(h, width, eps=1e-6) * (1 + scale) + shift
            h = h + gate * _linear(w, f"blocks.{i}.down", _gelu(_linear(w, f"blocks.{i}.up", y)))
        return z + _linear(w, "out", layer_norm(h, width, eps=1e-6))


def _step_costs(term: Term, latents: Tensor, query: Query) -> Tensor:
    match term:
        case Readout():
            n = term.target.size
            read = latents[..., :n] if term.matrix is None else latents @ torch.tensor(term.matrix).T
            return (read + torch.tensor(term.offset)) ** 2 @ torch.tensor(term.scale)
        case TemporalDistance():
            w = _tensors(term.head.parameters)
            h = _gelu(_linear(w, "in", latents) + w["goal.weight"] @ torch.tensor(term.goal))
            for layer in term.head.layers:
                h = _gelu(_linear(w, layer, h))
            return softplus(_linear(w, "out", h)).mean(dim=-1)
        case Smoothness():
            a = torch.tensor(query.actions)
            before = torch.tensor(query.past_actions)[-1:].expand(query.samples, -1, -1)
            before = before if before.shape[1] else a[:, :1]
            return (torch.cat([before, a], dim=1).diff(dim=1) ** 2).sum(dim=-1)
        case ActionLimits():
            return (torch.tensor(query.actions).abs() - term.limit).clamp(min=0).square().sum(dim=-1)


def _gelu(x: Tensor) -> Tensor:
    return gelu(x, approximate="tanh")


def _linear(weights: Mapping[str, Tensor], layer: str, x: Tensor) -> Tensor:
    return linear(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"])


def _tensors(arrays: Mapping[str, FloatArray]) -> dict[str, Tensor]:
    return {name: torch.tensor(np.asarray(array)) for name, array in arrays.items()}
