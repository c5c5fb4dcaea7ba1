"""How far busy processes beside it delay a plan, with and without the real-time scheduler.

python benchmarks/plan_beside_busy.py --output beside.json
"""

import json
import multiprocessing as mp
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import tyro

from wm_robot.benchmarks.contestants import planned
from wm_robot.benchmarks.measure import interleaved
from wm_robot.benchmarks.workload import CompactWorkload
from wm_robot.kernels import native
from wm_robot.kernels.native import NativeBackend
from wm_robot.runtime.control.scheduling import PLANNER, prefer_process

SETTLE_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure.

    Args:
        sizes: candidates and steps of the plans.
        beside: busy processes in the loaded measurements.
        rounds: plans in each.
        rest_s: after each plan, as in a control period; the real-time scheduler grants 95 % of the time.
        output: JSON file for the figures.
    """

    sizes: tuple[tuple[int, int], ...] = ((64, 8), (256, 8), (512, 16))
    beside: int = 8
    rounds: int = 200
    rest_s: float = 0.05
    output: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Of one size, ms.

    Args:
        K: candidates.
        H: steps.
        beside: busy processes.
        preferred: whether the planner had the real-time scheduler.
    """

    K: int
    H: int
    beside: int
    preferred: bool
    p50: float
    p99: float


def main() -> None:
    options = tyro.cli(Options)
    figures = [one for preferred in (False, True) for one in measure(options, preferred)]
    for one in figures:
        how = "real-time" if one.preferred else "ordinary"
        print(
            f"{one.K}x{one.H}, {one.beside} beside, {how}: p50 {one.p50:.2f} ms, p99 {one.p99:.2f} ms, "
            f"{one.p99 / one.p50:.2f} times (n = {options.rounds})"
        )
    if options.output is not None:
        options.output.write_text(json.dumps([asdict(one) for one in figures], indent=2))


def measure(options: Options, preferred: bool) -> Iterator[Figures]:
    """Every size alone and beside the busy processes.

    Raises:
        SystemExit: the real-time scheduler is wanted and not allowed.
    """
    for beside in (0, options.beside):
        with busy(beside):
            for K, H in options.sizes:
                workload = CompactWorkload(K=K, H=H)
                backend = NativeBackend(workload.model, threads=native.default_threads(), dtype="bfloat16")
                if preferred and not prefer_process(PLANNER):
                    raise SystemExit("the real-time scheduler is not allowed; `wmr check` says how to get it")
                plan = planned(workload, backend)
                samples = interleaved(
                    {"plan": plan}, rounds=options.rounds, on_round=lambda: time.sleep(options.rest_s)
                )
                p50, p99 = np.percentile(1e3 * samples["plan"].seconds, [50, 99])
                yield Figures(K=K, H=H, beside=beside, preferred=preferred, p50=float(p50), p99=float(p99))


@contextmanager
def busy(number: int) -> Iterator[None]:
    """So many processes that compute for as long as this is entered, by the ordinary scheduler."""
    processes = [mp.get_context("spawn").Process(target=_compute, daemon=True) for _ in range(number)]
    for process in processes:
        process.start()
    time.sleep(SETTLE_S)
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def _compute() -> None:
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # a child inherits what is preferred
    while True:
        np.sqrt(np.arange(1e5))


if __name__ == "__main__":
    main()
