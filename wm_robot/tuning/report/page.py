"""The page and the picture of a study."""

from collections import Counter
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path

from wm_robot.core.files import write_atomic
from wm_robot.evaluation.report.charts import interval
from wm_robot.tuning.differences import differences
from wm_robot.tuning.figures import Figures
from wm_robot.tuning.report import pareto
from wm_robot.tuning.report.drawing import picture, svg
from wm_robot.tuning.report.importances import WIDTH, importance_chart
from wm_robot.tuning.report.pareto import pareto_charts, short
from wm_robot.tuning.view import StudyView, TrialView

REPORT, PICTURE = "report.html", "pareto.png"


def write_report(folder: Path, study: StudyView) -> None:
    """Write report.html and pareto.png about `study` into `folder`."""
    charts = pareto_charts(study)
    write_atomic(folder / PICTURE, picture(charts[0], pareto.WIDTH, pareto.HEIGHT))
    style = (files("wm_robot.evaluation.report") / "page.css").read_text()
    drawn = "".join(svg(chart, pareto.WIDTH, pareto.HEIGHT, "trials and front") for chart in charts)
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(study.task)}: tuning</title><style>{style}</style></head><body><main>"
        f"<header><h1>Planning settings for {escape(study.task)}</h1><p>{_lead(study)}</p></header>"
        f"<section><h3>Trials and front</h3>{drawn}<p>{_reading(study)}</p></section>"
        f"<section><h3>The front</h3>{_table(study)}</section>"
        f"<section><h3>What matters</h3>{_importances(study)}</section>"
        f"<footer><dl>{_facts(study)}</dl></footer></main></body></html>\n"
    )
    write_atomic(folder / REPORT, page.encode())


def _lead(study: StudyView) -> str:
    states = Counter(trial.state for trial in study.trials)
    said = {"complete": "complete", "pruned": "stopped early", "failed": "failed", "running": "at work"}
    counts = ", ".join(f"{states[state]} {words}" for state, words in said.items() if states[state])
    asked = " and ".join(pareto.OBJECTIVES[name].label for name in study.objectives)
    return (
        f"{len(study.trials)} of {study.budget} trials ({counts}), each on the same {study.episodes} goals. "
        f"Asked for: {escape(asked)}. On the front: {len(study.front)}, those that no other beats in "
        "one of these without being worse in another."
    )


def _reading(study: StudyView) -> str:
    if any(trial.confirmed is not None for trial in study.trials):
        return (
            "Coloured points are where they were measured again, by one process alone, on fresh goals that "
            "chose nothing; the line joins those that are still on the front there. Vertical lines are 95 % "
            "Wilson intervals, horizontal ones reach to the 99 % quantile of plan time. Grey points are as "
            "the study saw them. A ring is a trial that was stopped early, with what it had shown by then."
        )
    return "Nothing has been measured again yet: points are where the study saw them, with 95 % intervals."


def _table(study: StudyView) -> str:
    rows = "".join(_row(study, study.trial(number)) for number in study.chosen)
    return (
        '<table><thead><tr><th scope="col">trial</th><th scope="col">reached</th>'
        '<th scope="col">95 % interval</th><th scope="col">0 to 100 %</th>'
        '<th scope="col">median error</th><th scope="col">plan, median</th><th scope="col">99 %</th>'
        '<th scope="col">while choosing</th><th scope="col">changed settings</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _row(study: StudyView, trial: TrialView) -> str:
    figures = trial.confirmed or trial.figures
    if figures is None:
        return ""
    own = trial.number == study.baseline
    low, high = figures.success_ci
    changed = ", ".join(f"{name} {short(value)}" for name, value in differences(study, trial).items())
    chosen = trial.figures
    seen = "" if chosen is None else f"{chosen.successes} of {chosen.episodes}, {chosen.plan_ms_p50:.1f} ms"
    return (
        f"<tr{' class=ours' if trial.number in study.confirmed_front else ''}>"
        f'<th scope="row">{trial.number}</th>'
        f"<td>{figures.successes} of {figures.episodes}</td><td>{low:.0%} – {high:.0%}</td>"
        f"<td>{interval(figures.success_rate, low, high)}</td><td>{_error(figures)}</td>"
        f"<td>{figures.plan_ms_p50:.1f} ms</td><td>{figures.plan_ms_p99:.1f} ms</td><td>{seen}</td>"
        f"<td><small>{'the checkpoint’s own settings' if own else escape(changed)}</small></td></tr>"
    )


def _error(figures: Figures) -> str:
    if figures.unit == "m":
        return f"{1000 * figures.median_error:.1f} mm"
    return f"{figures.median_error:.3g} {escape(figures.unit)}"


def _importances(study: StudyView) -> str:
    if not study.importances:
        return "<p>Fewer than ten complete trials: too few to say.</p>"
    shapes, height = importance_chart(study)
    return (
        f"{svg(shapes, WIDTH, height, 'importance of settings')}<p>How much a setting's values among the "
        "best tenth of the complete trials differ from those among all of them (PED-ANOVA). With few trials "
        "this is a hint of where to look, no more.</p>"
    )


def _facts(study: StudyView) -> str:
    return "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in _fact_lines(study))


def _fact_lines(study: StudyView) -> Iterator[tuple[str, str]]:
    yield "robot", study.robot
    yield "machine", study.machine
    several = f"; {study.workers} at the same time while choosing, which lengthens plan times"
    yield "processes", "one thread each" + (several if study.workers > 1 else "")
    yield "goals", f"{study.episodes} to choose, {study.confirm_episodes} others to measure again"
    yield "seed", str(study.seed)
    yield "control period", f"{study.period_ms:.0f} ms; trials whose plans take longer are stopped"
    yield "checkpoint", study.checkpoint_sha256
    yield "commit", study.commit
