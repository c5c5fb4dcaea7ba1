"""Too slow, or wrong cost? A question about the newest decision, answered by measuring it."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from wm_robot.dashboard.analysis import Analysis
from wm_robot.dashboard.cards import cards, note, table
from wm_robot.dashboard.charts import Line, chart
from wm_robot.dashboard.guarded import GuardedBackend
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.progress import progress_of
from wm_robot.insight.budget_curve import FACTORS, BudgetCurve, budget_curve
from wm_robot.insight.verdict import Verdict, verdict

SEEDS = 3
ASK = "Measures the newest decision with 8 amounts of computation, beside the planner; takes some seconds."


@dataclass(frozen=True, kw_only=True)
class _Judged:
    curve: BudgetCurve
    verdict: Verdict


class SlowOrWrong:
    """A button, and the answer below it; `show` tells it of the newest decision."""

    def __init__(self, page: Page) -> None:
        self._page, gui = page, page.gui
        self._button: Any = gui.add_button("Too slow, or wrong cost?", hint=ASK)
        self._button.on_click(self._on_click)
        self._answer: Any = gui.add_html("")
        self._view: View | None = None
        self._analysis = Analysis(page, self._judge, self._show_answer, self._fail)

    def show(self, view: View) -> None:
        self._view = view

    def _on_click(self, event: Any) -> None:
        view = self._view
        if view is None or view.mind is None or view.snapshot.decision is None:
            self._page.tell(event, "Not yet", "There is no plan to measure, or the model is still loading.")
            return
        if not self._analysis.busy:
            self._button.disabled = True
            self._analysis.of(view)

    def _judge(self, view: View) -> _Judged | None:
        snapshot, mind, begun = view.snapshot, view.mind, count()
        if mind is None or snapshot.decision is None:
            return None

        def go_on() -> bool:
            self._show_progress(next(begun))
            return False

        curve = budget_curve(
            snapshot.decision,
            mind.model,
            GuardedBackend(mind),
            snapshot.goal,
            seeds=SEEDS,
            cancelled=go_on,
        )
        assert curve is not None
        return _Judged(curve=curve, verdict=verdict(curve, progress_of(view.recent)))

    def _show_progress(self, done: int) -> None:
        self._answer.content = cards(
            note(f"Measuring the same decision with {len(FACTORS)} amounts of computation: {done} done …")
        )

    def _fail(self, problem: str) -> None:
        self._button.disabled = False
        self._answer.content = cards(note(f"It could not be measured: {problem}", bad=True))

    def _show_answer(self, judged: _Judged) -> None:
        self._button.disabled = False
        wrong = judged.verdict.culprit != "neither"
        self._answer.content = cards(
            note(judged.verdict.sentence, bad=wrong), _curve(judged.curve), _budgets(judged.curve)
        )


def _curve(curve: BudgetCurve) -> str:
    tried = [budget.samples * budget.iterations for budget in curve.budgets]
    present = curve.budgets[curve.present]
    return chart(
        "Cost that a search reaches",
        [
            Line(
                label="cheapest of the seeds", x=tried, y=[b.costs.min() for b in curve.budgets], dashed=True
            ),
            Line(label="median", x=tried, y=[b.cost for b in curve.budgets], dots=True),
            Line(label="dearest", x=tried, y=[b.costs.max() for b in curve.budgets], dashed=True),
            Line(label="present budget", x=[tried[curve.present]], y=[present.cost], dots=True),
        ],
        x_label="candidates in all",
        limit=curve.still_cost,
        limit_label="holding still",
        log_x=True,
        low=None,
    )


def _budgets(curve: BudgetCurve) -> str:
    rows = [
        (
            ("→\u00a0" if i == curve.present else "") + f"{budget.factor:.2g}\u00a0×",
            f"{budget.samples} × {budget.iterations}",
            f"{1e3 * budget.time_s:.0f} ms",
            f"{budget.cost:.3g} ± {budget.cost_error:.1g}",
        )
        for i, budget in enumerate(curve.budgets)
    ]
    return table(
        f"Median of {SEEDS} searches, here", rows, head=("work", "candidates × rounds", "time", "cost")
    )
