"""List the arms and the drivers: what each is, what it needs, and whether it can be used here.

Example: wmr robots
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from wm_robot.core.arrays import FloatArray
from wm_robot.core.serialization import to_json
from wm_robot.robots import ROBOTS, RobotSpec
from wm_robot.runtime.drivers import DRIVERS


@dataclass(frozen=True, kw_only=True)
class RobotsConfig:
    """Options of `wmr robots`.

    Args:
        json: print one JSON object on standard output instead of the tables.
    """

    json: bool = False


def run(config: RobotsConfig) -> int:
    robots = [ROBOTS.get(name) for name in ROBOTS]
    if config.json:
        print(json.dumps({"robots": to_json(robots), "drivers": drivers()}))
        return 0
    console = Console(highlight=False)
    console.print(_robot_table(robots))
    for robot in robots:
        console.print(f"[bold]{robot.name}[/]: {', '.join(robot.joint_names)}")
        console.print(f"  model from {robot.source} ({robot.licence})")
    console.print("\nWhere to change limits, and what they guarantee: docs/safety.md\n")
    console.print(_driver_table(drivers()))
    return 0


def drivers() -> list[dict[str, Any]]:
    """What each driver drives and needs, and which libraries it lacks here."""
    return [
        {
            "name": name,
            "robots": list(DRIVERS.get(name).robots),
            "needs": DRIVERS.get(name).needs,
            "missing_libraries": list(DRIVERS.get(name).missing_libraries),
        }
        for name in DRIVERS
    ]


def _robot_table(robots: list[RobotSpec]) -> Table:
    table = Table(title="Robots: from the least to the greatest of their joints")
    for column in ("", "joints", "rate Hz", "range °", "speed °/s", "rad/s²", "rad/s³"):
        table.add_column(column)
    for robot in robots:
        table.add_row(
            robot.name,
            f"{robot.nq}{' + gripper' if robot.gripper_joint else ''}",
            f"{robot.control_rate_hz:g}",
            _span(np.rad2deg(np.subtract(robot.upper, robot.lower))),
            _span(np.rad2deg(robot.max_velocity)),
            _span(np.array(robot.max_acceleration)),
            _span(np.array(robot.max_jerk)),
        )
    return table


def _span(values: FloatArray) -> str:
    low, high = f"{values.min():.4g}", f"{values.max():.4g}"
    return low if low == high else f"{low} to {high}"


def _driver_table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Drivers")
    for column in ("", "robots", "needs", "here"):
        table.add_column(column, overflow="fold")
    for row in rows:
        missing = row["missing_libraries"]
        here = f"[yellow]not installed: {', '.join(missing)}[/]" if missing else "[green]installed[/]"
        table.add_row(row["name"], ", ".join(row["robots"]), escape(row["needs"]), here)
    return table
