"""A whole search as torch operations that never ask the host, which is what a CUDA graph can hold.

The algorithms are those of wm_robot/planners and csrc/src/search.cpp. Shapes follow from the settings alone;
what depends on data, such as how many elites are kept, is a mask. Costs and knots are float32, what a round
learns is summed in float64.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.noise import normals
from wm_robot.kernels.packed import Packed
from wm_robot.kernels.search import SearchSettings

Costs = Callable[[Tensor], Tensor]
"""Costs (K,) of actions (K, H, nu)."""

From = Callable[[Tensor, Tensor], Costs]
"""What actions cost from latents (T, L) and past actions (T − 1, nu)."""


@dataclass(frozen=True, kw_only=True)
class _State:
    """A search between two rounds; counts are (), the last round's costs (K,)."""

    mean: Tensor
    std: Tensor
    elites: Tensor
    elite_count: Tensor
    best: Tensor
    best_cost: Tensor
    costs: Tensor
    count: Tensor
    all_infinite: Tensor


class TorchSearch:
    """One search on torch's current device.

    Args:
        settings: the algorithm.
        latents: shape (T, L) of a history.
        price_from: prices actions; called once a search.
    """

    def __init__(self, settings: SearchSettings, latents: tuple[int, int], price_from: From) -> None:
        self._settings, self._price_from = settings, price_from
        self._W = _float32(settings.interpolation)
        self._colour = None if settings.colour is None else _float32(settings.colour)
        self._most_kept = int(settings.keep_fraction * settings.elites)
        # Elites that are kept, the mean and one new candidate: more than a small round asks for.
        self._drawn = [max(count, self._most_kept + 2) for count in settings.candidates]
        M, nu = settings.interpolation.shape[1], settings.nu
        belief = {"mean": (M, nu), "std": (M, nu), "elites": (settings.elites, M, nu), "elite_count": (1,)}
        history = {"latents": latents, "past_actions": (latents[0] - 1, nu)}
        white = {f"white.{i}": (drawn - 1, M, nu) for i, drawn in enumerate(self._drawn)}
        self.start = Packed({**history, **belief, **white})
        scalars = dict.fromkeys(("best_cost", "count", "all_infinite"), (1,))
        self.found = Packed({**belief, "best": (M, nu), "costs": (max(self._drawn),), **scalars})

    @property
    def rounds(self) -> int:
        """Rounds of a whole search."""
        return len(self._drawn)

    def draw(self, start: Mapping[str, FloatArray], seed: int) -> None:
        """Write the white noise of every round among the arrays of `start`.

        On the host, before the search: its numbers depend on seed, round and place alone, and so are the
        bits that every other backend draws.
        """
        for i in range(self.rounds):
            white = start[f"white.{i}"]
            white[...] = normals(seed, i, len(white), white[0].size).reshape(white.shape)

    def run(self, start: Tensor, goes_on: Callable[[int], bool]) -> Tensor:
        """What is `found`, flat, from a flat `start`; `goes_on` is asked before round i, with i."""
        given = self.start.views(start)
        price = self._price_from(given["latents"], given["past_actions"])
        infinity = torch.full((), torch.inf)
        state = _State(
            **{name: given[name] for name in ("mean", "std", "elites")},
            elite_count=given["elite_count"][0].double(),
            best=given["mean"],
            best_cost=infinity,
            costs=infinity[None],
            count=infinity,
            all_infinite=torch.zeros((), dtype=torch.bool),
        )
        for i in range(self.rounds):
            if not goes_on(i):
                break
            state = self._round(i, state, given[f"white.{i}"], price)
        state = self._finished(state, price)
        costs = pad(state.costs, (0, max(self._drawn) - len(state.costs)))
        return self.found.joined({**vars(state), "costs": costs})

    def _round(self, i: int, state: _State, white: Tensor, price: Costs) -> _State:
        kept = (state.elite_count * self._settings.keep_fraction).floor()
        count = (kept + 2).clamp(min=self._settings.candidates[i])
        place = torch.arange(self._drawn[i])
        knots = self._candidates(i, state, white, place, kept)  # (K, M, nu)
        costs = price(self._actions(knots))
        costs = costs.masked_fill(~costs.isfinite() | (place >= count), torch.inf)  # (K,)
        cheapest, k = costs.min(dim=0)
        found = knots.index_select(0, k[None])[0]
        cheaper = cheapest < state.best_cost
        state = replace(
            state,
            best=torch.where(cheaper, found, state.best),
            best_cost=torch.where(cheaper, cheapest, state.best_cost),
            costs=costs,
            count=count,
            all_infinite=state.all_infinite | cheapest.isinf(),
        )
        match self._settings.learning:
            case "elites":
                return self._fitted(i, state, knots)
            case "softmax":
                return replace(state, mean=self._average(knots, costs))
            case "best":
                return replace(state, mean=found)

    def _candidates(self, i: int, state: _State, white: Tensor, place: Tensor, kept: Tensor) -> Tensor:
        """Knots (K, M, nu): the mean, `kept` elites, and then the mean with noise."""
        noise = white if self._colour is None else torch.einsum("mn,knu->kmu", self._colour, white)
        deviation = state.std if self._settings.noise is None else self._settings.noise[i]
        knots = torch.cat([state.mean[None], state.mean + deviation * noise])
        if self._most_kept:
            elites = state.elites.index_select(0, (place - 1).clamp(0, len(state.elites) - 1))
            later = knots.index_select(0, (place - kept).clamp(min=0).long())
            knots = torch.where(((place > 0) & (place <= kept))[:, None, None], elites, later)
        return knots.clamp(-1, 1)

    def _actions(self, knots: Tensor) -> Tensor:
        return torch.einsum("hm,kmu->khu", self._W, knots)

    def _fitted(self, i: int, state: _State, knots: Tensor) -> _State:
        """Mean and deviation of the cheapest candidates, smoothed, the deviation with a floor."""
        order = state.costs.sort(stable=True).indices[: self._settings.elites]
        elites = knots.index_select(0, order)  # (E, M, nu)
        finite = state.costs.index_select(0, order).isfinite().double()
        share = (finite / finite.sum())[:, None, None]
        mean = (share * elites.double()).sum(dim=0)
        deviation = (share * (elites.double() - mean).square()).sum(dim=0).sqrt()
        old = self._settings.smoothing
        return replace(
            state,
            mean=(old * state.mean.double() + (1 - old) * mean).float(),
            std=(old * state.std.double() + (1 - old) * deviation)
            .float()
            .clamp(min=self._settings.min_noise[i]),
            elites=torch.cat([elites, state.elites[len(elites) :]]),
            elite_count=finite.sum(),
        )

    def _average(self, knots: Tensor, costs: Tensor) -> Tensor:
        """All candidates, weighted by exp(−(J − min J) / (λ std J))."""
        exact, finite = costs.double(), costs.isfinite()
        mean = exact.masked_fill(~finite, 0).sum() / finite.sum()
        spread = ((exact - mean).masked_fill(~finite, 0).square().sum() / finite.sum()).sqrt()
        scale = torch.where(spread > 0, self._settings.temperature * spread, torch.ones_like(spread))
        weights = (-(exact - exact.min()) / scale).exp()
        return (torch.einsum("k,kmu->mu", weights, knots.double()) / weights.sum()).float()

    def _finished(self, state: _State, price: Costs) -> _State:
        """The mean is the plan where it was asked for, or where it is cheaper than every candidate."""
        if self._settings.returns_mean:
            return replace(state, best=state.mean)
        cost = price(self._actions(state.mean[None]))[0]
        cheaper = cost < state.best_cost  # not where it is NaN
        return replace(
            state,
            best=torch.where(cheaper, state.mean, state.best),
            best_cost=torch.where(cheaper, cost, state.best_cost),
        )


def _float32(array: FloatArray) -> Tensor:
    return torch.tensor(np.asarray(array, dtype=np.float32))
