"""What a few episodes say about one choice of settings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.evaluation.wilson import wilson_interval


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Summary of n episodes with the same settings.

    Args:
        episodes: n.
        successes: goals reached.
        success_rate: fraction of them.
        success_ci: its 95 % Wilson interval, (low, high).
        median_error: final distance to the goal, in `unit`.
        unit: "m", "rad" or "reward".
        plan_ms_p50: median time of a decision, encoding included.
        plan_ms_p99: 99 % of the decisions took no longer.
    """

    episodes: int
    successes: int
    success_rate: float
    success_ci: tuple[float, ...]
    median_error: float
    unit: str
    plan_ms_p50: float
    plan_ms_p99: float

    @classmethod
    def of(cls, results: Sequence[EpisodeResult]) -> Self:
        """The figures of at least one episode."""
        successes = sum(result.success for result in results)
        times_ms = np.concatenate([result.plan_ms for result in results])
        p50, p99 = np.quantile(times_ms, [0.50, 0.99])
        return cls(
            episodes=len(results),
            successes=successes,
            success_rate=successes / len(results),
            success_ci=wilson_interval(successes, len(results)),
            median_error=float(np.median([result.error for result in results])),
            unit=results[0].unit,
            plan_ms_p50=float(p50),
            plan_ms_p99=float(p99),
        )


def best_possible(results: Sequence[EpisodeResult], episodes: int) -> Figures:
    """No outcome of `episodes` episodes that begin with `results` can have better figures than these.

    Whatever is still missing succeeds, ends in the goal and takes no time. Every run of a task has as many
    decisions as any other, so the quantiles are those of as many times as there will be.
    """
    first = results[0]
    ideal = replace(first, success=True, error=0.0, plan_ms=(0.0,) * len(first.plan_ms))
    return Figures.of([*results, *[ideal] * (episodes - len(results))])
