"""Where a period's time goes, and whether more of it would help."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from wm_robot.dashboard.analysis import Analysis
from wm_robot.dashboard.cards import cards, note, table
from wm_robot.dashboard.charts import Line, chart, histogram
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.slow_or_wrong import SlowOrWrong
from wm_robot.insight.rollout_share import rollout_share
from wm_robot.planners.planning import PlanningConfig
from wm_robot.runtime.watch.snapshot import Snapshot

LATENCIES = 5000
"""Commands that the histogram remembers."""

SPLIT = "Rollouts and costs are split as a search on the CPU of this page splits them, which a GPU may not."
WAITING = "No plan yet. Times appear with the planner's first plan."


class TimePanel:
    """Phases of a plan, misses, ages, latencies, and the question that they lead to."""

    title, place = "Time", "plots"

    def __init__(self, page: Page) -> None:
        self._question = SlowOrWrong(page)
        self._html: Any = page.gui.add_html(cards(note(WAITING)))
        self._latencies_ms: deque[float] = deque(maxlen=LATENCIES)
        self._plans = self._misses = self._unseen = 0
        self._last = -1
        self._share: tuple[PlanningConfig, float] | None = None
        self._shares = Analysis(page, self._measure_share, self._keep_share, lambda problem: None)
        self._charts = Analysis(page, self._draw, self._place, self._place_problem)

    def show(self, view: View) -> None:
        self._question.show(view)
        decision = view.snapshot.decision
        if decision is None:
            return
        self._count(view)
        if view.mind is not None and (self._share is None or self._share[0] != decision.planning):
            self._shares.of(view)
        self._charts.of(view)

    def _draw(self, view: View) -> str:
        recent = [s for s in view.recent if s.decision is not None]
        share = None if self._share is None else self._share[1]
        ages_ms = list(self._latencies_ms)
        return cards(
            self._summary(view.snapshot, ages_ms),
            _phases(recent, share),
            *([] if share is None else [note(SPLIT)]),
            _ages(recent),
            histogram(
                f"From stamp to command, {len(ages_ms)} commands",
                ages_ms,
                x_label="age of the observation when sent (ms)",
            ),
        )

    def _place(self, html: str) -> None:
        self._html.content = html

    def _place_problem(self, problem: str) -> None:
        self._html.content = cards(note(f"The times cannot be shown: {problem}", bad=True))

    def _count(self, view: View) -> None:
        """Each period once; of a recorded run all those at hand up to the one that is looked at."""
        if not view.live:
            self._latencies_ms.clear()
            self._plans = self._misses = self._unseen = 0
            self._last = -1
        for snapshot in view.recent:
            if snapshot.index <= self._last:
                continue
            if self._last >= 0:
                self._unseen += snapshot.index - self._last - 1
            self._last = snapshot.index
            if snapshot.decision is None:
                continue
            self._latencies_ms.append(1e3 * snapshot.age_s)
            self._plans += 1
            self._misses += snapshot.decision.plan.deadline_missed

    def _summary(self, snapshot: Snapshot, ages_ms: Sequence[float]) -> str:
        assert snapshot.decision is not None
        budget_s = snapshot.decision.planning.budget_s
        unseen = f" seen; {self._unseen} periods unseen" if self._unseen else ""
        rows = [
            ("plan", f"{1e3 * snapshot.plan_s:.1f} ms"),
            ("deadline", "none" if budget_s is None else f"{1e3 * budget_s:.0f} ms"),
            ("control period", f"{1e3 * snapshot.dt_s:.0f} ms"),
            ("deadlines missed", f"{self._misses} of {self._plans}{unseen}"),
            (
                "rounds",
                f"{snapshot.decision.plan.iterations} of {snapshot.decision.planning.search.iterations}",
            ),
            ("age of the observation", f"{1e3 * snapshot.age_s:.1f} ms"),
            ("its median", f"{np.median(ages_ms):.1f} ms"),
            ("its 99th percentile", f"{np.percentile(ages_ms, 99):.1f} ms"),
        ]
        return table("Times", rows)

    def _measure_share(self, view: View) -> tuple[PlanningConfig, float] | None:
        snapshot, mind = view.snapshot, view.mind
        if mind is None or snapshot.decision is None:
            return None
        with mind.lock:
            share = rollout_share(snapshot.decision, mind.model, mind.backend, snapshot.goal)
        return snapshot.decision.planning, share

    def _keep_share(self, measured: tuple[PlanningConfig, float]) -> None:
        self._share = measured


def _phases(recent: Sequence[Snapshot], share: float | None) -> str:
    periods = [s.index for s in recent]
    by_phase = [phases_ms(s, share) for s in recent]
    names = list(dict.fromkeys(name for phases in by_phase for name in phases))
    lines = [Line(label=n, x=periods, y=[phases.get(n, np.nan) for phases in by_phase]) for n in names]
    budget_s = None if recent[-1].decision is None else recent[-1].decision.planning.budget_s
    return chart(
        "Time of a plan by phase (ms)",
        lines,
        x_label="period",
        limit=None if budget_s is None else 1e3 * budget_s,
        limit_label="deadline",
    )


def phases_ms(snapshot: Snapshot, share: float | None = None) -> dict[str, float]:
    """Milliseconds of each phase of a plan; they add up to the plan's time.

    Args:
        snapshot: with a decision.
        share: of the rollouts in what they and the costs take together; None leaves these in one.
    """
    decision = snapshot.decision
    assert decision is not None
    phases = {name: 1e3 * seconds for name, seconds in decision.plan.phase_s.items()}
    evaluate = phases.pop("evaluate", 0.0)
    priced = (
        {"rollouts and costs": evaluate}
        if share is None
        else {"rollouts": share * evaluate, "costs": (1 - share) * evaluate}
    )
    found = {"encode": 1e3 * decision.encode_s, **priced, **phases}
    return {**found, "overhead": max(1e3 * snapshot.plan_s - sum(found.values()), 0.0)}


def _ages(recent: Sequence[Snapshot]) -> str:
    periods = [s.index for s in recent]
    return chart(
        "Age of the observation behind each command (ms)",
        [Line(label="age", x=periods, y=[1e3 * s.age_s for s in recent])],
        x_label="period",
        limit=1e3 * recent[-1].dt_s,
        limit_label="control period",
    )
