"""Too slow, or wrong cost? One sentence from a budget curve and from what really happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wm_robot.insight.budget_curve import BudgetCurve

Culprit = Literal["too slow", "wrong cost", "neither"]

WORTHWHILE = 0.1
"""Share of what the present budget gains over holding still that more computation must add to be worth it."""

MIN_PERIODS = 5
"""Control periods of the past without which nothing is said about the cost."""

KEPT_PROMISE = 0.5
"""Share of the promised fall of the distance that must come true for the cost to be believed."""

STUCK = 0.05
"""Fall of the distance, as a share of it, below which an arm stands still."""

FAR = 0.25
"""Share of the farthest distance in the window below which an arm counts as there, without a tolerance."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What was promised in the last control periods, and what came of it.

    Args:
        costs: of each chosen plan (N,), oldest first.
        distances: real distance to the goal when each was made (N,): of the task in simulation, else that of
            the newest observation.
        unit: of the distances; empty for latents.
        tolerance: distance that counts as there; None where nobody knows.
    """

    costs: Sequence[float]
    distances: Sequence[float]
    unit: str = ""
    tolerance: float | None = None

    @property
    def there(self) -> bool:
        """Whether the arm is at its goal, as far as that can be told."""
        if not self.distances or (self.tolerance is None and len(self.distances) < MIN_PERIODS):
            return False
        limit = FAR * max(self.distances) if self.tolerance is None else self.tolerance
        return self.distances[-1] <= limit

    @property
    def promised(self) -> float:
        """Fall of the cost over the window, as a share of what it was."""
        return fall(self.costs)

    @property
    def kept(self) -> float:
        """Fall of the distance over the window, as a share of what it was."""
        return fall(self.distances)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Which of the two it is, and why in one sentence."""

    culprit: Culprit
    sentence: str


def verdict(curve: BudgetCurve, progress: Progress) -> Verdict:
    """Judge a decision.

    Neither, where the arm is at its goal: nothing is left to gain there.

    1. Too slow: some larger budget's median cost is lower than the present one's by more than 10 % of what
       the present one gains over holding still, and by more than two standard errors of both.
    2. Else wrong cost: with at least 5 periods to look back on, either the cost fell by more than 5 % and the
       distance by less than half of that share, or neither fell by 5 %: the search has found the cost's
       minimum, and it is not the goal.
    3. Else neither.
    """
    present, larger = curve.budgets[curve.present], curve.budgets[curve.present + 1 :]
    best = min(larger, key=lambda budget: budget.cost)
    more = present.cost - best.cost
    doubt = 2 * (present.cost_error**2 + best.cost_error**2) ** 0.5
    gained = max(curve.still_cost - present.cost, 0.0)
    now = f"{progress.distances[-1]:.3g} {progress.unit}".strip() if progress.distances else "nothing"
    if progress.there:
        return Verdict(
            culprit="neither",
            sentence=f"Neither: the arm is at its goal ({now} away); ask again while it is on its way.",
        )
    if more > max(WORTHWHILE * gained, doubt, 1e-6 * abs(present.cost)):
        finds = (
            f"gains {more / gained:.0%} more over holding still"
            if gained
            else "finds a cheaper plan, where the present one is no better than holding still"
        )
        return Verdict(
            culprit="too slow",
            sentence=f"Too slow: {best.factor:.0f} times the computation ({1e3 * best.time_s:.0f} ms "
            f"instead of {1e3 * present.time_s:.0f} ms) {finds}; "
            "give it more time, fewer knots or a faster backend.",
        )
    flat = f"up to {larger[-1].factor:.0f} times the computation gains nothing worth it"
    if len(progress.distances) < MIN_PERIODS:
        return Verdict(
            culprit="neither",
            sentence=f"Neither so far: {flat}; whether the cost is right shows after {MIN_PERIODS} periods.",
        )
    promised, kept = progress.promised, progress.kept
    periods = len(progress.distances)
    broken = promised > STUCK and kept < KEPT_PROMISE * promised
    stuck = promised <= STUCK and kept < STUCK
    if broken or stuck:
        return Verdict(
            culprit="wrong cost",
            sentence=f"Wrong cost: {flat}, and over {periods} periods the cost fell by {promised:.0%} while "
            f"the real distance fell by {kept:.0%} ({now} left); change the costs or the goal, or train the "
            "model.",
        )
    return Verdict(
        culprit="neither",
        sentence=f"Neither: {flat}, and over {periods} periods the cost fell by {promised:.0%} and the real "
        f"distance by {kept:.0%} ({now} left).",
    )


def fall(values: Sequence[float]) -> float:
    """How much smaller the last third of `values` is than the first third, as a share of the first; ≤ 1."""
    third = max(len(values) // 3, 1)
    first, last = sum(values[:third]) / third, sum(values[-third:]) / third
    return (first - last) / abs(first) if first else 0.0
