"""A planner in the shadow: other settings beside the live ones, plan by plan."""

from collections import deque
from typing import Any

import numpy as np

from wm_robot.dashboard.analysis import Analysis
from wm_robot.dashboard.cards import cards, note, table
from wm_robot.dashboard.charts import Line, chart
from wm_robot.dashboard.guarded import GuardedBackend
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.staging import Staging
from wm_robot.insight.comparison import Comparison, Instant
from wm_robot.insight.shadow import Shadow

REMEMBERED = 60


class ShadowControls:
    """A folder with the switch, and what the shadow would have done; `show` tells it of the newest plan."""

    def __init__(self, page: Page) -> None:
        self._page, gui = page, page.gui
        self._shadow: Shadow | None = None
        self._comparisons: deque[Comparison] = deque(maxlen=REMEMBERED)
        with gui.add_folder("Shadow"):
            self._switch: Any = gui.add_button(
                "Shadow the staged settings",
                hint="Another planner with the staged settings plans beside the live one; it moves nothing.",
            )
            self._html: Any = gui.add_html(cards(note("No planner in the shadow.")))
        self._switch.on_click(lambda event: page.attempt(event, lambda: self._on_switch(event)))
        self._analysis = Analysis(page, self._compare, self._draw, self._fail)

    def show(self, view: View) -> None:
        if self._shadow is not None and view.mind is not None and view.snapshot.decision is not None:
            self._analysis.of(view)

    def _on_switch(self, event: Any) -> None:
        if self._shadow is not None:
            self._shadow = None
            self._switch.label = "Shadow the staged settings"
            return
        space = self._page.model_config.action_space
        self._comparisons.clear()
        self._shadow = Shadow(Staging.of(self._page).planning(), space.nu, space.dt_s)
        self._switch.label = "Stop the shadow"
        self._html.content = cards(note("Waiting for the next plan …"))

    def _compare(self, view: View) -> tuple[Shadow, Comparison] | None:
        shadow, mind, decision = self._shadow, view.mind, view.snapshot.decision
        if shadow is None or mind is None or decision is None:
            return None
        backend = GuardedBackend(mind)
        instant = Instant(decision=decision, goal=view.snapshot.goal, model=mind.model, backend=backend)
        return shadow, shadow.plan(instant)

    def _fail(self, problem: str) -> None:
        self._html.content = cards(note(f"The shadow cannot plan: {problem}", bad=True))

    def _draw(self, answer: tuple[Shadow, Comparison]) -> None:
        shadow, newest = answer
        if shadow is not self._shadow:  # it has been stopped, or replaced, since
            return
        self._comparisons.append(newest)
        plans = range(1 - len(self._comparisons), 1)
        space = self._page.model_config.action_space
        half = (np.array(space.high) - np.array(space.low)) / 2
        first = [
            (f"first {name} ({unit})", f"{a:.4f}", f"{b:.4f}")
            for name, unit, a, b in zip(
                space.names, space.units, newest.live[0] * half, newest.other[0] * half, strict=True
            )
        ]
        rows = [
            ("cost, as live counts it", f"{newest.live_cost:.4g}", f"{newest.other_cost:.4g}"),
            ("search", f"{1e3 * newest.live_s:.1f} ms", f"{1e3 * newest.other_s:.1f} ms"),
            *first,
        ]
        cheaper = sum(each.other_cost < each.live_cost for each in self._comparisons)
        self._html.content = cards(
            table(f"Plan {newest.plan_id}", rows, head=("", "live", "shadow")),
            note(
                f"The shadow is cheaper in {cheaper} of {len(self._comparisons)} plans; "
                f"the first actions differ by {newest.difference:.2f} half ranges."
            ),
            note(
                f"It began {'with its own last plan' if newest.warm else 'cold'}, and has no deadline. "
                "Its time is that of one thread, which runs when nothing else does."
            ),
            chart(
                "Cost, as live counts it",
                [
                    Line(label="live", x=plans, y=[c.live_cost for c in self._comparisons]),
                    Line(label="shadow", x=plans, y=[c.other_cost for c in self._comparisons]),
                ],
                x_label="plans ago",
            ),
        )
