"""Train a world model on a dataset, and measure it on the episodes it has not seen.

Ctrl-C loses at most --save-every-s; the same command goes on. On several processes:

    torchrun --nproc-per-node 2 .venv/bin/wmr train --data DATASET --output CHECKPOINT
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from wm_robot.core.serialization import to_json
from wm_robot.models.train_config import TrainConfig
from wm_robot.planners.planning import PlanningConfig, read_planning


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """Options of `wmr train`.

    Args:
        training: the run.
        planning: JSON file with the planning settings that the checkpoint shall carry, in the form of
            "planning" in a checkpoint; the defaults when left out.
        json: print the report as one JSON object on standard output instead of tables.
    """

    training: Annotated[TrainConfig, tyro.conf.arg(name="")]
    planning: Path | None = None
    json: bool = False


def run(config: TrainOptions) -> int:
    from wm_robot.models.train import train  # noqa: PLC0415  (torch: more than a second, not for --help)

    planning = PlanningConfig() if config.planning is None else read_planning(config.planning)
    first_process = os.environ.get("RANK", "0") == "0"
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not first_process) as progress:
        bars: dict[str, TaskID] = {}

        def show(phase: str, done: int, total: int, terms: dict[str, float]) -> None:
            if phase not in bars:
                bars[phase] = progress.add_task(phase, total=total)
            losses = "  ".join(f"{name} {value:.3g}" for name, value in terms.items())
            progress.update(bars[phase], completed=done, description=f"{phase}  {losses}")

        report = train(config.training, show, planning=to_json(planning))
    if not first_process:
        return 0
    if config.json:
        print(json.dumps({"checkpoint": str(config.training.output)} | report))
    else:
        console = Console()
        console.print(prediction_table(report["prediction"]))
        for name, value in report["latent"].items():
            console.print(f"{name}: {_readable(value)}")
        for warning in report["warnings"]:
            console.print(f"[yellow]warning:[/yellow] {warning}", soft_wrap=True)
        console.print(f"checkpoint: {config.training.output}", soft_wrap=True)
    return 0


def prediction_table(prediction: dict[str, Any]) -> Table:
    """Held-out latent error by horizon step, beside the baselines that a model has to beat."""
    table = Table(title=f"prediction error on {prediction['held_out_episodes']} held-out episodes")
    for column in ("steps ahead", "model", "copy last", "linear", "action sensitivity"):
        table.add_column(column, justify="right")
    rows = zip(*(prediction[k] for k in ("model", "copy_last", "linear", "action_sensitivity")), strict=True)
    for step, (ours, copy_last, linear, sensitivity) in enumerate(rows, start=1):
        table.add_row(str(step), f"{ours:.4f}", f"{copy_last:.4f}", f"{linear:.4f}", f"× {sensitivity:.2f}")
    low, high = prediction["ratio_interval"]
    table.caption = f"model / copy last at the last step: {low:.3f} to {high:.3f} (95 %, over episodes)"
    return table


def _readable(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_readable(v)}" for name, v in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
