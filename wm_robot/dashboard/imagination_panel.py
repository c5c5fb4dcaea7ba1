"""What the model expects to see, what it got right, and how far ahead it can be trusted."""

from dataclasses import dataclass
from html import escape
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import Image
from wm_robot.dashboard.analysis import Analysis
from wm_robot.dashboard.cards import cards, note
from wm_robot.dashboard.charts import Line, chart
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.evaluation.report.pictures import adjoin, enlarge
from wm_robot.insight.goal_distance import goal_distances
from wm_robot.insight.hindsight import Hindsight, look_back
from wm_robot.insight.imagination import Decoder, Imagination, imagine
from wm_robot.insight.trust import THRESHOLD, Trust, trust_of

WAITING = "Nothing imagined yet: it takes a moment after the first plan, while the model is loaded."
WINDOW = 60
"""Control periods that trust looks back on."""

JPEG_QUALITY = 90
STRIP_PX = 640
SURPRISED = 3.0
"""Error of a step, in medians of the last ones, that is worth a word."""


@dataclass(frozen=True, kw_only=True)
class _Found:
    view: View
    future: Imagination
    past: Hindsight | None
    past_distance: tuple[FloatArray, FloatArray] | None
    past_images: dict[str, NDArray[np.uint8]]
    trust: Trust | None


class ImaginationPanel:
    """For each camera the chosen plan's frames, and an older prediction beside what was then seen."""

    title, place = "Imagination", "plots"

    def __init__(self, page: Page) -> None:
        gui, senses = page.gui, page.model_config.observation_space
        self._dt_s = page.model_config.action_space.dt_s
        self._unit = ""
        blank = np.full((*senses.image_size, 3), 230, np.uint8)
        self._captions: dict[str, tuple[Any, Any]] = {}
        self._strips: dict[str, tuple[Any, Any]] = {}
        self._rest: Any = gui.add_html(cards(note("Nothing is planned now; this is of the last plan.")))
        self._rest.visible = False
        self._note: Any = gui.add_html(cards(note(WAITING)))
        for camera in senses.cameras:
            ahead = gui.add_html(""), gui.add_image(blank, format="jpeg", jpeg_quality=JPEG_QUALITY)
            back = gui.add_html(""), gui.add_image(blank, format="jpeg", jpeg_quality=JPEG_QUALITY)
            self._captions[camera], self._strips[camera] = (ahead[0], back[0]), (ahead[1], back[1])
        for strips in self._strips.values():
            for strip in strips:
                strip.visible = False
        self._charts: Any = gui.add_html("")
        self._threshold: Any = gui.add_slider(
            "trust threshold",
            min=0.0,
            max=1.0,
            step=0.01,
            initial_value=THRESHOLD,
            hint="A line to judge by: below it the model says too little. By itself it stops nothing.",
        )
        self._found: _Found | None = None
        self._threshold.on_update(lambda event: self._draw_charts())
        self._analysis = Analysis(page, self._imagine, self._draw, self._fail)

    def show(self, view: View) -> None:
        planned = view.snapshot.decision is not None
        self._rest.visible = not planned and self._found is not None
        if view.mind is not None and planned:
            self._analysis.of(view)

    def _imagine(self, view: View) -> _Found | None:
        mind, snapshot, decision = view.mind, view.snapshot, view.snapshot.decision
        if mind is None or decision is None:
            return None
        model, goal = mind.model, snapshot.goal
        with mind.lock:
            goal_latent = None if goal.pose is not None else model.encode_goal(goal)
            future = imagine(decision, model, mind.backend, goal, goal_latent=goal_latent)
            steps, window = len(decision.plan.actions), view.recent[-WINDOW:]
            past = look_back(window, model.action_space, mind.backend, steps)
            trust = trust_of(window, model.action_space, mind.backend, steps)
            distance, images = None, {}
            if past is not None:
                expected, real = (
                    goal_distances(model, latents, goal, goal_latent=goal_latent)
                    for latents in (past.expected, past.real)
                )
                distance = expected, real
                images = cast(Decoder, model).decode(past.expected) if isinstance(model, Decoder) else {}
        return _Found(
            view=view, future=future, past=past, past_distance=distance, past_images=images, trust=trust
        )

    def _fail(self, problem: str) -> None:
        self._note.content = cards(note(f"The plan cannot be imagined here: {problem}", bad=True))

    def _draw(self, found: _Found) -> None:
        self._found = found
        said = [note(text, bad=True) for text in self._warnings(found)]
        if found.trust is not None and np.isnan(found.trust.trust).all():
            said.append(note("Too little moved lately to judge the model."))
        if not found.future.images:
            said.append(note("This checkpoint has no image decoder: distances are all there is."))
        self._note.content = cards(*said) if said else ""
        for camera, frames in found.future.images.items():
            self._draw_ahead(camera, frames, found)
            self._draw_back(camera, found)
        self._draw_charts()

    def _draw_ahead(self, camera: str, frames: NDArray[np.uint8], found: _Found) -> None:
        after_s = (found.future.stamps_ns - found.view.snapshot.observation.stamp_ns) * 1e-9
        times = [f"+{s:.1f} s" if s > 0 else "now" for s in after_s]
        self._captions[camera][0].content = caption(
            f"{camera}: expected of the chosen plan{_period(found)}", times
        )
        self._show(self._strips[camera][0], strip(frames))

    def _draw_back(self, camera: str, found: _Found) -> None:
        if found.past is None or camera not in found.past_images:  # an older one would still say "now"
            self._captions[camera][1].content, self._strips[camera][1].visible = "", False
            return
        seen = np.stack([s.observation.images[camera] for s in found.past.seen])
        h, columns = len(seen) - 1, len(found.future.latents)
        times = [f"−{(h - i) * self._dt_s:.1f} s" if i < h else "now" for i in range(h + 1)]
        title = f"{camera}: expected {h * self._dt_s:.1f} s ago (above), seen (below){_period(found)}"
        self._captions[camera][1].content = caption(title, [""] * (columns - h - 1) + times)
        both = adjoin([strip(found.past_images[camera], columns), strip(seen, columns)], axis=0)
        self._show(self._strips[camera][1], both)

    def _show(self, handle: Any, image: Image) -> None:
        handle.image = enlarge(image, STRIP_PX)
        handle.visible = True

    def _draw_charts(self) -> None:
        if self._found is not None:
            found = self._found
            self._charts.content = cards(
                self._distances(found), *_periods_left(found, self._dt_s), self._trust(found)
            )

    def _distances(self, found: _Found) -> str:
        ahead_s = (found.future.stamps_ns - found.view.snapshot.observation.stamp_ns) * 1e-9
        lines = [Line(label="expected", x=ahead_s, y=found.future.goal_distance, dots=True)]
        if found.past_distance is not None:
            expected, real = found.past_distance
            x = self._dt_s * np.arange(1 - len(real), 1)
            lines += [
                Line(label=f"expected {-x[0]:.1f} s ago", x=x, y=expected, dashed=True, dots=True),
                Line(label="seen", x=x, y=real, dots=True),
            ]
        unit = "m" if found.view.snapshot.goal.pose is not None else "rms of latents"
        return chart(f"Distance to the goal ({unit})", lines, x_label="time from now (s)")

    def _trust(self, found: _Found) -> str:
        trust = found.trust
        steps = [] if trust is None else np.arange(1, len(trust.error) + 1)
        values = [] if trust is None else np.maximum(trust.trust, -1.0)
        return chart(
            "Trust by horizon (1 is perfect)",
            [
                Line(
                    label="of the last predictions; 0: no better than no change", x=steps, y=values, dots=True
                )
            ],
            x_label="steps ahead",
            limit=self._threshold.value,
            limit_label="threshold",
            high=1.0,
        )

    def _warnings(self, found: _Found) -> list[str]:
        trust = found.trust
        if trust is None:
            return []
        said, within = [], trust.horizon_above(self._threshold.value)
        if within < len(trust.error):
            said.append(
                f"Beyond {within} steps ahead the model falls below the threshold; the plan looks "
                f"{len(found.future.latents) - 1} ahead. Shorten the horizon, or train on more of this."
            )
        if trust.surprise > SURPRISED:
            said.append(
                f"Surprise: the newest step was {trust.surprise:.0f} times as wrong as they mostly are."
            )
        return said


