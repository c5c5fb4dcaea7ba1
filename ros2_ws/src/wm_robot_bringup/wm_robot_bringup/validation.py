"""What goals through the action came to, in the figures of `wmr eval`; needs no ROS."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from wm_robot.core.seeding import derive_seed
from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.evaluation.summary import actor_summary


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One goal.

    Args:
        index: of the episode.
        seed: of its start and its goal.
        success: the task's verdict, once the arm stood.
        error: privileged distance to the goal then, in `unit`.
        unit: "m" or "rad".
        ended: why the action ended.
        why: the same, for people.
        duration_s: from goal to result.
        periods: control periods carried out.
    """

    index: int
    seed: int
    success: bool
    error: float
    unit: str
    ended: str
    why: str
    duration_s: float
    periods: int


def episode_seed(seed: int, index: int) -> int:
    """The seed of the episode that `wmr eval --seed` runs as number `index`."""
    return derive_seed(seed, "eval", index)


def summarize(task: str, seed: int, trials: Sequence[Trial]) -> dict[str, Any]:
    """Success with its 95 % Wilson interval and median error, and each trial, as JSON data."""
    results = [
        EpisodeResult(
            actor="action",
            index=trial.index,
            success=trial.success,
            error=trial.error,
            unit=trial.unit,
            details={},
            plan_ms=(),
        )
        for trial in trials
    ]
    return {"task": task, "seed": seed, **actor_summary(results), "trials": [asdict(t) for t in trials]}


def line(trial: Trial) -> str:
    verdict = "reached" if trial.success else "not reached"
    why = f"  {trial.why}" if trial.why else ""
    return (
        f"{trial.index:4d}  {verdict:11s}  {_length(trial.error, trial.unit):>9s}  "
        f"{trial.duration_s:5.1f} s  {trial.ended}{why}"
    )


def verdict(summary: dict[str, Any]) -> str:
    """The summary in a line: n, success, interval, median error."""
    low, high = summary["success_ci"]
    if summary["median_final_error_m"] is not None:
        median = _length(summary["median_final_error_m"], "m")
    else:
        median = _length(summary["median_final_error"], summary["error_unit"])
    return (
        f"{summary['task']}, {summary['episodes']} goals: {summary['success_rate']:.1%} reached "
        f"(95 %: {low:.1%} to {high:.1%}), median error {median}"
    )


def _length(value: float, unit: str) -> str:
    return f"{1000 * value:.1f} mm" if unit == "m" else f"{value:.3g} {unit}"
