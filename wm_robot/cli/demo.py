"""Drive the arm to goal images with the shipped checkpoints, and write a page to look at.

The goals come from seeds that no training data was made from. Writes report.html, result.json and the
episodes as LeRobot datasets, one a task.
"""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.cli.eval import result_table
from wm_robot.cli.page_options import PageOptions
from wm_robot.core.errors import WmrError
from wm_robot.core.serialization import write_json
from wm_robot.evaluation.config import EvaluationConfig
from wm_robot.evaluation.demo import show_task
from wm_robot.evaluation.episodes import EpisodeResult
from wm_robot.evaluation.report.episode import TaskReport
from wm_robot.evaluation.report.page import write_report
from wm_robot.kernels.backend import choose_backend

CONTENTS = ("report.html", "result.json", "dataset")


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """Options of `wmr demo`.

    Args:
        tasks: tasks to show, each with a shipped checkpoint.
        episodes: number of goals a task, for the planner and for each baseline.
        seed: of goals and planner; the same seed gives the same goals.
        backend: what computes rollouts: cpu, cpu-bfloat16, cpu-int8, cuda, torch or reference;
            auto is cuda or cpu.
        output: folder for the report; an earlier demo in it is replaced once this one has ended.
        json: print one JSON object a task on standard output, as a list, instead of the tables.
        dashboard: serve a page in which the first of the tasks is watched, until Ctrl-C, instead of all that.
        page: where it is served.
    """

    tasks: tuple[str, ...] = ("reach", "push")
    episodes: int = 10
    seed: int = 1
    backend: str = "auto"
    output: Path = Path("outputs/demo")
    json: bool = False
    dashboard: bool = False
    page: PageOptions = field(default_factory=PageOptions)

    def __post_init__(self) -> None:
        if not self.tasks:
            raise WmrError("--tasks names no task; give at least one, such as reach")


def run(config: DemoConfig) -> int:
    if config.dashboard:
        from wm_robot.cli.dashboard import simulate  # noqa: PLC0415  (an extra)

        task = config.tasks[0]
        return simulate(task, shipped_checkpoint(task), config.page, seed=config.seed, backend=config.backend)
    evaluations = [
        EvaluationConfig(
            task=task,
            checkpoint=shipped_checkpoint(task),
            backend=config.backend,
            episodes=config.episodes,
            seed=config.seed,
        )
        for task in config.tasks
    ]
    _require_replaceable(config.output)
    partial = config.output.with_name(f".{config.output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    results, reports = _show(evaluations, partial / "dataset")
    write_json(partial / "result.json", results)
    write_report(partial / "report.html", reports, _facts(results))
    shutil.rmtree(config.output, ignore_errors=True)
    partial.rename(config.output)

    if config.json:
        print(json.dumps(results))
        return 0
    console = Console()
    for result in results:
        console.print(result_table(result))
        console.print(f"{1e3 / result['plan_ms_p50']:.0f} plans a second\n")
    console.print(f"report: {config.output / 'report.html'}", soft_wrap=True)
    return 0


def _require_replaceable(output: Path) -> None:
    """Refuse a folder that holds anything but an earlier demo: it is going to be replaced."""
    if output.exists() and not output.is_dir():
        raise WmrError(f"{output} is a file; --output must name a folder")
    foreign = sorted(p.name for p in output.iterdir() if p.name not in CONTENTS) if output.exists() else []
    if foreign:
        raise WmrError(
            f"{output} holds {foreign[0]!r}, which no demo wrote; choose a new folder with --output"
        )


def _show(
    evaluations: list[EvaluationConfig], datasets: Path
) -> tuple[list[dict[str, Any]], list[TaskReport]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    results, reports = [], []
    console = Console(stderr=True)
    choice = choose_backend(evaluations[0].backend)
    console.print(f"backend {choice.name}: {choice.reason}")
    with Progress(*columns, console=console) as progress:
        bars = [progress.add_task(e.task, total=None) for e in evaluations]
        for evaluation, bar in zip(evaluations, bars, strict=True):

            def advance(done: EpisodeResult, total: int, bar: Any = bar, task: str = evaluation.task) -> None:
                progress.update(bar, total=total, advance=1, description=f"{task}: {done.actor}")

            summary, report = show_task(evaluation, datasets / evaluation.task, advance)
            results.append(summary)
            reports.append(report)
    return results, reports


def _facts(results: list[dict[str, Any]]) -> dict[str, str]:
    """What closes the page: how to get these figures again."""
    checkpoints = {f"checkpoint {r['task']}": f"SHA-256 {r['checkpoint_sha256']}" for r in results}
    first = results[0]
    return {"seed": str(first["seed"]), "backend": first["backend"], "commit": first["commit"], **checkpoints}
