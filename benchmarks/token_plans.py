"""Times whole plans over V-JEPA 2-AC's or LeWM's sizes on a GPU, as one launch, beside their products.

    python benchmarks/token_plans.py --samples 800 --iterations 10 --horizon 1
    python benchmarks/token_plans.py --samples 300 --iterations 15 --horizon 8
    python benchmarks/token_plans.py --model one-token --samples 300 --iterations 30 --horizon 5
    python benchmarks/token_plans.py --samples 3 --iterations 2 --blocks 1 --backend torch

Random weights. The first plan prepares the search and is timed apart; "round by round" is the same search
on the host's word, one round after another, where torch's kernels do it. The products are those of all
rounds, as torch.mm in bfloat16; attention is not counted.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
import tyro

from wm_robot.benchmarks.workload import TokenWorkload, Workload, vjepa2_ac
from wm_robot.kernels.backend import make_backend
from wm_robot.planners import PlannerConfig, make_planner


@dataclass(frozen=True, kw_only=True)
class Options:
    """A plan to time.

    Args:
        model: V-JEPA 2-AC's patches, or LeWM's one token.
        planner: by name.
        samples: candidates of a round.
        iterations: rounds.
        horizon: steps.
        blocks: of the patches' transformer.
        backend: of transformer predictors; torch for the CPU.
        repeats: measured plans.
    """

    model: Literal["patches", "one-token"] = "patches"
    planner: str = "cem"
    samples: int = 800
    iterations: int = 10
    horizon: int = 1
    blocks: int = 24
    backend: str = "cuda"
    repeats: int = 5


def main() -> None:
    options = tyro.cli(Options)
    on_gpu = options.backend == "cuda"
    workload = (
        vjepa2_ac(options.samples, options.horizon, blocks=options.blocks)
        if options.model == "patches"
        else TokenWorkload(K=options.samples, H=options.horizon)
    )
    config = PlannerConfig(
        horizon=options.horizon, samples=options.samples, iterations=options.iterations, noise=0.3
    )
    planner = make_planner(options.planner, config, workload.nu)
    objective = workload.objective(make_backend(options.backend, workload.model))

    if options.model == "patches":
        priced = objective.__call__  # a plain function, which cannot search by itself
        say("round by round", seconds(lambda: planner.plan(priced, 1), options.repeats))
    say("first plan", seconds(lambda: planner.plan(objective, 1), 1))
    say("plan", seconds(lambda: planner.plan(objective, 1), options.repeats))
    if on_gpu and options.model == "patches":
        print(f"{'most memory held':24s} {torch.cuda.max_memory_reserved() / 1e9:9.1f} GB")

    with torch.device("cuda" if on_gpu else "cpu"):
        multiply = products(workload)

    def all_rounds() -> None:
        for _ in range(options.iterations * options.horizon):
            multiply()
        if on_gpu:
            torch.cuda.synchronize()

    say("its products", seconds(all_rounds, options.repeats))
    print(f"{'operations':24s} {options.iterations * workload.flops / 1e12:9.3f} TFLOP")


def products(workload: Workload) -> Callable[[], None]:
    """One step of all candidates as matrix products; operands of one shape are the same."""

    @cache
    def operand(*shape: int) -> torch.Tensor:
        return torch.randn(shape, dtype=torch.bfloat16)

    pairs = [
        (operand(columns, entries), operand(entries, rows)) for columns, rows, entries in workload.products
    ]

    def run() -> None:
        for x, weight in pairs:
            torch.mm(x, weight)

    return run


def seconds(call: Callable[[], object], repeats: int) -> list[float]:
    """How long each of some calls took."""
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return taken


def say(what: str, taken: list[float]) -> None:
    """Print the median and the extremes."""
    print(f"{what:24s} {np.median(taken):9.3f} s   ({min(taken):.3f} to {max(taken):.3f}, n = {len(taken)})")


if __name__ == "__main__":
    main()
