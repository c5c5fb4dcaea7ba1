"""The candidates of the newest decision as a fan of paths in the scene."""

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.arrays import FloatArray
from wm_robot.dashboard import colours
from wm_robot.dashboard.analysis import Analysis
from wm_robot.dashboard.looks import second_look
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.insight.tip_paths import KIND, tip_paths, tip_when_seen

TOTAL = "total cost"
LAST, FIRST = "last round", "first round"
CANDIDATES = 128
"""Paths that are drawn at most: the elites and a spread of the others."""

VIRIDIS = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], np.float64)
"""Source: matplotlib; dark for dear, yellow for cheap, and even in grey."""


@dataclass(frozen=True, kw_only=True)
class Fan:
    """What is drawn of a decision.

    Args:
        of: which decision, in words.
        paths: of the tip under some candidates (n, 1 + H, 3), m.
        prices: of these (n,).
        elites: paths of the elites (e, 1 + H, 3), m.
        terms: costs by which candidates can be coloured.
    """

    of: str
    paths: FloatArray
    prices: FloatArray
    elites: FloatArray
    terms: tuple[str, ...]


class FanPanel:
    """What is drawn and by which cost it is coloured."""

    title, place = "Scene", "control"

    def __init__(self, page: Page) -> None:
        self._page, gui = page, page.gui
        self._space = page.model_config.action_space
        self._senses = page.model_config.observation_space
        gui.add_markdown(
            "Candidates of the newest plan: yellow is cheap, dark violet dear. **Orange-red**: chosen. "
            "**Orange**: elites. **Green**: goal. **Light blue**: workspace. **Purple**: contacts."
        )
        self._shown = gui.add_checkbox("Candidates", True)
        self._elites_shown = gui.add_checkbox("Elites", True)
        self._round = gui.add_dropdown("Of the", (LAST, FIRST), initial_value=LAST)
        self._colour: Any = gui.add_dropdown(
            "Coloured by", (TOTAL,), initial_value=TOTAL, hint="Evenly, by rank."
        )
        self._told: Any = gui.add_markdown("The model is being loaded.")
        self._drawn: dict[str, Any] = {}
        self._view: View | None = None
        for chosen in (self._shown, self._elites_shown, self._round, self._colour):
            chosen.on_update(self._choose)
        self._analysis: Analysis[View, Fan] = Analysis(page, self._compute, self._draw, self._fail)

    def show(self, view: View) -> None:
        if view.mind is None:
            return
        if self._space.kind != KIND:
            self._told.content = f"Actions of the kind {self._space.kind} have no path that could be drawn."
            return
        self._view = view
        if view.snapshot.decision is None:
            self._told.content = "Nothing is planned in this period."
            for lines in self._drawn.values():
                lines.visible = False
            return
        self._analysis.of(view)

    def _choose(self, event: Any) -> None:
        """Of the plan that is shown, in a pause too."""
        del event
        if self._view is not None and self._view.snapshot.decision is not None:
            self._analysis.of(self._view)

    def _compute(self, view: View) -> Fan | None:
        assert view.mind is not None
        look = second_look(view.mind, view.snapshot)
        decision = view.snapshot.decision
        if look is None or decision is None:
            return None
        chosen = look.rounds[-1 if self._round.value == LAST else 0]
        prices = chosen.term_costs.get(str(self._colour.value), chosen.costs)
        kept = np.argsort(prices, kind="stable")
        kept = kept[np.linspace(0, len(kept) - 1, min(CANDIDATES, len(kept))).astype(int)]
        start = tip_when_seen(view.snapshot, self._senses)

        def paths(actions: FloatArray) -> FloatArray:
            return tip_paths(start, actions, self._space, decision.under_way)

        return Fan(
            of=f"Plan {decision.plan_id}, period {view.snapshot.index}",
            paths=paths(chosen.actions[kept]),
            prices=prices[kept],
            elites=paths(chosen.actions[chosen.elites]),
            terms=tuple(chosen.term_costs),
        )

    def _draw(self, fan: Fan) -> None:
        if self._view is None or self._view.snapshot.decision is None:  # latched meanwhile
            return
        if self._colour.options != (TOTAL, *fan.terms):
            self._colour.options = (TOTAL, *fan.terms)
        finite = fan.prices[np.isfinite(fan.prices)]
        self._told.content = (
            f"{fan.of}: {len(fan.paths)} paths, cost {finite.min():.4g} to {finite.max():.4g}."
        )
        segments = np.stack([fan.paths[:, :-1], fan.paths[:, 1:]], axis=2)  # (n, H, 2, 3)
        tint = np.broadcast_to(graded(fan.prices)[:, None, None], segments.shape)
        self._lines("/candidates", segments, tint, 0.002, visible=bool(self._shown.value))
        segments = np.stack([fan.elites[:, :-1], fan.elites[:, 1:]], axis=2)
        tint = np.broadcast_to(np.array(colours.ORANGE, np.uint8), segments.shape)
        self._lines("/elites", segments, tint, 0.003, visible=bool(self._elites_shown.value))

    def _lines(self, name: str, segments: FloatArray, tint: Any, thickness: float, *, visible: bool) -> None:
        """Draw the lines called so, or move those that are there where they are as many."""
        points = segments.reshape(-1, 2, 3).astype(np.float32)
        colors = np.ascontiguousarray(tint.reshape(-1, 2, 3))
        lines = self._drawn.get(name)
        if lines is None or lines.points.shape != points.shape:
            lines = self._page.scene.add_line_segments(name, points, colors, thickness=thickness)
            self._drawn[name] = lines
        lines.points, lines.colors, lines.visible = points, colors, visible

    def _fail(self, why: str) -> None:
        self._told.content = f"**No candidates:** {escape(why)}"


def graded(prices: FloatArray) -> NDArray[np.uint8]:
    """Colours (n, 3) of prices (n,): yellow for the least, dark violet for the greatest, evenly by rank.

    By rank, because a few terrible candidates would leave all others in one colour.
    """
    ranks = np.argsort(np.argsort(-np.asarray(prices))) / max(len(prices) - 1, 1)
    places = np.linspace(0.0, 1.0, len(VIRIDIS))
    return np.stack([np.interp(ranks, places, VIRIDIS[:, i]) for i in range(3)], axis=1).astype(np.uint8)
