"""Look for better planning settings: a study with several objectives, its Pareto front, and presets.

Trial 0 is the checkpoint's own settings. The same command goes on with a study that was interrupted, and a
larger --budget with one that had ended. In the end the front is measured again, alone and on fresh goals.

Example: wmr tune --task reach --budget 200 --objective success,latency
"""

import json
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.core.serialization import to_json
from wm_robot.tuning.config import TuningConfig
from wm_robot.tuning.differences import differences
from wm_robot.tuning.objectives import named_objectives
from wm_robot.tuning.report.pareto import short
from wm_robot.tuning.results import write_results
from wm_robot.tuning.tune import tune
from wm_robot.tuning.view import StudyView


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """Options of `wmr tune`.

    Args:
        task: environment to act in, such as reach, push or dm:reacher-easy.
        checkpoint: folder of a trained model; the one shipped for the task when left out.
        budget: trials in all, the baseline and those stopped early included.
        objective: one or more of success, error, latency (median plan time) and latency_p99, with commas.
        settings: which settings to vary, with commas; all of docs/tuning.md when left out.
        episodes: goals of a trial, the same for all.
        confirm_episodes: fresh goals on which the front is measured again.
        seed: of goals, planner and proposals; none of these goals is one of `wmr eval`.
        backend: what computes rollouts: cpu, cpu-bfloat16, cpu-int8, cuda, torch or reference;
            auto is cuda or cpu.
        workers: trials at the same time, one process and one thread each.
        ray: run them in the Ray cluster that RAY_ADDRESS names, or in one of this machine.
        output: folder of the study; outputs/tune-<task> when left out.
        json: print one JSON object on standard output instead of the table.
    """

    task: str
    checkpoint: Path | None = None
    budget: int = 200
    objective: str = "success,latency"
    settings: str = ""
    episodes: int = 20
    confirm_episodes: int = 50
    seed: int = 0
    backend: str = "auto"
    workers: int = 1
    ray: bool = False
    output: Path | None = None
    json: bool = False


def run(config: TuneConfig) -> int:
    tuning = TuningConfig(
        task=config.task,
        checkpoint=config.checkpoint or shipped_checkpoint(config.task),
        output=config.output or Path("outputs") / f"tune-{config.task.replace(':', '-')}",
        objectives=named_objectives(config.objective),
        settings=tuple(name.strip() for name in config.settings.split(",") if name.strip()),
        budget=config.budget,
        episodes=config.episodes,
        confirm_episodes=config.confirm_episodes,
        seed=config.seed,
        backend=config.backend,
        workers=config.workers,
        ray=config.ray,
    )
    study, worked = _tuned(tuning)
    presets = write_results(tuning.output, study)
    if not worked:
        Console(stderr=True).print(
            f"the study in {tuning.output} was finished before; a larger --budget goes on with it",
            soft_wrap=True,
        )
    if config.json:
        found = {"output": str(tuning.output), "presets": {n: str(path) for n, path in presets.items()}}
        print(json.dumps(found | to_json(study)))
    else:
        console = Console()
        console.print(front_table(study))
        console.print(f"report: {tuning.output / 'report.html'}", soft_wrap=True)
        console.print(f"presets: {tuning.output / 'presets'}", soft_wrap=True)
    return 0


def front_table(study: StudyView) -> Table:
    """One line for each trial of the front, and for the baseline."""
    table = Table(title=f"{study.task}: {len(study.trials)} trials, measured again on fresh goals")
    for column in (
        "trial",
        "reached",
        "95 % interval",
        "plan ms",
        "99 %",
        "what differs from the checkpoint",
    ):
        table.add_column(column)
    for number in study.chosen:
        trial = study.trial(number)
        figures = trial.confirmed or trial.figures
        if figures is None:
            continue
        low, high = figures.success_ci
        changed = ", ".join(f"{name} {short(value)}" for name, value in differences(study, trial).items())
        table.add_row(
            str(number),
            f"{figures.successes} of {figures.episodes}",
            f"{low:.1%} to {high:.1%}",
            f"{figures.plan_ms_p50:.1f}",
            f"{figures.plan_ms_p99:.1f}",
            "the checkpoint's own" if number == study.baseline else changed,
        )
    return table


def _tuned(config: TuningConfig) -> tuple[StudyView, bool]:
    """The study with bars on standard error, and whether there was anything left to do."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        trials = progress.add_task(f"{config.task}: trials", total=config.budget)
        again = progress.add_task("measuring the front again", total=None, visible=False)
        worked = False

        def show(study: StudyView) -> None:
            nonlocal worked
            worked = True
            front = len(study.front)
            progress.update(
                trials, completed=study.ended, description=f"{config.task}: trials, {front} on the front"
            )
            if study.ended >= study.budget:
                done = sum(
                    t.confirmed.episodes for t in study.trials if t.confirmed and t.number in study.chosen
                )
                total = len(study.chosen) * study.confirm_episodes
                progress.update(again, completed=done, total=total, visible=True)

        return tune(config, show), worked
