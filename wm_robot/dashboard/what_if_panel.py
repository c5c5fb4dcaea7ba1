"""What if? The instant that is looked at, planned again with the staged settings; both plans in the scene."""

from typing import Any

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.errors import WmrError
from wm_robot.dashboard.analysis import Analysis
from wm_robot.dashboard.cards import cards, note, table
from wm_robot.dashboard.colours import BLUE, ORANGE, Colour
from wm_robot.dashboard.guarded import GuardedBackend
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import Mind, View
from wm_robot.dashboard.staging import Staging
from wm_robot.insight.comparison import Comparison, Instant
from wm_robot.insight.tip_paths import KIND, tip_paths, tip_when_seen
from wm_robot.insight.what_if import plan_otherwise
from wm_robot.planners.planning import PlanningConfig
from wm_robot.runtime.watch.snapshot import Snapshot

EXPLAINED = (
    "Stage other settings under Planner, then plan this instant again. "
    "It commands nothing; in a live session pause first, or the instant passes."
)
RECORDED, OTHER = "/what if/as it was", "/what if/otherwise"


class WhatIfPanel:
    """One question at a time, about the snapshot shown."""

    title, place = "What if", "control"

    def __init__(self, page: Page) -> None:
        self._page, self._staging, gui = page, Staging.of(page), page.gui
        gui.add_markdown(EXPLAINED)
        self._instant: Any = gui.add_markdown("No plan yet.")
        self._ask: Any = gui.add_button("Plan this instant again")
        self._ask.on_click(self._on_click)
        self._clear: Any = gui.add_button("Clear", color="gray", disabled=True)
        self._clear.on_click(lambda event: self._remove())
        self._html: Any = gui.add_html("")
        self._drawn: list[Any] = []
        self._view: View | None = None
        self._question = Analysis(page, _plan, self._draw, self._fail)

    def show(self, view: View) -> None:
        self._view = view
        snapshot = view.snapshot
        if snapshot.decision is not None:
            self._instant.content = f"Now shown: {_instant_in_words(snapshot)}"

    def _on_click(self, event: Any) -> None:
        view = self._view
        if view is None or view.mind is None or view.snapshot.decision is None:
            self._page.tell(event, "Not yet", "There is no plan here, or the model is still loading.")
            return
        try:
            planning = self._staging.planning()
        except WmrError as error:
            self._page.tell(event, "Not valid together", str(error), wrong=True)
            return
        self._html.content = cards(note("Planning …"))
        self._question.of((view.mind, view.snapshot, planning))

    def _fail(self, problem: str) -> None:
        self._html.content = cards(note(f"It cannot be planned: {problem}", bad=True))

    def _draw(self, made: tuple[Snapshot, PlanningConfig, Comparison]) -> None:
        snapshot, planning, found = made
        self._html.content = cards(
            self._table(snapshot, planning, found), note(_settings(snapshot, planning))
        )
        self._remove()
        self._clear.disabled = False
        space = self._page.model_config.action_space
        if space.kind == KIND:
            self._add_path(RECORDED, snapshot, found.live, BLUE)
            self._add_path(OTHER, snapshot, found.other, ORANGE)

    def _add_path(self, name: str, snapshot: Snapshot, actions: FloatArray, colour: Colour) -> None:
        config, decision = self._page.model_config, snapshot.decision
        assert decision is not None
        start = tip_when_seen(snapshot, config.observation_space)
        (path,) = tip_paths(start, actions[None], config.action_space, decision.under_way)
        segments = np.stack([path[:-1], path[1:]], axis=1).astype(np.float32)  # (n + H, 2, 3)
        scene = self._page.scene
        self._drawn += [
            scene.add_line_segments(name, segments, colors=colour, thickness=0.008),
            scene.add_icosphere(f"{name}, its end", radius=0.012, color=colour, position=tuple(path[-1])),
        ]

    def _remove(self) -> None:
        for handle in self._drawn:
            handle.remove()
        self._drawn = []
        self._clear.disabled = True

    def _table(self, snapshot: Snapshot, planning: PlanningConfig, found: Comparison) -> str:
        space = self._page.model_config.action_space
        ends = space.denormalize(found.live).sum(axis=0), space.denormalize(found.other).sum(axis=0)
        rows = [
            ("cost, by the costs of then", f"{found.live_cost:.4g}", f"{found.other_cost:.4g}"),
            ("steps", f"{len(found.live)}", f"{len(found.other)}"),
            ("search", f"{1e3 * found.live_s:.1f} ms", f"{1e3 * found.other_s:.1f} ms"),
            *(
                (f"{name} in all ({unit})", f"{a:+.4f}", f"{b:+.4f}")
                for name, unit, a, b in zip(space.names, space.units, *ends, strict=True)
            ),
        ]
        return table(_instant_in_words(snapshot), rows, head=("", "as it was (blue)", "otherwise (orange)"))


def _plan(
    question: tuple[Mind, Snapshot, PlanningConfig],
) -> tuple[Snapshot, PlanningConfig, Comparison]:
    mind, snapshot, planning = question
    assert snapshot.decision is not None
    instant = Instant(
        decision=snapshot.decision, goal=snapshot.goal, model=mind.model, backend=GuardedBackend(mind)
    )
    return snapshot, planning, plan_otherwise(instant, planning)


def _instant_in_words(snapshot: Snapshot) -> str:
    decision = snapshot.decision
    assert decision is not None
    return f"plan {decision.plan_id} of episode {snapshot.episode}, period {snapshot.index}"


def _settings(snapshot: Snapshot, planning: PlanningConfig) -> str:
    assert snapshot.decision is not None
    if planning == snapshot.decision.planning:
        return "Both with the same settings: nothing else is staged, so both plans should be the same."
    search = planning.search
    return (
        f"Otherwise: {planning.planner}, {search.samples} candidates × {search.iterations} rounds, "
        f"{search.horizon} steps ahead, costs {', '.join(planning.costs)}."
    )
