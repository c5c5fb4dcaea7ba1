"""Measure a checkpoint on goals that it has never seen, with baselines beside it.

Example: wmr eval --task reach --episodes 200 --planner cem --seed 1 --json
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.core.serialization import write_json
from wm_robot.evaluation.config import PLANNER, EvaluationConfig
from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.evaluation.evaluate import evaluate
from wm_robot.kernels.backend import choose_backend
from wm_robot.planners.planning import PlanningOverrides, read_planning


@dataclass(frozen=True, kw_only=True)
class EvalConfig:
    """Options of `wmr eval`; planning settings that are left out come from the checkpoint.

    Args:
        task: environment to act in, such as reach, push or dm:reacher-easy.
        checkpoint: folder of a trained model; the one shipped for the task when left out.
        episodes: number of held-out goals.
        seed: of goals and planner; the same seed gives the same goals.
        overrides: changes to the planning settings.
        planning: JSON file with all planning settings, in the form of "planning" in a checkpoint.
        backend: what computes rollouts: cpu, cpu-bfloat16, cpu-int8, cuda, torch or reference;
            auto is cuda or cpu.
        baselines: which of random, hold, greedy and oracle to run; all that the task has when left out.
        baseline_episodes: goals for each baseline; as many as for the planner when left out.
        shift: change the scene's look.
        goal_before_shift: take the goal image before the change.
        latency_steps: pretend that a decision takes this many control periods.
        workers: processes to run episodes in.
        output: JSON file to save the result in.
        json: print one JSON object on standard output instead of the table.
    """

    task: str
    checkpoint: Path | None = None
    episodes: int = 200
    seed: int = 1
    overrides: Annotated[PlanningOverrides, tyro.conf.arg(name="")] = field(default_factory=PlanningOverrides)
    planning: Path | None = None
    backend: str = "auto"
    baselines: tuple[str, ...] | None = None
    baseline_episodes: int | None = None
    shift: Literal["colour", "light", "background", "everything", "camera"] | None = None
    goal_before_shift: bool = False
    latency_steps: int = 0
    workers: int = 1
    output: Path | None = None
    json: bool = False


def run(config: EvalConfig) -> int:
    evaluation = EvaluationConfig(
        task=config.task,
        checkpoint=config.checkpoint or shipped_checkpoint(config.task),
        planning=None if config.planning is None else read_planning(config.planning),
        overrides=config.overrides,
        backend=config.backend,
        episodes=config.episodes,
        seed=config.seed,
        baselines=config.baselines,
        baseline_episodes=config.baseline_episodes,
        shift=config.shift,
        goal_before_shift=config.goal_before_shift,
        latency_steps=config.latency_steps,
        workers=config.workers,
    )
    result = evaluate_with_progress(evaluation)
    if config.output is not None:
        write_json(config.output, result)
    if config.json:
        print(json.dumps(result))
    else:
        Console().print(result_table(result))
    return 0


def evaluate_with_progress(config: EvaluationConfig) -> dict[str, Any]:
    """`evaluate` with a bar on standard error that also tells the success rate so far."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    choice = choose_backend(config.backend)
    console.print(f"backend {choice.name}: {choice.reason}")
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(config.task, total=None)
        reached: list[bool] = []

        def count(result: EpisodeResult, total: int) -> None:
            if result.actor == PLANNER:
                reached.append(result.success)
            so_far = f"{config.task}: {sum(reached)}/{len(reached)} reached"
            progress.update(bar, total=total, advance=1, description=so_far)

        return evaluate(config, count)


def result_table(result: dict[str, Any]) -> Table:
    """One line for the planner and each baseline: success with its interval, and the median error."""
    title = f"{result['task']}, {result['plan_ms_p50']:.0f} ms a plan (99 %: {result['plan_ms_p99']:.0f} ms)"
    table = Table(title=title)
    for column in ("", "episodes", "success", "95 % interval", "median error"):
        table.add_column(column, justify="right" if column else "left")
    for name, figures in ((result["planning"]["planner"], result), *result["baselines"].items()):
        low, high = figures["success_ci"]
        table.add_row(
            name,
            str(figures["episodes"]),
            f"{figures['success_rate']:.1%}",
            f"{low:.1%} to {high:.1%}",
            _error(figures),
        )
    return table


def _error(figures: dict[str, Any]) -> str:
    if figures["median_final_error_m"] is not None:
        return f"{1000 * figures['median_final_error_m']:.1f} mm"
    return f"{figures['median_final_error']:.3g} {figures['error_unit']}"
