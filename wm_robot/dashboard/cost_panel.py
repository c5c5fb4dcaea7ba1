"""What the search found: costs, what they are made of, and how it learned."""

from collections import deque
from typing import Any

import numpy as np

from wm_robot.dashboard.analysis import Analysis
from wm_robot.dashboard.cards import cards, note, table
from wm_robot.dashboard.charts import Line, chart, shares
from wm_robot.dashboard.looks import second_look
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.insight.second_look import SecondLook
from wm_robot.planners.planner import Plan
from wm_robot.runtime.watch.snapshot import Snapshot

WAITING = "No plan has been looked at yet: it takes a moment after the first one, while the model is loaded."
REMEMBERED = 150


class CostPanel:
    """Of the newest decision that was made again, and of the last ones in a row."""

    title, place = "Cost", "plots"

    def __init__(self, page: Page) -> None:
        self._space = page.model_config.action_space
        self._html: Any = page.gui.add_html(cards(note(WAITING)))
        self._gains: deque[tuple[int, float]] = deque(maxlen=REMEMBERED)
        self._looks = Analysis(page, _look, self._draw, self._fail)

    def show(self, view: View) -> None:
        if view.mind is not None and view.snapshot.decision is not None:
            self._looks.of(view)

    def _fail(self, problem: str) -> None:
        self._html.content = cards(note(f"The plan cannot be made again here: {problem}", bad=True))

    def _draw(self, made: tuple[View, SecondLook]) -> None:
        view, look = made
        index = view.snapshot.index
        if self._gains and self._gains[-1][0] >= index:  # the same one, or scrubbed back
            self._gains = deque((pair for pair in self._gains if pair[0] < index), REMEMBERED)
        self._gains.append((index, look.gain))
        self._html.content = cards(
            _summary(view.snapshot, look),
            shares("Share of each cost in the chosen plan", named_shares(look)),
            _costs_by_round(look),
            self._sigma(look),
            self._spread(look),
            _sample_sizes(look),
            _costs_over_time(view),
            self._gain(),
        )

    def _sigma(self, look: SecondLook) -> str:
        rounds = np.arange(1, len(look.rounds) + 1)
        std = np.array([each.std.mean(axis=0) for each in look.rounds])  # (rounds, nu)
        return chart(
            "σ of the knots by round (half ranges)",
            [Line(label=n, x=rounds, y=std[:, i], dots=True) for i, n in enumerate(self._space.names)],
            x_label="round",
        )

    def _spread(self, look: SecondLook) -> str:
        rounds = np.arange(1, len(look.rounds) + 1)
        half = (np.array(self._space.high) - np.array(self._space.low)) / 2
        metres = set(self._space.units) == {"m"}
        unit = "mm" if metres else ", ".join(dict.fromkeys(self._space.units))
        spread = np.array([each.action_spread for each in look.rounds]) * half * (1e3 if metres else 1.0)
        return chart(
            f"Spread of the elites' first action ({unit})",
            [Line(label=n, x=rounds, y=spread[:, i], dots=True) for i, n in enumerate(self._space.names)],
            x_label="round",
        )

    def _gain(self) -> str:
        periods, gains = zip(*self._gains, strict=True)
        return chart(
            "Gain over the warm start (cost)",
            [Line(label="mean of the warm start − chosen plan", x=periods, y=gains)],
            x_label="period",
        )


def _look(view: View) -> tuple[View, SecondLook] | None:
    assert view.mind is not None
    look = second_look(view.mind, view.snapshot)
    return None if look is None else (view, look)


def named_shares(look: SecondLook) -> list[tuple[str, float]]:
    """Costs of the chosen plan by name, in the order of the settings so that colours stay."""
    return [(name.replace("_", " "), cost) for name, cost in look.term_costs.items()]


def _summary(snapshot: Snapshot, look: SecondLook) -> str:
    assert snapshot.decision is not None
    last = look.rounds[-1]
    finite = last.costs[np.isfinite(last.costs)]
    start = "warm start" if look.was_warm else "holding still (no warm start)"
    rows = [
        ("cost of the chosen plan", f"{look.cost:.4g}"),
        ("elites, last round", f"{last.costs[last.elites].mean():.4g}"),
        ("all, last round", f"{finite.mean():.4g} ± {finite.std():.2g}"),
        ("dearest, last round", f"{finite.max():.4g}"),
        (f"cost of {start}", f"{look.warm_start_cost:.4g}"),
        ("gain over it", f"{look.gain:.4g}"),
        ("candidates that count", f"{last.effective_sample_size:.0f} of {len(last.costs)}"),
    ]
    if not look.same:
        rows.append(("made again, it differs by", f"{look.deviation:.1e} of half ranges"))
    return table(f"Plan {snapshot.decision.plan_id} of episode {snapshot.episode}", rows)


def _costs_by_round(look: SecondLook) -> str:
    rounds = np.arange(1, len(look.rounds) + 1)
    best = np.minimum.accumulate([each.costs.min() for each in look.rounds])
    elites = [each.costs[each.elites].mean() for each in look.rounds]
    means = [each.costs[np.isfinite(each.costs)].mean() for each in look.rounds]
    return chart(
        "Cost by round",
        [
            Line(label="all", x=rounds, y=means, dots=True),
            Line(label="elites", x=rounds, y=elites, dots=True),
            Line(label="cheapest so far", x=rounds, y=best, dots=True),
        ],
        x_label="round",
    )


def _sample_sizes(look: SecondLook) -> str:
    rounds = np.arange(1, len(look.rounds) + 1)
    sizes = [each.effective_sample_size for each in look.rounds]
    return chart(
        "Effective sample size (candidates)",
        [
            Line(label="that count", x=rounds, y=sizes, dots=True),
            Line(label="drawn", x=rounds, y=[len(each.costs) for each in look.rounds], dashed=True),
        ],
        x_label="round",
    )


def _costs_over_time(view: View) -> str:
    plans = [(s.index, s.decision.plan) for s in view.recent if s.decision is not None]
    periods = [index for index, _ in plans]
    return chart(
        "Cost over the last plans",
        [
            Line(label="all, last round", x=periods, y=[_mean(plan) for _, plan in plans]),
            Line(label="chosen", x=periods, y=[plan.cost for _, plan in plans]),
        ],
        x_label="period",
    )


def _mean(plan: Plan) -> float:
    return float(plan.costs[np.isfinite(plan.costs)].mean())
