"""The whole page, in one file that needs nothing from outside."""

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from wm_robot.core.files import write_atomic
from wm_robot.evaluation.report import sections
from wm_robot.evaluation.report.episode import DemoEpisode, TaskReport


def write_report(path: Path, tasks: Sequence[TaskReport], facts: Mapping[str, str]) -> None:
    """Write the report on `tasks` to `path`; `facts` close the page, such as the seed or the processor."""
    style = (files("wm_robot.evaluation.report") / "page.css").read_text()
    body = "".join(_task(task) for task in tasks)
    closing = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>wm_robot demo</title><style>{style}</style></head><body><main>"
        "<header><h1>An arm that acts on what it imagines</h1><p>The planner is given a picture of the goal. "
        "It proposes actions, imagines their outcome in the latent space of a learned model, and carries out "
        "the best. No position of arm or object in the goal is ever told to it.</p></header>"
        f"{body}<footer><dl>{closing}</dl></footer></main></body></html>\n"
    )
    write_atomic(path, page.encode())


def _task(task: TaskReport) -> str:
    ours = task.outcomes[0]
    within = "" if task.tolerance is None else f" within {sections.distance(task, task.tolerance)}"
    median, worst = task.median_episode(), task.worst_episode()
    return (
        f'<section><h2>{escape(task.task)}</h2><p class="lead">'
        f"<strong>{ours.successes} of {ours.episodes}</strong> goals reached{within}</p>"
        f"{sections.success_table(task)}"
        f"<h3>The median episode <small>{_which(task, median)}</small></h3>"
        f"{sections.episode_views(task, median)}"
        f"<h3>Imagined, then seen <small>predicted {median.imagined_from / task.rate_hz:.1f} s into the "
        f"episode, by the actions then carried out</small></h3>{sections.imagination(task, median)}"
        f"<h3>Distance over time <small>the median episode in colour, the others in grey</small></h3>"
        f"{sections.distance_charts(task, median)}"
        f"<h3>Time to plan</h3>{sections.plan_times(task)}"
        f"<details><summary>The worst episode <small>{_which(task, worst)}</small></summary>"
        f"{sections.episode_views(task, worst)}</details></section>"
    )


def _which(task: TaskReport, episode: DemoEpisode) -> str:
    verdict = "success" if episode.success else "no success"
    return f"seed {episode.seed}, ended {sections.distance(task, episode.error[-1])} from the goal: {verdict}"
