"""How near the backends are to this machine's limit, measured side by side in one run.

The yardstick is torch.mm over exactly the products that one pricing call needs. A backend also has
everything between the products to do, and may do fewer of them: what the observed history contributes
is the same for every candidate.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from wm_robot.core.arrays import FloatArray
from wm_robot.kernels.backend import Backend, BackendFactory
from wm_robot.kernels.reference import ReferenceBackend
from wm_robot.kernels.synthetic import random_predictor
from wm_robot.kernels.terms import Readout
from wm_robot.kernels.torch_backend import TorchBackend


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One pricing call: K candidates of H steps by a predictor of the given sizes (see Predictor)."""

    K: int
    H: int
    latent: int = 134
    width: int = 256
    hidden: int = 512
    blocks: int = 2
    embedding: int = 64
    history: int = 2
    nu: int = 4


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """How a backend did on a workload.

    Args:
        backend: its name; "gemm" is the yardstick.
        call_ms_p50: median time of a call.
        call_ms_p99: its 99th percentile.
        ratio_gemm_fp32: median of the round's time over the yardstick's in the same round.
        speedup_vs_eager: median of eager torch's time over this one's in the same round.
        parity_rel_err: largest error of a cost against the float64 reference, over the largest cost;
            None for the yardstick.
    """

    backend: str
    dtype: str = "float32"
    call_ms_p50: float
    call_ms_p99: float
    ratio_gemm_fp32: float
    speedup_vs_eager: float
    parity_rel_err: float | None


def measure(
    workload: Workload, factories: Mapping[str, BackendFactory], *, repeats: int, threads: int
) -> list[Measurement]:
    """The yardstick, eager torch and the backends made by `factories`, in `repeats` interleaved rounds.

    `threads` is set for torch in this whole process; a factory sees to its own.
    """
    torch.set_num_threads(threads)
    w = workload
    rng = np.random.default_rng(0)
    parameters = random_predictor(
        rng,
        history=w.history,
        latent=w.latent,
        nu=w.nu,
        width=w.width,
        embedding=w.embedding,
        hidden=w.hidden,
        blocks=w.blocks,
    )
    query = (
        rng.normal(size=(w.history, w.latent)).astype(np.float32),
        rng.uniform(-1, 1, (w.history - 1, w.nu)).astype(np.float32),
        rng.uniform(-1, 1, (w.K, w.H, w.nu)).astype(np.float32),
    )
    terms = (Readout(step_weights=np.ones(w.H), target=np.zeros(w.latent), scale=np.ones(w.latent)),)
    backends: dict[str, Backend] = {"torch": TorchBackend(parameters)}
    backends |= {name: make(parameters) for name, make in factories.items()}
    exact = ReferenceBackend(parameters).costs(*query, terms)
    errors = {
        name: float(np.abs(b.costs(*query, terms) - exact).max() / exact.max())
        for name, b in backends.items()
    }

    calls: dict[str, Callable[[], object]] = {"gemm": _products(parameters, w)}
    for name, backend in backends.items():
        calls[name] = lambda backend=backend: backend.costs(*query, terms)
    times = _interleaved(calls, repeats)
    return [
        Measurement(
            backend=name,
            call_ms_p50=float(np.median(t) * 1e3),
            call_ms_p99=float(np.percentile(t, 99) * 1e3),
            ratio_gemm_fp32=float(np.median(t / times["gemm"])),
            speedup_vs_eager=float(np.median(times["torch"] / t)),
            parity_rel_err=errors.get(name),
        )
        for name, t in times.items()
    ]


def _products(parameters: dict[str, FloatArray], workload: Workload) -> Callable[[], None]:
    weights = [torch.tensor(a).T for name, a in parameters.items() if name.endswith(".weight")]
    pairs = [(torch.randn(workload.K, weight.shape[0]), weight) for weight in weights]

    def run() -> None:
        for _ in range(workload.H):
            for x, weight in pairs:
                torch.mm(x, weight)

    return run


def _interleaved(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, FloatArray]:
    """Seconds (repeats,) by name; every round runs each call once, after one round to warm up."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: np.array(t[1:]) for name, t in times.items()}
