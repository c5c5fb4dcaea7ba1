"""The search benchmark: MPPI over a pendulum, whose rollout costs next to nothing."""

from dataclasses import dataclass

import numpy as np

from wm_robot.benchmarks.measure import interleaved
from wm_robot.kernels import native
from wm_robot.kernels.pendulum import PendulumObjective
from wm_robot.planners.planner import PlannerConfig
from wm_robot.planners.registry import make_planner


@dataclass(frozen=True, kw_only=True)
class AnalyticRow:
    """One plan over a model in closed form, its noise, costs and update included.

    Args:
        model: "pendulum".
        K: candidates.
        H: steps.
        plan_ms_p50: median time of a plan.
        plan_ms_p99: its 99th percentile.
        ns_per_sample_step: the median over K H.
        allocations: of the native module in a plan, the median.
        page_faults: of the process in a plan, the median.
    """

    model: str
    K: int
    H: int
    plan_ms_p50: float
    plan_ms_p99: float
    ns_per_sample_step: float
    allocations: float
    page_faults: float


def measure_pendulum(*, K: int, H: int, rounds: int, threads: int) -> AnalyticRow:
    """Time one round of MPPI that swings a pendulum up."""
    objective = PendulumObjective(np.pi, 0.0, threads=threads)
    config = PlannerConfig(horizon=H, samples=K, iterations=1, returns="mean")
    planner = make_planner("mppi", config, nu=1)
    samples = interleaved(
        {"pendulum": lambda: planner.plan(objective, seed=0)}, rounds=rounds, counter=native.allocations
    )["pendulum"]
    median_s = float(np.median(samples.seconds))
    return AnalyticRow(
        model="pendulum",
        K=K,
        H=H,
        plan_ms_p50=1e3 * median_s,
        plan_ms_p99=float(1e3 * np.percentile(samples.seconds, 99)),
        ns_per_sample_step=1e9 * median_s / (K * H),
        allocations=float(np.median(samples.counted)),
        page_faults=float(np.median(samples.page_faults)),
    )
