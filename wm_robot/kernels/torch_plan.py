"""Plans by a TorchSearch: what goes in, who runs it, what comes out."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from wm_robot.core.arrays import finite_array
from wm_robot.core.errors import NotFiniteError, ShapeError
from wm_robot.kernels.captured_search import CapturedSearch
from wm_robot.kernels.hosted_search import HostedSearch
from wm_robot.kernels.query import History, Sizes
from wm_robot.kernels.search import SearchBelief, SearchOutcome, SearchSettings
from wm_robot.kernels.terms import Term
from wm_robot.kernels.torch_prices import Price, overwrite, prepare, same_form
from wm_robot.kernels.torch_search import Costs, TorchSearch


class TorchPlan:
    """A search of one kind, planned again and again.

    Args:
        settings: the algorithm.
        predictor: what is searched over.
        terms: what candidates cost.
        priced_from: costs of actions from latents (T, L), past actions (T − 1, nu) and prices.
        stream: of the GPU that plans; None for the CPU.

    Raises:
        ShapeError: the settings are for another number of actions.
    """

    def __init__(
        self,
        settings: SearchSettings,
        predictor: Sizes,
        terms: Sequence[Term],
        priced_from: Callable[[Tensor, Tensor, Sequence[Price]], Costs],
        stream: torch.cuda.Stream | None,
    ) -> None:
        if settings.nu != predictor.nu:
            raise ShapeError("an action of the search", (settings.nu,), (predictor.nu,))
        prices = prepare(terms)
        self._settings, self._terms, self._prices = settings, tuple(terms), prices
        shape = predictor.history, predictor.latent
        # Nothing here may hold itself: when a plan is let go, its GPU memory must be free at once.
        self._search = TorchSearch(settings, shape, lambda latents, past: priced_from(latents, past, prices))
        self._runner = HostedSearch(self._search) if stream is None else CapturedSearch(self._search, stream)

    def takes(self, settings: SearchSettings, terms: Sequence[Term]) -> bool:
        """Whether this plan is the one to ask; terms of the same form as its own take their place."""
        if settings is not self._settings:
            return False
        if tuple(terms) != self._terms:  # terms compare by identity, and never change
            prices = prepare(terms)
            if not same_form(self._prices, prices):
                return False
            overwrite(self._prices, prices)
            self._terms = tuple(terms)
        return True

    def search(self, history: History, belief: SearchBelief, seed: int, deadline_ns: int) -> SearchOutcome:
        """See SearchingBackend.search; `deadline_ns` is 0 for none."""
        began_ns = time.monotonic_ns()
        start, shape = self._runner.start, (self._settings.interpolation.shape[1], self._settings.nu)
        elites = finite_array("elites", belief.elites, ("E", *shape), dtype=np.float32)
        if len(elites) > self._settings.elites:
            raise ShapeError("elites", elites.shape, (f"E <= {self._settings.elites}", *shape))
        start["latents"][...], start["past_actions"][...] = history.latents, history.past_actions
        start["mean"][...] = finite_array("mean", belief.mean, shape, dtype=np.float32)
        start["std"][...] = finite_array("std", belief.std, shape, dtype=np.float32)
        start["elites"][: len(elites)], start["elite_count"][0] = elites, len(elites)
        self._search.draw(start, seed)

        found, rounds = self._runner.run(deadline_ns)
        if found["all_infinite"][0]:
            raise NotFiniteError("every candidate's cost")
        ended_ns = time.monotonic_ns()
        return SearchOutcome(
            knots=found["best"].copy(),
            cost=float(found["best_cost"][0]),
            costs=found["costs"][: int(found["count"][0])].copy(),
            rounds=rounds,
            deadline_missed=0 < deadline_ns < ended_ns,
            phase_ns=(ended_ns - began_ns, 0),
            belief=SearchBelief(
                mean=found["mean"].copy(),
                std=found["std"].copy(),
                elites=found["elites"][: int(found["elite_count"][0])].copy(),
            ),
        )
