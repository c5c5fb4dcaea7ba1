"""The planner's settings, all of them: staged, seen as a difference, applied with a click."""

import time
from collections.abc import Iterable
from html import escape
from threading import RLock
from typing import Any

from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.setting_input import add_input, keep_up, widen
from wm_robot.dashboard.staging import Staging
from wm_robot.planners.costs import COSTS
from wm_robot.planners.registry import PLANNERS
from wm_robot.robots import get_robot
from wm_robot.runtime.settings import Setting

UNCHANGED = "Move a slider: changes are collected here, and take effect when they are applied."

WIDEN_S = 1.0
"""For which a slider must be left at its end: in the middle of a drag it would run away."""


class PlannerPanel:
    """Made of the settings themselves: names, bounds, units and help are those of their dataclasses."""

    title, place = "Planner", "control"
    at_rest = True  # a slider is widened a moment after it has come to its end

    def __init__(self, page: Page) -> None:
        self._page, self._staging, gui = page, Staging.of(page), page.gui
        self._difference: Any = gui.add_markdown(UNCHANGED)
        self._apply: Any = gui.add_button("Apply", disabled=True, color="green", hint="Needs the token.")
        self._discard: Any = gui.add_button("Discard changes", disabled=True, color="gray")
        self._apply.on_click(self._on_apply)
        self._discard.on_click(self._on_discard)
        self._turn = RLock()
        self._inputs: dict[str, Any] = {}
        self._drawn: dict[str, Any] = {}
        self._ended_s: dict[str, float] = {}
        self._folders: dict[str, Any] = {}
        groups = _grouped(self._staging.settings)
        self._add("", groups.pop(""))
        for group, settings in groups.items():
            used = group in self._staging.in_force.costs or group in PLANNERS
            title = f"Options of {group}" if group in PLANNERS else f"Cost: {group.replace('_', ' ')}"
            self._folders[group] = gui.add_folder(title, expand_by_default=used)
            with self._folders[group]:
                self._add(group, settings)
        with gui.add_folder("Rates", expand_by_default=False):
            for label, rate_hz, why in rates(page):
                gui.add_number(label, rate_hz, disabled=True, hint=why)
        self._staging.listeners.append(self._draw)
        self._draw()

    def show(self, view: View) -> None:
        self._staging.saw(view.snapshot)
        self._widen()

    def _add(self, group: str, settings: Iterable[Setting]) -> None:
        for setting in settings:
            label = setting.name.removeprefix(f"{group}.").replace("_", " ").replace(".", " ")
            label = "budget" if setting.name == "budget_ms" else label
            handle = add_input(self._page.gui, setting, label)
            handle.on_update(lambda event, name=setting.name: self._on_input(event, name))
            self._inputs[setting.name] = handle

    def _on_input(self, event: Any, name: str) -> None:
        if event.client_id is None:  # the page itself, keeping up with the planner
            return
        handle = self._inputs[name]
        if not self._page.may_command(event):
            handle.value = self._staging.values()[name]
            return
        # A drag sends values faster than they are staged, each in a thread: the newest one counts, in turn.
        with self._turn:
            self._drawn[name] = value = handle.value
            self._ended_s.pop(name, None)
            if value == getattr(handle, "max", None):
                self._ended_s[name] = time.monotonic()
            self._staging.stage(name, value)

    def _widen(self) -> None:
        """Let sliders go further that were left at their end, as far as is valid."""
        with self._turn:
            due = [name for name, at_s in self._ended_s.items() if time.monotonic() - at_s >= WIDEN_S]
            settings = {setting.name: setting for setting in self._staging.settings} if due else {}
            for name in due:
                del self._ended_s[name]
                widen(self._inputs[name], settings[name])

    def _on_apply(self, event: Any) -> None:
        self._page.attempt(
            event, lambda: self._staging.ask(self._staging.planning(), event), refusal="Not applied"
        )

    def _on_discard(self, event: Any) -> None:
        if self._page.may_command(event):
            self._staging.discard()

    def _draw(self) -> None:
        with self._turn:
            values = self._staging.values()
            for setting in self._staging.settings:
                value = values[setting.name]
                if setting.name not in self._drawn or self._drawn[setting.name] != value:
                    self._drawn[setting.name] = value
                    keep_up(self._inputs[setting.name], setting, value)
        chosen = values["planner"]
        for group, folder in self._folders.items():
            folder.visible = group == chosen or group in COSTS
        differences, problem = self._staging.differences(), self._staging.problem()
        self._discard.disabled = not differences
        self._apply.disabled = not differences or bool(problem) or self._page.subject.replay is not None
        self._difference.content = difference_table(differences, problem) if differences else UNCHANGED


def rates(page: Page) -> list[tuple[str, float, str]]:
    """How often things happen, Hz, each with why it cannot be changed while they do."""
    space, robot = page.model_config.action_space, get_robot(page.subject.robot)
    return [
        (
            "plans and actions (Hz)",
            space.rate_hz,
            f"Fixed: the checkpoint was trained on actions of {1e3 * space.dt_s:.0f} ms, and predicts in "
            "such steps. Another rate needs another one: wmr collect, wmr train.",
        ),
        (
            "commands to the joints (Hz)",
            robot.control_rate_hz,
            f"Fixed while it runs: the control of {robot.name} reads it at its start, from the RobotSpec or, "
            "with ROS 2, from the safety controller's parameter rate_hz.",
        ),
    ]


def difference_table(differences: dict[str, tuple[Any, Any]], problem: str = "") -> str:
    """Settings in force and staged, in Markdown."""
    rows = "".join(
        f"| {name} | {_words(old)} | **{_words(new)}** |\n" for name, (old, new) in differences.items()
    )
    wrong = f"\n\n**Not valid together:** {escape(problem)}" if problem else ""
    return f"| setting | in force | staged |\n|:--|--:|--:|\n{rows}{wrong}"


def _words(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else escape(str(value))


def _grouped(settings: Iterable[Setting]) -> dict[str, list[Setting]]:
    """Settings by the first part of a dotted name, "" without one."""
    groups: dict[str, list[Setting]] = {}
    for setting in settings:
        head, dot, _ = setting.name.partition(".")
        groups.setdefault(head if dot else "", []).append(setting)
    return groups
