"""The parts of a task's section, each a piece of HTML."""

from collections.abc import Iterable, Mapping
from html import escape

import numpy as np
from numpy.typing import NDArray

from wm_robot.evaluation.report.charts import histogram, interval, line_chart
from wm_robot.evaluation.report.episode import DemoEpisode, TaskReport
from wm_robot.evaluation.report.pictures import adjoin, image_uri, video_uri

STRIP_FRAMES = 8


def success_table(task: TaskReport) -> str:
    """Success with its interval for the world model and every baseline."""
    rows = "".join(
        f'<tr{" class=ours" if i == 0 else ""}><th scope="row">{escape(o.name)}</th>'
        f"<td>{o.successes} of {o.episodes}</td><td>{o.success_rate:.0%}</td>"
        f"<td>{o.success_ci[0]:.0%} – {o.success_ci[1]:.0%}</td>"
        f"<td>{interval(o.success_rate, *o.success_ci)}</td>"
        f"<td>{distance(task, o.median_final_error)}</td></tr>"
        for i, o in enumerate(task.outcomes)
    )
    return (
        '<table><thead><tr><th scope="col">acting</th><th scope="col">reached</th><th scope="col">rate</th>'
        '<th scope="col">95 % interval</th><th scope="col">0 to 100 %</th>'
        f'<th scope="col">median final error</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def episode_views(task: TaskReport, episode: DemoEpisode) -> str:
    """Goal, video and end side by side, and the film strip below them."""
    cameras = list(episode.images)
    film = adjoin([episode.images[c] for c in cameras], axis=-2)
    goal = adjoin([episode.goal_images[c] for c in cameras], axis=-2)
    source = video_uri(film, task.rate_hz)
    video = (
        f'<figure><video src="{source}" autoplay muted loop playsinline controls></video>'
        f"<figcaption>what happened, in real time</figcaption></figure>"
    )
    shots = np.linspace(0, len(film) - 1, min(STRIP_FRAMES, len(film))).round().astype(int)
    captions = [f"{shot / task.rate_hz:.1f} s" for shot in shots]
    return (
        f'<div class="views">{figure(goal, "the goal: all that the planner is told")}{video}'
        f"{figure(film[-1], f'the end: {distance(task, episode.error[-1])} from the goal')}</div>"
        f'<div class="strip">{filmstrip(episode.images, shots, captions)}</div>'
    )


def imagination(task: TaskReport, episode: DemoEpisode) -> str:
    """The frames imagined from one step, above those that the camera then saw."""
    n = len(next(iter(episode.imagined.values())))
    steps = range(n)
    seen = {c: episode.images[c][episode.imagined_from + 1 :][:n] for c in episode.imagined}
    captions = [f"+{(i + 1) / task.rate_hz:.1f} s" for i in steps]
    return (
        '<div class="compare"><h4>imagined</h4>'
        f'<div class="strip">{filmstrip(episode.imagined, steps, captions)}</div>'
        f'<h4>seen</h4><div class="strip">{filmstrip(seen, steps, captions)}</div></div>'
    )


def distance_charts(task: TaskReport, episode: DemoEpisode) -> str:
    """Latent and metric distance over time: all episodes in grey, `episode` in colour."""
    scale, unit = display_unit(task.unit)
    chosen = next(i for i, other in enumerate(task.episodes) if other is episode)
    dt = 1.0 / task.rate_hz
    latent = line_chart(
        [e.latent_distance for e in task.episodes],
        dt=dt,
        x_label="time [s]",
        y_label="latent distance",
        highlight=chosen,
    )
    metric = line_chart(
        [scale * e.error for e in task.episodes],
        dt=dt,
        x_label="time [s]",
        y_label=f"distance to the goal [{unit}]",
        highlight=chosen,
        limit=None if task.tolerance is None else scale * task.tolerance,
    )
    dashed = "" if task.tolerance is None else f". Dashed: {distance(task, task.tolerance)}, success"
    return (
        f'<div class="pair"><figure>{latent}<figcaption>Latent distance: what the planner lowers'
        f"</figcaption></figure><figure>{metric}<figcaption>True distance [{unit}]: what it never sees"
        f"{dashed}</figcaption></figure></div>"
    )


def plan_times(task: TaskReport) -> str:
    """Histogram of all plans' times, with the control period."""
    times = np.concatenate([e.plan_ms for e in task.episodes])
    p50, p99 = np.percentile(times, (50, 99))
    period_ms = 1e3 / task.rate_hz
    chart = histogram(times, x_label="time to plan [ms]", limit=period_ms)
    return (
        f'<div class="pair"><figure>{chart}<figcaption>{len(times)} plans: median {p50:.0f} ms, '
        f"99th percentile {p99:.0f} ms. Dashed: the control period, {period_ms:.0f} ms"
        "</figcaption></figure></div>"
    )


def filmstrip(frames: Mapping[str, NDArray[np.uint8]], at: Iterable[int], captions: list[str]) -> str:
    """Frames of every camera, one camera above the other, a caption under each moment."""
    return "".join(
        figure(adjoin([images[i] for images in frames.values()], axis=-3), caption)
        for i, caption in zip(at, captions, strict=True)
    )


def figure(image: NDArray[np.uint8], caption: str) -> str:
    """A picture with the words under it."""
    return (
        f'<figure><img src="{image_uri(image)}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def distance(task: TaskReport, error: float) -> str:
    """An error in words, such as "1.3 cm"."""
    scale, unit = display_unit(task.unit)
    return f"{scale * error:.1f} {unit}"


def display_unit(unit: str) -> tuple[float, str]:
    """The factor and the name under which errors in `unit` are shown: metres as centimetres."""
    return (100.0, "cm") if unit == "m" else (1.0, unit)
