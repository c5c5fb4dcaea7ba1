"""A study of `wmr tune`, while it is at work or afterwards, and its front as presets of this page."""

import time
from pathlib import Path
from typing import Any

from wm_robot.dashboard.cards import cards, note, table
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.slots import in_words
from wm_robot.dashboard.staging import Staging
from wm_robot.insight.presets import Preset
from wm_robot.tuning.differences import differences
from wm_robot.tuning.report import pareto
from wm_robot.tuning.report.drawing import INKS, PAPER, svg
from wm_robot.tuning.report.pareto import pareto_charts, short
from wm_robot.tuning.results import preset_name
from wm_robot.tuning.view import VIEW, StudyView, read_study

LOOK_S = 1.0
"""How often the study's file is looked at; it is read where it has changed."""

LETTERS = 1.6
"""The column is narrower than a report."""

KEYS = "Blue: the front; orange: the checkpoint's own; grey: other trials; rings: stopped early."

SHOWN = 8
"""Points of the front in the table."""


class StudyPanel:
    """Trials, front and progress of the study in a folder."""

    title, place = "Study", "plots"
    at_rest = True

    def __init__(self, page: Page) -> None:
        self._page, gui = page, page.gui
        task = (page.subject.task or "reach").replace(":", "-")
        self._folder: Any = gui.add_text(
            "study", f"outputs/tune-{task}", hint="folder that `wmr tune` writes to; needs the token"
        )
        self._folder.on_update(self._choose)
        self._path = Path(self._folder.value)
        self._keep: Any = gui.add_button(
            "Keep the front as presets", hint="so that the planner panel offers them; needs the token"
        )
        self._keep.on_click(self._save)
        self._html: Any = gui.add_html(cards(note("Looking for a study …")))
        self._study: StudyView | None = None
        self._looked_s, self._stamp_ns = -LOOK_S, -1

    def show(self, view: View) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s < LOOK_S:
            return
        self._looked_s = now_s
        try:
            stamp_ns = (self._path / VIEW).stat().st_mtime_ns
        except OSError:
            stamp_ns = 0
        if stamp_ns == self._stamp_ns:
            return
        self._stamp_ns = stamp_ns
        try:
            self._study = read_study(self._path)
            self._html.content = content(self._study)
        except Exception as error:  # told until the file changes, which is when it is drawn again
            self._study = None
            self._html.content = cards(note(in_words(error), bad=stamp_ns > 0))
        self._keep.disabled = self._study is None or not self._study.front

    def _choose(self, event: Any) -> None:
        if event.client_id is None:  # the page itself, putting it back
            return
        if not self._page.may_command(event):
            self._folder.value = str(self._path)
            return
        self._path, self._stamp_ns = Path(self._folder.value), -1

    def _save(self, event: Any) -> None:
        study = self._study
        if study is None:
            return
        names = [preset_name(study, number) for number in study.front]
        presets = (
            Preset(name=name, robot=study.robot, task=study.task, planning=study.trial(number).planning)
            for number, name in zip(study.front, names, strict=True)
        )

        def keep() -> None:
            Staging.of(self._page).save(event, *presets)
            self._page.tell(event, "Kept", ", ".join(names))

        self._page.attempt(event, keep, refusal="Not kept")


def content(study: StudyView) -> str:
    """The chart, the front, and how far the study is."""
    colours = ";".join(f"--{name}:rgb{rgb}" for name, rgb in INKS.items()) + f";--paper:rgb{PAPER}"
    drawn = "".join(
        svg(chart, pareto.WIDTH, pareto.HEIGHT, "trials and front", letters=LETTERS)
        for chart in pareto_charts(study, legend=False)
    )
    sheet = f'<figure style="{colours};background:var(--paper);border-radius:4px">{drawn}</figure>'
    rows = [_row(study, number) for number in study.chosen[:SHOWN]]
    head = ("trial", "reached", "plan ms", "99 % ms")
    front = table("front, and the checkpoint's own", rows, head=head)
    changes = [note(_changes(study, number)) for number in study.chosen[:SHOWN]]
    return cards(note(progress(study)), sheet, note(KEYS), front, *changes)


def progress(study: StudyView) -> str:
    """How far the study is, in one sentence."""
    trials = f"{study.task}: {study.ended} of {study.budget} trials, {len(study.front)} on the front"
    if study.finished:
        return f"{trials}; finished."
    if study.ended < study.budget:
        return f"{trials}; at work, or to go on with the same command."
    return f"{trials}; the front is being measured again."


def _row(study: StudyView, number: int) -> tuple[str, ...]:
    trial = study.trial(number)
    figures = trial.confirmed or trial.figures
    if figures is None:
        return (str(number), "", "", "")
    return (
        str(number),
        f"{figures.successes} of {figures.episodes}",
        f"{figures.plan_ms_p50:.1f}",
        f"{figures.plan_ms_p99:.1f}",
    )


def _changes(study: StudyView, number: int) -> str:
    """A trial's settings in a line that wraps; in a column of the table they were cut."""
    if number == study.baseline:
        return f"{number}: the checkpoint's own"
    changed = differences(study, study.trial(number))
    return f"{number}: " + ", ".join(f"{name} {short(value)}" for name, value in changed.items())
