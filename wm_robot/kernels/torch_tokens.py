"""Transformer rollouts on torch's kernels: keys and values are kept, memory is bounded."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn.functional import layer_norm, scaled_dot_product_attention

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.kernels.query import History, Query
from wm_robot.kernels.search import SearchBelief, SearchOutcome, SearchSettings
from wm_robot.kernels.terms import Term, check_terms
from wm_robot.kernels.token_predictor import TokenPredictor
from wm_robot.kernels.torch_backend import query_tensors
from wm_robot.kernels.torch_plan import TorchPlan
from wm_robot.kernels.torch_prices import Price, prepare, torch_gelu, torch_linear, total_price
from wm_robot.kernels.torch_search import Costs


@dataclass(frozen=True)
class Cache:
    """Keys and values (K, heads, frames · N, d) of one block for some candidates."""

    keys: Tensor
    values: Tensor


class TorchTokenBackend:
    """Backend for a TokenPredictor on torch.

    A step computes the rows of one frame; those before it are read from what each candidate keeps. The
    observed frames are computed once and copied to every candidate. Candidates go in tiles, as many as
    `cache_bytes` hold.

    Args:
        predictor: what is rolled out.
        device: of torch.
        dtype: of weights and activations; latents and costs are float32.
        cache_bytes: for keys and values; one candidate is always let in.
    """

    def __init__(
        self,
        predictor: TokenPredictor,
        *,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        cache_bytes: int = 1 << 30,
    ) -> None:
        self.predictor = predictor
        self.device, self.dtype, self.cache_bytes = torch.device(device), dtype, cache_bytes
        with self.device:
            self._weights = {name: torch.tensor(a).to(dtype) for name, a in predictor.parameters.items()}
            self._time = torch.tensor(predictor.parameters["rotary.time"])
            self._places = torch.tensor(predictor.parameters["rotary.place"])
        self._prepared: tuple[tuple[Term, ...], list[Price]] | None = None
        self._planned: TorchPlan | None = None
        self._turn = threading.Lock()
        self._stream = torch.cuda.Stream(self.device) if self.device.type == "cuda" else None
        if self._stream is not None:
            torch.cuda.synchronize()  # the weights are there, whatever stream reads them

    @torch.inference_mode()
    def rollout(self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike) -> FloatArray:
        """See Backend.rollout."""
        with self.device:
            z, past, a = query_tensors(Query.of(self.predictor, latents, past_actions, actions))
            tiles = self._tiles(z[-1], a, self._observed(z, past))
            return torch.cat([imagined for imagined, _ in tiles]).cpu().numpy()

    @torch.inference_mode()
    def costs(
        self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike, terms: Sequence[Term]
    ) -> FloatArray:
        """See Backend.costs."""
        query = Query.of(self.predictor, latents, past_actions, actions)
        check_terms(terms, query.horizon, self.predictor.latent)
        with self.device:
            if self._prepared is None or self._prepared[0] != tuple(terms):
                self._prepared = (tuple(terms), prepare(terms))
            z, past, a = query_tensors(query)
            return self.priced_from(z, past, self._prepared[1])(a).cpu().numpy()

    @torch.inference_mode()
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
        """See SearchingBackend.search; one launch on a GPU, see CapturedSearch.

        Pass the same settings again, and terms of the same form: they are prepared once.
        """
        history = History.checked(self.predictor, latents, past_actions)
        check_terms(terms, len(settings.interpolation), self.predictor.latent)
        with self._turn, torch.cuda.stream(self._stream), self.device:
            return self._plan(settings, terms).search(history, belief, seed, deadline_ns or 0)

    def _plan(self, settings: SearchSettings, terms: Sequence[Term]) -> TorchPlan:
        if self._planned is None or not self._planned.takes(settings, terms):
            self._planned = None  # its memory goes before the next one asks for as much
            self._planned = TorchPlan(settings, self.predictor, terms, self.priced_from, self._stream)
        return self._planned

    def priced_from(self, latents: Tensor, past: Tensor, prices: Sequence[Price]) -> Costs:
        """What actions (K, H, nu) cost from latents (T, L) and past actions (T − 1, nu), unchecked."""
        observed = self._observed(latents, past)

        def costs(actions: Tensor) -> Tensor:
            tiles = self._tiles(latents[-1], actions, observed)
            return torch.cat([total_price(prices, imagined, past, part) for imagined, part in tiles])

        return costs

    def candidate_bytes(self, horizon: int) -> int:
        """Bytes of keys and values that a candidate of `horizon` steps keeps."""
        p = self.predictor
        frames = p.history - 1 + horizon
        return 2 * p.blocks * frames * p.rows * p.heads * p.head * self.dtype.itemsize

    def _tiles(
        self, newest: Tensor, actions: Tensor, observed: list[Cache]
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """(latents (k, H, L), actions (k, H, nu)) of one tile of candidates after another."""
        size = max(1, self.cache_bytes // self.candidate_bytes(actions.shape[1]))
        for part in actions.split(size):
            yield self._imagine(newest, part, observed), part

    def _observed(self, latents: Tensor, past: Tensor) -> list[Cache]:
        """What the frames before the newest leave behind, for every candidate alike."""
        caches = self._empty(1, len(past))
        for f in range(len(past)):
            self._frame(latents[f : f + 1], past[f : f + 1], f, caches)
        return caches

    def _imagine(self, newest: Tensor, actions: Tensor, observed: list[Cache]) -> Tensor:
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
            qkv = qkv.permute(2, 0, 3, 1, 4)  # (3, k, heads, N, d)
            q, keys = _turned(qkv[:2], *turn)
            cache.keys[:, :, newest], cache.values[:, :, newest] = keys, qkv[2]
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


def cuda_is_there() -> bool:
    """Whether torch finds a GPU."""
    return torch.cuda.is_available()


def on_cuda(predictor: TokenPredictor) -> TorchTokenBackend:
    """The backend on torch's GPU, in bfloat16 and half of the memory that is free there.

    Raises:
        WmrError: torch finds no GPU.
    """
    if not cuda_is_there():
        raise WmrError("the backend cuda of a transformer predictor needs a GPU and a torch built for it")
    free, _ = torch.cuda.mem_get_info()
    return TorchTokenBackend(predictor, device="cuda", dtype=torch.bfloat16, cache_bytes=free // 2)


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


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x (…, k, heads, N, d) with each plane (2j, 2j + 1) turned by its row's angle (N, d/2)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)
