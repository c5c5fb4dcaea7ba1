"""The rollout benchmark: time of one plan over that of its matrix products alone, beside the peers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from shutil import which

import numpy as np
import torch

from wm_robot.benchmarks.contestants import CompiledBackend, Plan, planned, products, pytorch_mppi
from wm_robot.benchmarks.measure import Samples, interleaved
from wm_robot.benchmarks.workload import CompactWorkload, Workload
from wm_robot.core.arrays import FloatArray
from wm_robot.kernels import cuda, native
from wm_robot.kernels.backend import Backend, make_backend
from wm_robot.kernels.native import NativeBackend

PEERS = ("eager", "compile", "pytorch_mppi")
FLOAT32, BFLOAT16 = "gemm float32", "gemm bfloat16"


@dataclass(frozen=True, kw_only=True)
class Row:
    """How one backend did on one workload; ratios and speed-ups are medians over rounds.

    Args:
        backend: "gemm" is the yardstick: the plan's matrix products alone.
        dtype: of the products.
        K: candidates.
        H: steps.
        plan_ms_p50: median time of a plan.
        plan_ms_p99: its 99th percentile.
        ratio_gemm_fp32: time over torch.mm's in float32.
        ratio_gemm_bf16: time over torch.mm's in bfloat16.
        speedup_vs_eager: eager torch's time over this one's.
        speedup_vs_compile: torch.compile's time over this one's.
        speedup_vs_pytorch_mppi: the library's time over this one's.
        allocations: of the native module in a plan, the median.
        page_faults: of the process in a plan, the median.
        parity_rel_err: largest error of a cost against the float64 reference, over the largest cost.
    """

    backend: str
    dtype: str
    K: int
    H: int
    plan_ms_p50: float
    plan_ms_p99: float
    ratio_gemm_fp32: float
    ratio_gemm_bf16: float
    speedup_vs_eager: float | None
    speedup_vs_compile: float | None
    speedup_vs_pytorch_mppi: float | None
    allocations: float | None
    page_faults: float
    parity_rel_err: float | None


def installed_peers() -> tuple[str, ...]:
    """The peers that this installation can run; torch.compile needs a C++ compiler."""
    missing = {"pytorch_mppi"} if find_spec("pytorch_mppi") is None else set()
    if which("c++") is None:
        missing.add("compile")
    return tuple(peer for peer in PEERS if peer not in missing)


def measure(
    workload: Workload,
    *,
    rounds: int,
    threads: int,
    peers: Sequence[str] = PEERS,
    on_round: Callable[[], None] = lambda: None,
) -> list[Row]:
    """Both yardsticks, the native backend in every dtype that this machine has, cuda, and `peers`.

    The yardsticks are the CPU's. The plans of cuda have no error of costs: it searches, and no more.

    torch.compile and pytorch_mppi take part with the compact predictor alone.
    `threads` is set for torch in this whole process.

    Raises:
        MissingDependencyError: a peer that is not installed.
    """
    torch.set_num_threads(threads)
    backends: dict[tuple[str, str], Backend] = {
        ("cpu", dtype): NativeBackend(workload.model, threads=threads, dtype=dtype)
        for dtype in native.dtypes()
    }
    if cuda.what_is_missing() is None:
        backends["cuda", "bfloat16"] = make_backend("cuda", workload.model)
    if "eager" in peers:
        backends["eager", "float32"] = make_backend("torch", workload.model)
    compact = workload if isinstance(workload, CompactWorkload) else None
    if compact and "compile" in peers:
        backends["compile", "float32"] = CompiledBackend(compact.model)
    calls: dict[tuple[str, str], Plan] = {
        ("gemm", "float32"): products(workload, torch.float32),
        ("gemm", "bfloat16"): products(workload, torch.bfloat16),
    }
    calls |= {key: planned(workload, backend) for key, backend in backends.items()}
    if compact and "pytorch_mppi" in peers:
        calls["pytorch_mppi", "float32"] = pytorch_mppi(compact)

    exact = _costs(workload, make_backend("reference", workload.model))
    errors = {
        key: float(np.abs(_costs(workload, backend) - exact).max() / np.abs(exact).max())
        for key, backend in backends.items()
        if key[0] != "cuda"
    }
    named = {" ".join(key): call for key, call in calls.items()}
    samples = interleaved(named, rounds=rounds, counter=native.allocations, on_round=on_round)
    return [_row(key, workload, samples, errors.get(key)) for key in calls]


def _row(key: tuple[str, str], workload: Workload, samples: dict[str, Samples], error: float | None) -> Row:
    backend, dtype = key
    ours = samples[" ".join(key)]

    def speedup(peer: str) -> float | None:
        theirs = samples.get(f"{peer} float32")
        return None if theirs is None else float(np.median(theirs.seconds / ours.seconds))

    return Row(
        backend=backend,
        dtype=dtype,
        K=workload.K,
        H=workload.H,
        plan_ms_p50=float(1e3 * np.median(ours.seconds)),
        plan_ms_p99=float(1e3 * np.percentile(ours.seconds, 99)),
        ratio_gemm_fp32=float(np.median(ours.seconds / samples[FLOAT32].seconds)),
        ratio_gemm_bf16=float(np.median(ours.seconds / samples[BFLOAT16].seconds)),
        speedup_vs_eager=speedup("eager"),
        speedup_vs_compile=speedup("compile"),
        speedup_vs_pytorch_mppi=speedup("pytorch_mppi"),
        allocations=float(np.median(ours.counted)) if backend == "cpu" else None,
        page_faults=float(np.median(ours.page_faults)),
        parity_rel_err=error,
    )


def _costs(workload: Workload, backend: Backend) -> FloatArray:
    return backend.costs(workload.latents, workload.past_actions, workload.actions, workload.terms)
