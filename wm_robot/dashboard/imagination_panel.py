"""What the model expects to see, what it got right, and how far ahead it can be trusted."""

from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wm_robot.core.types import Image
from wm_robot.dashboard.analysis import Analysis
from wm_robot.dashboard.cards import cards, note
from wm_robot.dashboard.foresight import Foresight, foresee
from wm_robot.dashboard.foresight_charts import (
    distance_chart,
    error_chart,
    periods_left_charts,
    trust_chart,
    warnings,
)
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.evaluation.report.pictures import adjoin, enlarge
from wm_robot.insight.trust import THRESHOLD

WAITING = "Nothing imagined yet: it takes a moment after the first plan, while the model is loaded."
JPEG_QUALITY = 90
STRIP_PX = 640


class ImaginationPanel:
    """For each camera the chosen plan's frames, and an older prediction beside what was then seen."""

    title, place = "Imagination", "plots"

    def __init__(self, page: Page) -> None:
        gui, senses = page.gui, page.model_config.observation_space
        self._dt_s = page.model_config.action_space.dt_s
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
        self._found: Foresight | None = None
        self._threshold.on_update(lambda event: self._judge_again())
        self._analysis = Analysis(page, foresee, self._draw, self._fail)

    def show(self, view: View) -> None:
        planned = view.snapshot.decision is not None
        self._rest.visible = not planned and self._found is not None
        if view.mind is not None and planned:
            self._analysis.of(view)

    def _fail(self, problem: str) -> None:
        self._note.content = cards(note(f"The plan cannot be imagined here: {problem}", bad=True))

    def _judge_again(self) -> None:
        if self._found is not None:
            self._draw(self._found)

    def _draw(self, found: Foresight) -> None:
        self._found = found
        said = [note(text, bad=True) for text in warnings(found, self._threshold.value)]
        if found.trust is not None and np.isnan(found.trust.trust).all():
            said.append(note("Too little moved lately to judge the model."))
        if not found.future.images:
            said.append(note("This checkpoint has no image decoder: distances are all there is."))
        self._note.content = cards(*said) if said else ""
        for camera, frames in found.future.images.items():
            self._draw_ahead(camera, frames, found)
            self._draw_back(camera, found)
        self._draw_charts()

    def _draw_ahead(self, camera: str, frames: NDArray[np.uint8], found: Foresight) -> None:
        after_s = (found.future.stamps_ns - found.view.snapshot.observation.stamp_ns) * 1e-9
        times = [f"+{s:.1f} s" if s > 0 else "now" for s in after_s]
        self._captions[camera][0].content = caption(
            f"{camera}: expected of the chosen plan{_period(found)}", times
        )
        self._show(self._strips[camera][0], strip(frames))

    def _draw_back(self, camera: str, found: Foresight) -> None:
        columns = len(found.future.latents)
        if found.past is None or camera not in found.past_images:  # an older one would still say "now"
            nothing = np.full_like(found.future.images[camera], 255)
            self._captions[camera][1].content = caption(f"{camera}: no earlier plan to compare with yet", [])
            self._show(self._strips[camera][1], adjoin([strip(nothing, columns)] * 2, axis=0))
            return
        seen = np.stack([s.observation.images[camera] for s in found.past.seen])
        h = len(seen) - 1
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
                distance_chart(found, self._dt_s),
                *periods_left_charts(found, self._dt_s),
                trust_chart(found, self._threshold.value),
                error_chart(found),
            )


def _period(found: Foresight) -> str:
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
