"""The transformer predictor on torch: one frame after another, from the keys and values that are kept."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, scaled_dot_product_attention

from wm_robot.kernels.token_predictor import TokenPredictor
from wm_robot.kernels.torch_prices import torch_gelu, torch_linear


@dataclass(frozen=True)
class Cache:
    """Keys and values (K, heads, frames · N, d) of one block for some candidates."""

    keys: Tensor
    values: Tensor


class TorchTransformer:
    """A TokenPredictor's weights and steps.

    Args:
        predictor: what is stepped.
        device: of weights and activations.
        dtype: of weights and activations; latents are float32.
    """

    def __init__(self, predictor: TokenPredictor, device: torch.device, dtype: torch.dtype) -> None:
        self.predictor, self.device, self.dtype = predictor, device, dtype
        with device:
            self._weights = {name: torch.tensor(a).to(dtype) for name, a in predictor.parameters.items()}
            self._time = torch.tensor(predictor.parameters["rotary.time"])
            self._places = torch.tensor(predictor.parameters["rotary.place"])
        self._put_planes_in_halves()

    def _put_planes_in_halves(self) -> None:
        """Plane j of a query or key becomes (j, j + d/2): halves are contiguous, scores the same."""
        p = self.predictor
        order = [*range(0, p.head, 2), *range(1, p.head, 2)]
        for i in range(p.blocks):
            for part in ("weight", "bias"):
                heads = self._weights[f"blocks.{i}.qkv.{part}"].view(3, p.heads, p.head, -1)
                heads[:2] = heads[:2, :, order]

    def observed(self, latents: Tensor, past: Tensor) -> list[Cache]:
        """What the frames before the newest leave behind, for every candidate alike."""
        caches = self._empty(1, len(past))
        for f in range(len(past)):
            self._frame(latents[f : f + 1], past[f : f + 1], f, caches)
        return caches

    def imagine(self, newest: Tensor, actions: Tensor, observed: list[Cache]) -> Tensor:
        """Latents (k, H, L) that `actions` (k, H, nu) lead to from the newest one (L,)."""
        (k, H, _), before = actions.shape, self.predictor.history - 1
        caches = self._empty(k, before + H)
        for cache, shared in zip(caches, observed, strict=True):
            cache.keys[:, :, : shared.keys.shape[2]] = shared.keys
            cache.values[:, :, : shared.values.shape[2]] = shared.values
        z = [newest.expand(k, -1)]
        for t in range(H):
            z.append(self._frame(z[-1], actions[:, t], before + t, caches))
        return torch.stack(z[1:], dim=1)

    def _empty(self, k: int, frames: int) -> list[Cache]:
        p = self.predictor
        shape = (k, p.heads, frames * p.rows, p.head)
        kind = {"dtype": self.dtype, "device": self.device}
        return [Cache(torch.empty(shape, **kind), torch.empty(shape, **kind)) for _ in range(p.blocks)]

    def _frame(self, z: Tensor, a: Tensor, f: int, caches: list[Cache]) -> Tensor:
        """Latents (k, L) after frame `f`, from latents z (k, L) and actions a (k, nu); fills `caches`."""
        p, w, k = self.predictor, self._weights, len(z)
        width = (p.width,)
        low = a.to(self.dtype)
        h = self._rows(z.to(self.dtype), low)  # (k, N, W)
        c = torch_linear(w, "action.2", torch_gelu(torch_linear(w, "action.0", low))) if p.embedding else None
        angle = f * self._time + self._places  # (N, d/2)
        turn = angle.cos().to(self.dtype), angle.sin().to(self.dtype)
        newest = slice(f * p.rows, (f + 1) * p.rows)
        seen = slice(max(0, f - p.context + 1) * p.rows, (f + 1) * p.rows)
        for i, cache in enumerate(caches):
            first, second = _modulation(w, i, c)
            y = _before(first, layer_norm(h, width, eps=1e-6))
            qkv = torch_linear(w, f"blocks.{i}.qkv", y).view(k, p.rows, 3, p.heads, p.head)
            q, keys, values = qkv.permute(2, 0, 3, 1, 4)  # each (k, heads, N, d)
            q = _turn(q, *turn, into=torch.empty(q.shape, dtype=q.dtype))
            _turn(keys, *turn, into=cache.keys[:, :, newest])
            cache.values[:, :, newest] = values
            read = scaled_dot_product_attention(q, cache.keys[:, :, seen], cache.values[:, :, seen])
            read = read.transpose(1, 2).reshape(k, p.rows, -1)
            h = h + _after(first, torch_linear(w, f"blocks.{i}.attention", read))
            y = _before(second, layer_norm(h, width, eps=1e-6))
            y = torch_linear(w, f"blocks.{i}.down", torch_gelu(torch_linear(w, f"blocks.{i}.up", y)))
            h = h + _after(second, y)
        x = torch_linear(w, "out", layer_norm(h[:, -p.patches :], width, eps=1e-6)).reshape(k, -1).float()
        if not p.state:
            return x
        return torch.cat([z[:, : p.state] + a @ w["motion.weight"].float().T, x], dim=1)

    def _rows(self, z: Tensor, a: Tensor) -> Tensor:
        p, w = self.predictor, self._weights
        rows = [torch_linear(w, "in", z[:, p.state :].reshape(len(z), p.patches, p.patch))]
        if p.state:
            rows.insert(0, torch_linear(w, "state", z[:, None, : p.state]))
        if not p.embedding:
            rows.insert(0, torch_linear(w, "action", a[:, None]))
        return torch.cat(rows, dim=1)


Half = tuple[Tensor, Tensor, Tensor]
"""Modulation of one half of a block: shift, scale and gate, each (k, 1, W)."""


def _modulation(weights: dict[str, Tensor], block: int, c: Tensor | None) -> tuple[Half | None, Half | None]:
    if c is None:
        return None, None
    parts = torch_linear(weights, f"blocks.{block}.modulation", c)[:, None].chunk(6, dim=-1)
    return (parts[0], parts[1], parts[2]), (parts[3], parts[4], parts[5])


def _before(half: Half | None, y: Tensor) -> Tensor:
    if half is None:
        return y
    shift, scale, _ = half
    return y * (1 + scale) + shift


def _after(half: Half | None, y: Tensor) -> Tensor:
    return y if half is None else half[2] * y


def _turn(x: Tensor, cos: Tensor, sin: Tensor, *, into: Tensor) -> Tensor:
    """x (k, heads, N, d) with each plane (j, j + d/2) turned by its row's angle (N, d/2), in `into`."""
    (first, second), (to_first, to_second) = x.chunk(2, dim=-1), into.chunk(2, dim=-1)
    torch.mul(first, cos, out=to_first).addcmul_(second, sin, value=-1)
    torch.mul(second, cos, out=to_second).addcmul_(first, sin)
    return into
