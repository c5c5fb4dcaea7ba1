"""The front as a chart: every trial, the best of them joined, intervals on those that were measured again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from wm_robot.evaluation.report.charts import ticks
from wm_robot.tuning.figures import Figures
from wm_robot.tuning.objectives import OBJECTIVES, Objective
from wm_robot.tuning.report.drawing import Dot, Ink, Line, Shape, Text
from wm_robot.tuning.view import StudyView, TrialView

WIDTH, HEIGHT = 640, 380
LEFT, RIGHT, TOP, BOTTOM = 62, 24, 78, 48


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One figure along one side of the sheet.

    Args:
        objective: what is shown.
        unit: of its numbers.
        low: at the beginning.
        high: at the end.
        begin: pixel of the beginning.
        end: pixel of the end.
        log: whether equal factors are equally long.
    """

    objective: Objective
    unit: str
    low: float
    high: float
    begin: float
    end: float
    log: bool

    def at(self, value: float) -> float:
        """The pixel of `value`, within the axis."""
        value = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.begin + (self.end - self.begin) * share

    def marks(self) -> list[float]:
        """Round numbers along it."""
        if not self.log:
            return [v for v in ticks(self.high) if self.low <= v <= self.high]
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        steps = (1, 2, 5) if self.high / self.low < 300 else (1,)
        marks = [m * 10.0**p for p in powers for m in steps]
        return [v for v in marks if self.low <= v <= self.high]

    def words(self, value: float) -> str:
        """`value` as a person reads it, without the unit."""
        return f"{100 * value:g}" if self.unit == "%" else f"{value:g}"

    @property
    def label(self) -> str:
        return f"{self.objective.label} ({self.unit})" if self.unit else self.objective.label


def pareto_charts(study: StudyView, *, legend: bool = True) -> list[list[Shape]]:
    """One chart for each objective but the first, which goes upwards in all of them.

    With a single objective, one chart over the median plan time, which always matters.
    """
    first, *others = study.objectives
    across = others or ["error" if first == "latency" else "latency"]
    keys = _legend(study) if legend else []
    return [[*keys, *_chart(study, name, first)] for name in across]


def _chart(study: StudyView, across: str, upwards: str) -> list[Shape]:
    shown = [trial for trial in study.trials if trial.figures is not None]
    x = _axis(study, shown, across, LEFT, WIDTH - RIGHT)
    y = _axis(study, shown, upwards, HEIGHT - BOTTOM, TOP)
    shapes = _frame(x, y)
    on_sheet = {trial.number: trial for trial in shown}
    for trial in shown:
        if trial.number not in study.chosen and trial.figures is not None:
            right, up = _place(trial.figures, x, y)
            tip, ring = _tip(trial, trial.figures), trial.state != "complete"
            shapes.append(Dot(x=right, y=up, radius=3.5, ink="other", hollow=ring, tip=tip))
    if len(study.objectives) == 2:
        shapes += _stairs([on_sheet[number] for number in study.confirmed_front], x, y)
    for number in study.chosen:
        if number in on_sheet:
            ink: Ink = "limit" if number == study.baseline else "model"
            shapes += _chosen(on_sheet[number], x, y, ink)
    return shapes


def _axis(study: StudyView, trials: Sequence[TrialView], name: str, begin: float, end: float) -> Axis:
    objective = OBJECTIVES[name]
    if objective.unit == "%":
        return Axis(objective=objective, unit="%", low=0.0, high=1.0, begin=begin, end=end, log=False)
    figures = [f for t in trials for f in (t.figures, t.confirmed) if f is not None]
    unit = objective.unit or (figures[0].unit if figures else "")
    values = [objective.of(f) for f in figures] or [1.0]
    if "plan" in objective.label:
        values += [t.confirmed.plan_ms_p99 for t in trials if t.confirmed is not None]
    positive = [v for v in values if v > 0] or [1.0]
    return Axis(
        objective=objective,
        unit=unit,
        low=0.8 * min(positive),
        high=1.25 * max(positive),
        begin=begin,
        end=end,
        log=True,
    )


