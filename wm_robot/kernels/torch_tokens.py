"""Transformer rollouts on torch's kernels: keys and values are kept, memory is bounded."""

import threading
from collections.abc import Iterator, Sequence

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.kernels.query import History, Query
from wm_robot.kernels.search import SearchBelief, SearchOutcome, SearchSettings
from wm_robot.kernels.terms import Term, check_terms
from wm_robot.kernels.token_predictor import TokenPredictor
from wm_robot.kernels.torch_backend import query_tensors
from wm_robot.kernels.torch_plan import TorchPlan
from wm_robot.kernels.torch_prices import Price, prepare, total_price
from wm_robot.kernels.torch_search import Costs
from wm_robot.kernels.torch_transformer import Cache, TorchTransformer


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
        self._transformer = TorchTransformer(predictor, self.device, dtype)
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
            tiles = self._tiles(z[-1], a, self._transformer.observed(z, past))
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
        observed = self._transformer.observed(latents, past)

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
            yield self._transformer.imagine(newest, part, observed), part


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
