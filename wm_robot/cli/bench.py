"""Time planning on this machine, beside its limit and its peers."""

import json
import os
import platform
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from wm_robot.benchmarks.analytic import measure_pendulum
from wm_robot.benchmarks.rollout import PEERS, Row, installed_peers, measure
from wm_robot.benchmarks.workload import CompactWorkload, TokenWorkload, Workload, vjepa2_ac
from wm_robot.core.errors import UnknownNameError, WmrError
from wm_robot.core.serialization import to_json
from wm_robot.kernels import native

WORKLOADS: dict[str, tuple[Workload, ...]] = {
    "compact": (
        CompactWorkload(K=64, H=8),
        CompactWorkload(K=256, H=8),
        CompactWorkload(K=512, H=16),
        CompactWorkload(K=1024, H=16),
        CompactWorkload(K=256, H=8, latent=262, width=512, hidden=1024, blocks=4),
    ),
    "one-token": (TokenWorkload(K=64, H=5), TokenWorkload(K=300, H=5)),
    "patches": (vjepa2_ac(2, 1, blocks=2), vjepa2_ac(2, 2)),
}
"""By kind of model, the smallest first."""


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """Time plans in a latent world model: every backend beside the matrix products it cannot do without.

    Args:
        model: compact, which this project trains; one-token, a transformer of LeWM's size; or patches, one of
            V-JEPA 2-AC's, which takes 10 GB and minutes.
        quick: only the smallest workload.
        rounds: measured rounds a workload; every contestant runs once in each.
        threads: threads of every backend; 0 takes OMP_NUM_THREADS, or else every core.
        peers: which of eager, compile and pytorch_mppi to run beside; those that are installed when left out.
        json: print one JSON object on standard output instead of the tables.
    """

    model: str = "compact"
    quick: bool = False
    rounds: int = 30
    threads: int = 0
    peers: tuple[str, ...] | None = None
    json: bool = False

    def __post_init__(self) -> None:
        _check(self.rounds, self.threads)
        if self.model not in WORKLOADS:
            raise UnknownNameError("model", self.model, WORKLOADS)
        for peer in self.peers or ():
            if peer not in PEERS:
                raise UnknownNameError("peer", peer, PEERS)


@dataclass(frozen=True, kw_only=True)
class Search:
    """Time the search itself: MPPI over a pendulum, whose rollout costs next to nothing.

    Args:
        quick: fewer candidates and steps.
        rounds: measured plans.
        threads: 0 takes OMP_NUM_THREADS, or else every core.
        json: print one JSON object on standard output instead of the sentence.
    """

    quick: bool = False
    rounds: int = 200
    threads: int = 0
    json: bool = False

    def __post_init__(self) -> None:
        _check(self.rounds, self.threads)


def run(config: Rollout | Search) -> int:
    """Always 0."""
    match config:
        case Rollout():
            _rollout(config)
        case Search():
            _search(config)
    return 0


def _check(rounds: int, threads: int) -> None:
    if rounds < 1 or threads < 0:
        raise WmrError(f"rounds={rounds}, threads={threads}: at least 1 and 0 are needed")


def _machine(threads: int) -> dict[str, Any]:
    return {
        "processor": platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": threads,
        "instruction_sets": {dtype: native.instruction_sets(dtype)[0] for dtype in native.dtypes()},
    }


def _rollout(config: Rollout) -> None:
    threads = config.threads or native.default_threads()
    peers = installed_peers() if config.peers is None else config.peers
    workloads = WORKLOADS[config.model][: 1 if config.quick else None]
    rows: list[tuple[Workload, Row]] = []
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("timing", total=len(workloads) * config.rounds)
        for workload in workloads:
            measured = measure(
                workload,
                rounds=config.rounds,
                threads=threads,
                peers=peers,
                on_round=lambda: progress.advance(bar),
            )
            rows += [(workload, row) for row in measured]
    machine = _machine(threads)
    if config.json:
        flat = [{**to_json(row), "model": w.name, "flops": w.flops, "reuse": w.reuse} for w, row in rows]
        print(json.dumps({"machine": machine, "rows": flat}, indent=2))
    else:
        _print_table(machine, rows)


def _print_table(machine: dict[str, Any], rows: list[tuple[Workload, Row]]) -> None:
    console = Console()
    by = ", ".join(f"{dtype} by {name}" for dtype, name in machine["instruction_sets"].items())
    console.print(f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads; {by}")
    for workload in dict.fromkeys(w for w, _ in rows):
        console.print(f"\n[bold]{workload.K}×{workload.H}, {workload.name}[/bold]")
        console.print(_table([row for w, row in rows if w == workload]))
    console.print()
    console.print(
        "gemm: torch.mm of the matrix products that a plan needs and nothing else; / fp32 and / bf16: time "
        f"over it, less is better. {', '.join(PEERS)}: how many times faster than these. error: of the "
        "costs, against the float64 reference."
    )


def _table(rows: list[Row]) -> Table:
    """Of one size, for 80 columns; peers that took no part have none."""
    speedups = {peer: [getattr(row, f"speedup_vs_{peer}") for row in rows] for peer in PEERS}
    took_part = [peer for peer, times in speedups.items() if any(times)]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    headings = ("backend", "dtype", "p50 ms", "p99 ms", "/ fp32", "/ bf16", *took_part, "error")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in headings[:2] else "right", no_wrap=True)
    for number, row in enumerate(rows):
        times = [speedups[peer][number] for peer in took_part]
        table.add_row(
            row.backend,
            row.dtype,
            f"{row.plan_ms_p50:.2f}",
            f"{row.plan_ms_p99:.2f}",
            f"{row.ratio_gemm_fp32:.2f}",
            f"{row.ratio_gemm_bf16:.2f}",
            *("" if s is None else f"{s:.2f}×" for s in times),
            "" if row.parity_rel_err is None else f"{row.parity_rel_err:.0e}",
        )
    return table


def _search(config: Search) -> None:
    threads = config.threads or native.default_threads()
    sizes = {"K": 64, "H": 20} if config.quick else {"K": 1024, "H": 100}
    row = measure_pendulum(**sizes, rounds=config.rounds, threads=threads)
    if config.json:
        print(json.dumps({"machine": _machine(threads), "rows": [to_json(row)]}, indent=2))
    else:
        Console().print(
            f"{row.model}, {row.K}×{row.H}, {threads} threads: {row.plan_ms_p50:.3f} ms a plan "
            f"(99 %: {row.plan_ms_p99:.3f}), {row.ns_per_sample_step:.2f} ns a candidate and step"
        )