def _frame(x: Axis, y: Axis) -> list[Shape]:
    shapes: list[Shape] = []
    for value in y.marks():
        shapes.append(Line(x=LEFT, y=y.at(value), x2=WIDTH - RIGHT, y2=y.at(value), ink="rule"))
        shapes.append(Text(x=LEFT - 8, y=y.at(value) + 4, text=y.words(value), anchor="end"))
    for value in x.marks():
        shapes.append(Line(x=x.at(value), y=HEIGHT - BOTTOM, x2=x.at(value), y2=TOP, ink="rule"))
        shapes.append(Text(x=x.at(value), y=HEIGHT - BOTTOM + 18, text=x.words(value), anchor="middle"))
    shapes.append(Text(x=8, y=TOP - 26, text=y.label, ink="ink"))
    shapes.append(Text(x=WIDTH - RIGHT, y=HEIGHT - 10, text=x.label, ink="ink", anchor="end"))
    return shapes


def _legend(study: StudyView) -> list[Shape]:
    again = any(trial.confirmed is not None for trial in study.trials)
    entries: list[tuple[Ink, bool, str, int]] = [
        ("model", False, "on the front" + (", measured again" if again else ""), 0),
        ("limit", False, "the checkpoint's own", 190 if again else 110),
        ("other", False, "other trials", 350 if again else 270),
        ("other", True, "stopped early", 450 if again else 370),
    ]
    shapes: list[Shape] = []
    for ink, hollow, text, right in entries:
        shapes.append(Dot(x=14 + right, y=18, radius=4, ink=ink, hollow=hollow))
        shapes.append(Text(x=24 + right, y=22, text=text))
    return shapes


def _stairs(front: Sequence[TrialView], x: Axis, y: Axis) -> list[Shape]:
    """Between two of its points, a front promises no more than the worse of both in each figure."""
    points = sorted({_place(t.confirmed or t.figures, x, y) for t in front})
    shapes: list[Shape] = []
    for (left, left_y), (right, right_y) in pairwise(points):
        shapes.append(Line(x=left, y=left_y, x2=right, y2=left_y, ink="model", width=1.2))
        shapes.append(Line(x=right, y=left_y, x2=right, y2=right_y, ink="model", width=1.2))
    return shapes


def _chosen(trial: TrialView, x: Axis, y: Axis, ink: Ink) -> list[Shape]:
    figures = trial.confirmed or trial.figures
    assert figures is not None
    across, up = _place(figures, x, y)
    shapes: list[Shape] = []
    if y.objective.field == "success_rate":
        low, high = figures.success_ci
        shapes.append(Line(x=across, y=y.at(low), x2=across, y2=y.at(high), ink=ink, width=1.4))
    if x.objective.field == "plan_ms_p50":
        shapes.append(Line(x=across, y=up, x2=x.at(figures.plan_ms_p99), y2=up, ink=ink, width=0.8))
    shapes.append(Dot(x=across, y=up, radius=5.0, ink=ink, tip=_tip(trial, figures)))
    shapes.append(Text(x=across + 8, y=up - 7, text=str(trial.number), ink=ink))
    return shapes


def _place(figures: Figures | None, x: Axis, y: Axis) -> tuple[float, float]:
    assert figures is not None
    return x.at(x.objective.of(figures)), y.at(y.objective.of(figures))


def _tip(trial: TrialView, figures: Figures) -> str:
    """What is shown while the mouse is on the trial."""
    return (
        f"trial {trial.number}: {figures.successes} of {figures.episodes} reached, median plan "
        f"{figures.plan_ms_p50:.1f} ms\n" + "\n".join(f"{k} {short(v)}" for k, v in trial.params.items())
    )


def short(value: object) -> str:
    """A setting's value in few digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
