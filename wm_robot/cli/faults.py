"""Inject faults into a moving simulated arm, one after the other, and see each one stop it.

Two processes a fault, as in `wmr run`, in real time; some ten seconds each.

Example: wmr faults
Example: wmr faults --only camera planner --json
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from wm_robot.core.errors import UnknownNameError
from wm_robot.data.progress import progress_bar
from wm_robot.runtime.fault_scenarios import SCENARIOS
from wm_robot.runtime.fault_suite import FaultResult, inject

FAILED = 1


@dataclass(frozen=True, kw_only=True)
class FaultsConfig:
    """Options of `wmr faults`.

    Args:
        only: run those whose names hold one of these words.
        output: folder that keeps the flight logs.
        json: print one JSON object on standard output.
    """

    only: tuple[str, ...] = ()
    output: Path | None = None
    json: bool = False


def run(config: FaultsConfig) -> int:
    chosen = [s for s in SCENARIOS if not config.only or any(word in s.name for word in config.only)]
    if not chosen:
        raise UnknownNameError("fault", " ".join(config.only), [s.name for s in SCENARIOS])
    # A process that is killed on purpose cannot give back its semaphores.
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker"
    with TemporaryDirectory() as folder:
        root = config.output or Path(folder)
        bar = progress_bar(chosen, "injecting faults", len(chosen), shown=True)
        results = [inject(scenario, root) for scenario in bar]
    if config.json:
        print(json.dumps(_answer(results)))
    else:
        Console().print(_table(results))
    return 0 if all(result.right for result in results) else FAILED


def _answer(results: list[FaultResult]) -> dict[str, object]:
    return {
        "faults": [asdict(result) | {"right": result.right} for result in results],
        "commands_checked": sum(result.commands for result in results),
        "violations": sum(result.max_violation > 0 for result in results),
    }


def _table(results: list[FaultResult]) -> Table:
    table = Table(title=f"{sum(r.right for r in results)} of {len(results)} faults answered as they must be")
    for column in (
        "fault",
        "detected after",
        "action",
        "standstill after",
        "allowed",
        "violation",
        "resumed",
    ):
        table.add_column(column, justify="left" if column in ("fault", "action") else "right")
    for r in results:
        style = None if r.right else "bold red"
        found = r.action if r.expected else f"{r.action}: {', '.join(r.found) or 'nothing found'}"
        cells = (_ms(r.detected_ms), found, _ms(r.stopped_ms), _ms(r.allowed_ms + 50))
        table.add_row(
            r.name,
            *cells,
            f"{100 * r.max_violation:.1f} %",
            "yes" if r.resumed_without_reset else "no",
            style=style,
        )
    return table


def _ms(value: float | None) -> str:
    return "never" if value is None else f"{value:.0f} ms"
