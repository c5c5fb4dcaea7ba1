"""How the run goes, in numbers: the example of a panel."""

import math
from html import escape
from typing import Any

from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.runtime.watch.snapshot import Snapshot


class StatePanel:
    """A table of the newest snapshot."""

    title, place = "State", "control"

    def __init__(self, page: Page) -> None:
        self._table: Any = page.gui.add_markdown("Nothing yet: the planner has made no plan.")

    def show(self, view: View) -> None:
        rows = "\n".join(f"| {name} | {escape(value)} |" for name, value in lines(view.snapshot))
        self._table.content = f"| | |\n|:--|--:|\n{rows}"


def lines(snapshot: Snapshot) -> list[tuple[str, str]]:
    """What the panel says, with units."""
    x, y, z = 1e3 * snapshot.arm.p_WE
    posed = snapshot.goal.pose is not None
    found = [
        ("period", f"{snapshot.index}"),
        ("episode", f"{snapshot.episode}"),
        ("arm", ", ".join((snapshot.arm.state, *snapshot.arm.faults))),
        ("tip", f"{x:.0f}  {y:.0f}  {z:.0f} mm"),
        ("distance to the goal", _number(snapshot.goal_distance, 3, " m" if posed else " (of latents)")),
        ("trust in the model", _trust(snapshot.model_trust)),
        ("decision", f"{1e3 * snapshot.plan_s:.1f} ms"),
    ]
    if snapshot.decision is not None:
        found.append(("cost of the plan", f"{snapshot.decision.plan.cost:.4g}"))
    simulation = snapshot.simulation
    if simulation is not None:
        found.append(("simulated time", f"{simulation.time_s:.1f} s, {simulation.speed:g} ×"))
        if simulation.score is not None:
            error = f"{1e3 * simulation.score.error:.0f} mm" if simulation.score.unit == "m" else "–"
            reached = ", reached" if simulation.score.success else ""
            found.append(("true distance to the goal", error + reached))
    return found


def _trust(value: float) -> str:
    return "below 0 of 1" if value < 0 else _number(value, 2, " of 1")


def _number(value: float, digits: int, unit: str = "") -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}{unit}"
