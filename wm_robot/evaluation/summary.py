"""From episodes to the figures that a report quotes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from wm_robot.core.serialization import to_json
from wm_robot.core.version import commit
from wm_robot.evaluation.config import BASELINES, PLANNER, EvaluationConfig
from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.evaluation.wilson import wilson_interval
from wm_robot.kernels.backend import choose_backend
from wm_robot.planners.planning import PlanningConfig


def summarize(
    config: EvaluationConfig, results: Sequence[EpisodeResult], *, planning: PlanningConfig, sha256: str
) -> dict[str, Any]:
    """The result of an evaluation as JSON data.

    Args:
        config: of the evaluation.
        results: every episode, in any order; at least one of the planner's.
        planning: the settings that the planner ran with.
        sha256: of the checkpoint's weights.
    """
    by_actor: dict[str, list[EpisodeResult]] = {}
    for result in sorted(results, key=lambda r: r.index):
        by_actor.setdefault(result.actor, []).append(result)
    planned = by_actor.pop(PLANNER)
    times_ms = np.array([ms for result in planned for ms in result.plan_ms])
    return {
        "task": config.task,
        **actor_summary(planned),
        "baselines": {name: actor_summary(by_actor[name]) for name in BASELINES if name in by_actor},
        "plan_ms_p50": round(float(np.quantile(times_ms, 0.50)), 3),
        "plan_ms_p99": round(float(np.quantile(times_ms, 0.99)), 3),
        "backend": choose_backend(config.backend).name,
        "seed": config.seed,
        "shift": config.shift,
        "goal_before_shift": config.goal_before_shift,
        "latency_steps": config.latency_steps,
        "checkpoint_sha256": sha256,
        "planning": to_json(planning),
        "commit": commit(),
    }


def actor_summary(results: Sequence[EpisodeResult]) -> dict[str, Any]:
    """Success with its 95 % Wilson interval, median error, and the rates that the task adds.

    A task's details whose name begins with "success" are rates, such as success within 2 cm.
    """
    successes = sum(r.success for r in results)
    median = round(float(np.median([r.error for r in results])), 6)
    unit = results[0].unit
    summary: dict[str, Any] = {
        "episodes": len(results),
        "success_rate": successes / len(results),
        "success_ci": [round(bound, 6) for bound in wilson_interval(successes, len(results))],
        "median_final_error_m": median if unit == "m" else None,
    }
    if unit != "m":
        summary |= {"median_final_error": median, "error_unit": unit}
    rates = [name for name in results[0].details if name.startswith("success")]
    return summary | {name: float(np.mean([r.details[name] for r in results])) for name in rates}
