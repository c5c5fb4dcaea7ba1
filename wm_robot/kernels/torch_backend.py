"""The same rollouts on torch's kernels, in float32: the backend to compare with."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn.functional import layer_norm

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.predictor import Predictor
from wm_robot.kernels.query import Query
from wm_robot.kernels.terms import Term, check_terms
from wm_robot.kernels.torch_prices import Price, prepare, torch_gelu, torch_linear, total_price


class TorchBackend:
    """Backend on torch CPU kernels, eager and batched over the candidates."""

    def __init__(self, parameters: Mapping[str, FloatArray]) -> None:
        self.predictor = Predictor.from_parameters(parameters)
        self._weights = _tensors(self.predictor.parameters)
        self._prepared: tuple[tuple[Term, ...], list[Price]] | None = None

    @torch.inference_mode()
    def rollout(self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike) -> FloatArray:
        """See Backend.rollout."""
        query = Query.of(self.predictor, latents, past_actions, actions)
        return self.imagine(*query_tensors(query)).numpy()

    @torch.inference_mode()
    def costs(
        self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike, terms: Sequence[Term]
    ) -> FloatArray:
        """See Backend.costs."""
        query = Query.of(self.predictor, latents, past_actions, actions)
        check_terms(terms, query.horizon, self.predictor.latent)
        return self.price(*query_tensors(query), self.prepared(terms)).numpy()

    def prepared(self, terms: Sequence[Term]) -> list[Price]:
        """`terms` on tensors, made when they are first seen and kept until others come."""
        key = tuple(terms)  # terms compare by identity, and never change
        if self._prepared is None or self._prepared[0] != key:
            self._prepared = (key, prepare(terms))
        return self._prepared[1]

    def price(self, latents: Tensor, past_actions: Tensor, actions: Tensor, prices: list[Price]) -> Tensor:
        """`costs` of tensors, unchecked."""
        return total_price(prices, self.imagine(latents, past_actions, actions), past_actions, actions)

    def imagine(self, latents: Tensor, past_actions: Tensor, actions: Tensor) -> Tensor:
        """`rollout` of tensors, unchecked."""
        T, (K, H, _) = self.predictor.history, actions.shape
        z = list(latents[:, None].expand(-1, K, -1))  # T + t times (K, L)
        a = torch.cat([past_actions[None].expand(K, -1, -1), actions], dim=1)  # (K, T-1+H, nu)
        for t in range(H):
            z.append(self.step(torch.cat(z[t:], dim=1), z[-1], a[:, t : t + T].reshape(K, -1)))
        return torch.stack(z[T:], dim=1)

    def step(self, history: Tensor, z: Tensor, a: Tensor) -> Tensor:
        """Next latents (K, L) from the last T latents (K, T L), the newest alone and T actions (K, T nu)."""
        w, width = self._weights, (self.predictor.width,)
        c = torch_gelu(torch_linear(w, "action.2", torch_gelu(torch_linear(w, "action.0", a))))
        h = torch_linear(w, "in", history)
        for i in range(self.predictor.blocks):
            shift, scale, gate = torch_linear(w, f"blocks.{i}.modulation", c).chunk(3, dim=1)
            y = layer_norm(h, width, eps=1e-6) * (1 + scale) + shift
            h = h + gate * torch_linear(
                w, f"blocks.{i}.down", torch_gelu(torch_linear(w, f"blocks.{i}.up", y))
            )
        return z + torch_linear(w, "out", layer_norm(h, width, eps=1e-6))


def query_tensors(query: Query) -> tuple[Tensor, Tensor, Tensor]:
    """Latents, past actions and actions."""
    return torch.tensor(query.latents), torch.tensor(query.past_actions), torch.tensor(query.actions)


def _tensors(arrays: Mapping[str, FloatArray]) -> dict[str, Tensor]:
    return {name: torch.tensor(np.asarray(array)) for name, array in arrays.items()}
