"""Time rollouts on this machine: every backend beside the matrix products it cannot do without."""

import json
import platform
from dataclasses import dataclass
from functools import partial

from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import to_json
from wm_robot.kernels import native
from wm_robot.kernels.benchmark import Measurement, Workload, measure
from wm_robot.kernels.native import NativeBackend

WORKLOADS = (
    Workload(K=64, H=3),
    Workload(K=64, H=8),
    Workload(K=256, H=8),
    Workload(K=512, H=16),
    Workload(K=256, H=8, latent=262, width=512, hidden=1024, blocks=4),
)
QUICK_WORKLOADS = WORKLOADS[:2]


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """Options of `wmr bench`.

    Args:
        quick: only the two smallest workloads, a few seconds.
        repeats: interleaved rounds a workload.
        threads: threads of every backend; 0 takes OMP_NUM_THREADS, or else every core.
        json: print one JSON object on standard output instead of the table.
    """

    quick: bool = False
    repeats: int = 30
    threads: int = 0
    json: bool = False

    def __post_init__(self) -> None:
        if self.repeats < 1 or self.threads < 0:
            raise WmrError(f"repeats={self.repeats}, threads={self.threads}: at least 1 and 0 are needed")


def run(config: BenchConfig) -> int:
    """Print one row for each workload and backend; always 0."""
    threads = config.threads or native.default_threads()
    machine = {
        "processor": platform.machine(),
        "threads": threads,
        "instruction_set": native.instruction_sets()[0],
    }
    factories = {"native": partial(NativeBackend, threads=threads)}
    rows = [
        (workload, measurement)
        for workload in (QUICK_WORKLOADS if config.quick else WORKLOADS)
        for measurement in measure(workload, factories, repeats=config.repeats, threads=threads)
    ]
    if config.json:
        flat = [{**to_json(measurement), **to_json(workload)} for workload, measurement in rows]
        print(json.dumps({"machine": machine, "rows": flat}, indent=2))
    else:
        _print_table(machine, rows)
    return 0


def _print_table(machine: dict[str, object], rows: list[tuple[Workload, Measurement]]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, title_justify="left")
    for column in (
        "K×H",
        "latent",
        "width",
        "blocks",
        "backend",
        "p50 ms",
        "p99 ms",
        "× gemm",
        "× eager",
        "error",
    ):
        table.add_column(column, justify="left" if column == "backend" else "right")
    for w, m in rows:
        first = m.backend == "gemm"
        sizes = (f"{w.K}×{w.H}", str(w.latent), str(w.width), str(w.blocks)) if first else ("",) * 4
        error = "" if m.parity_rel_err is None else f"{m.parity_rel_err:.0e}"
        table.add_row(
            *sizes,
            m.backend,
            f"{m.call_ms_p50:.2f}",
            f"{m.call_ms_p99:.2f}",
            f"{m.ratio_gemm_fp32:.2f}",
            f"{m.speedup_vs_eager:.2f}",
            error,
        )
    console = Console()
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()))
    console.print(table)
    console.print(
        "× gemm: time over torch.mm of the same shapes, less is better; × eager: speed-up over eager torch; "
        "error: of the costs, against the float64 reference."
    )