def _period(found: _Found) -> str:
    return f", period {found.view.snapshot.index}"


def caption(title: str, columns: list[str]) -> str:
    """A title over column heads that stand above the frames of a strip."""
    heads = "".join(f'<span style="flex:1 1 0;text-align:center">{column}</span>' for column in columns)
    return cards(
        f'<figure class="wide"><figcaption>{escape(title)}</figcaption>'
        f'<div class="quiet" style="display:flex">{heads}</div></figure>'
    )


def strip(frames: NDArray[np.uint8], columns: int = 0) -> Image:
    """Frames (N, height, width, 3) side by side, after as many white ones as are missing in `columns`."""
    missing = [np.full_like(frames[0], 255)] * (columns - len(frames))
    return adjoin([*missing, *frames], axis=1)


def _periods_left(found: _Found, dt_s: float) -> list[str]:
    left = found.future.periods_left
    if left is None:
        return []
    x = dt_s * np.arange(left.shape[1])
    return [
        chart(
            "Believed time to the goal (s)",
            [
                Line(label="mean of the outputs", x=x, y=dt_s * left.mean(axis=0), dots=True),
                Line(label="least", x=x, y=dt_s * left.min(axis=0), dashed=True),
                Line(label="most", x=x, y=dt_s * left.max(axis=0), dashed=True),
            ],
            x_label="time along the plan (s)",
        )
    ]
