"""Who takes part in the rollout benchmark: each a function without arguments that makes one plan."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import count

import numpy as np
import torch
from numpy.typing import ArrayLike

from wm_robot.benchmarks.workload import CompactWorkload, Workload
from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import MissingDependencyError
from wm_robot.kernels.backend import Backend
from wm_robot.kernels.query import Query
from wm_robot.kernels.terms import Term
from wm_robot.kernels.torch_backend import TorchBackend, query_tensors

Plan = Callable[[], object]


def products(workload: Workload, dtype: torch.dtype) -> Plan:
    """The yardstick: torch.mm over exactly the products that the plan needs, and nothing else."""
    pairs = [
        (torch.randn(columns, cols, dtype=dtype), torch.randn(cols, rows, dtype=dtype))
        for columns, rows, cols in workload.products
    ]

    def run() -> None:
        for _ in range(workload.H):
            for x, weight in pairs:
                torch.mm(x, weight)

    return run


def planned(workload: Workload, backend: Backend) -> Plan:
    """This project's planner on `backend`."""
    planner, objective = workload.planner(), workload.objective(backend)
    seeds: Iterator[int] = count()
    return lambda: planner.plan(objective, next(seeds))


class CompiledBackend(TorchBackend):
    """TorchBackend whose rollout and costs are one graph of torch.compile."""

    def __init__(self, parameters: Mapping[str, FloatArray]) -> None:
        super().__init__(parameters)
        self._compiled = torch.compile(self.price, dynamic=False)

    @torch.no_grad()  # torch.compile refuses what becomes a tensor in inference mode
    def costs(
        self, latents: ArrayLike, past_actions: ArrayLike, actions: ArrayLike, terms: Sequence[Term]
    ) -> FloatArray:
        """See Backend.costs."""
        query = Query.of(self.predictor, latents, past_actions, actions)
        return self._compiled(*query_tensors(query), self.prepared(terms)).numpy()


def pytorch_mppi(workload: CompactWorkload) -> Plan:
    """The peer library's MPPI over the same predictor and cost.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        peer = import_module("pytorch_mppi")
    except ImportError as error:
        raise MissingDependencyError("pytorch_mppi", "comparing with it", "bench") from error
    backend = TorchBackend(workload.model)
    T, L, nu = workload.history, workload.latent, workload.nu

    def dynamics(state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        """State: T latents, then the T − 1 actions between them."""
        history, past = state[:, : T * L], state[:, T * L :]
        window = torch.cat([past, action], dim=1)
        z = backend.step(history, history[:, -L:], window)
        return torch.cat([history[:, L:], z, window[:, nu:]], dim=1)

    def cost(state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        return state[:, (T - 1) * L : T * L].square().mean(dim=1)

    mppi = peer.MPPI(
        dynamics,
        cost,
        T * L + (T - 1) * nu,
        0.36 * torch.eye(nu),
        num_samples=workload.K,
        horizon=workload.H,
        u_min=-torch.ones(nu),
        u_max=torch.ones(nu),
    )
    start = torch.from_numpy(np.concatenate([workload.latents.ravel(), workload.past_actions.ravel()]))

    @torch.inference_mode()
    def run() -> object:
        return mppi.command(start)

    return run
