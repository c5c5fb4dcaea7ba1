"""Presets, the way back, a planner in the shadow, and who changed what."""

from collections import deque
from html import escape
from typing import Any

import numpy as np

from wm_robot.core.errors import WmrError
from wm_robot.core.files import write_atomic
from wm_robot.dashboard.analysis import Analysis
from wm_robot.dashboard.cards import cards, note, table
from wm_robot.dashboard.charts import Line, chart
from wm_robot.dashboard.guarded import GuardedBackend
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.staging import Staging
from wm_robot.insight.audit import NOT_BEFORE, Change
from wm_robot.insight.comparison import Comparison, Instant
from wm_robot.insight.presets import Preset, ros_parameters
from wm_robot.insight.shadow import Shadow
from wm_robot.planners.planning import planning_from_json

CHECKPOINT = "(the checkpoint's own)"
SHOWN_CHANGES = 12
REMEMBERED = 60


class TuningPanel:
    """All of it is about settings; see `Staging`."""

    title, place = "Tuning", "control"

    def __init__(self, page: Page) -> None:
        self._page, self._staging = page, Staging.of(page)
        self._shadow: Shadow | None = None
        self._comparisons: deque[Comparison] = deque(maxlen=REMEMBERED)
        self._replacing, self._log_stamp_ns = "", 0
        self._add_presets(page.gui)
        self._add_shadow(page.gui)
        with page.gui.add_folder("Audit log"):
            self._log: Any = page.gui.add_html("")
        self._analysis = Analysis(page, self._compare, self._draw_shadow, self._fail)
        self._draw_presets()
        self._draw_log()
        self._staging.listeners.append(self._draw_log)
        self._staging.preset_listeners.append(lambda: self._draw_presets(self._choice.value))

    def show(self, view: View) -> None:
        self._staging.saw(view.snapshot)
        self._draw_log_where_new()
        if self._shadow is not None and view.mind is not None and view.snapshot.decision is not None:
            self._analysis.of(view)

    def _add_presets(self, gui: Any) -> None:
        with gui.add_folder("Presets"):
            self._choice: Any = gui.add_dropdown(
                "preset", (CHECKPOINT,), initial_value=CHECKPOINT, hint="Named settings, a file each."
            )
            self._load: Any = gui.add_button(
                "Load into the planner's tab", hint="Staged there, not yet applied."
            )
            self._name: Any = gui.add_text("save as", initial_value="", hint="Name of a preset, new or old.")
            self._save: Any = gui.add_button("Save staged settings", hint="Needs the token.")
            self._rollback: Any = gui.add_button(
                "Roll back to the last good settings",
                color="orange",
                hint="Those in force before the newest change, if they had run 10 periods without a fault. "
                "Needs the token.",
            )
            self._broken: Any = gui.add_html("", visible=False)
        self._load.on_click(lambda event: self._page.attempt(event, lambda: self._on_load(event)))
        self._save.on_click(lambda event: self._page.attempt(event, lambda: self._on_save(event)))
        self._rollback.on_click(lambda event: self._page.attempt(event, lambda: self._on_rollback(event)))

    def _add_shadow(self, gui: Any) -> None:
        with gui.add_folder("Shadow"):
            self._switch: Any = gui.add_button(
                "Shadow the staged settings",
                hint="Another planner with the staged settings plans beside the live one; it moves nothing.",
            )
            self._shadow_html: Any = gui.add_html(cards(note("No planner in the shadow.")))
        self._switch.on_click(lambda event: self._page.attempt(event, lambda: self._on_switch(event)))

    def _on_load(self, event: Any) -> None:
        name = self._choice.value
        if name == CHECKPOINT:
            self._staging.stage_all(planning_from_json(self._page.model_config.planning))
        else:
            presets, _ = self._staging.presets.read()
            if name not in presets:
                self._draw_presets()
                raise WmrError(f"preset {name!r} is gone or broken; the list is read again")
            presets[name].check_robot(self._page.subject.robot)
            self._staging.stage_all(presets[name].planning)
        changes = len(self._staging.differences())
        self._page.tell(
            event, "Staged", f"{changes} settings differ from those in force; apply them under Planner."
        )

    def _on_save(self, event: Any) -> None:
        subject = self._page.subject
        preset = Preset(
            name=self._name.value.strip(),
            robot=subject.robot,
            task=subject.task,
            planning=self._staging.planning(),
        )
        if preset.name in self._staging.presets.read()[0] and self._replacing != preset.name:
            self._replacing = preset.name
            raise WmrError(f"there is a preset {preset.name!r} already; save again to replace it")
        self._replacing = ""
        (file,) = self._staging.save(event, preset)
        write_atomic(file.with_suffix(".yaml"), ros_parameters(preset).encode())
        self._draw_presets(preset.name)
        self._page.tell(
            event, "Saved", f"{file}: wmr run --config {file}; as ROS parameters beside it (.yaml)"
        )

    def _on_rollback(self, event: Any) -> None:
        self._staging.roll_back(event)
        self._draw_log()

    def _on_switch(self, event: Any) -> None:
        if self._shadow is not None:
            self._shadow = None
            self._switch.label = "Shadow the staged settings"
            return
        space = self._page.model_config.action_space
        self._comparisons.clear()
        self._shadow = Shadow(self._staging.planning(), space.nu, space.dt_s)
        self._switch.label = "Stop the shadow"
        self._shadow_html.content = cards(note("Waiting for the next plan …"))

    def _compare(self, view: View) -> Comparison | None:
        shadow, mind, decision = self._shadow, view.mind, view.snapshot.decision
        if shadow is None or mind is None or decision is None:
            return None
        return shadow.plan(
            Instant(
                decision=decision, goal=view.snapshot.goal, model=mind.model, backend=GuardedBackend(mind)
            )
        )

    def _fail(self, problem: str) -> None:
        self._shadow_html.content = cards(note(f"The shadow cannot plan: {problem}", bad=True))

    def _draw_shadow(self, newest: Comparison) -> None:
        if self._shadow is None:
            return
        self._comparisons.append(newest)
        plans = range(1 - len(self._comparisons), 1)
        space = self._page.model_config.action_space
        half = (np.array(space.high) - np.array(space.low)) / 2
        first = [
            (f"first {name} ({unit})", f"{a:.4f}", f"{b:.4f}")
            for name, unit, a, b in zip(
                space.names, space.units, newest.live[0] * half, newest.other[0] * half, strict=True
            )
        ]
        rows = [
            ("cost, as live counts it", f"{newest.live_cost:.4g}", f"{newest.other_cost:.4g}"),
            ("search", f"{1e3 * newest.live_s:.1f} ms", f"{1e3 * newest.other_s:.1f} ms"),
            *first,
        ]
        cheaper = sum(each.other_cost < each.live_cost for each in self._comparisons)
        self._shadow_html.content = cards(
            table(f"Plan {newest.plan_id}", rows, head=("", "live", "shadow")),
            note(
                f"The shadow is cheaper in {cheaper} of {len(self._comparisons)} plans; "
                f"the first actions differ by {newest.difference:.2f} half ranges."
            ),
            note(
                f"It began {'with its own last plan' if newest.warm else 'cold'}, and has no deadline. Its time is "
                "that of one thread, which runs when nothing else does."
            ),
            chart(
                "Cost, as live counts it",
                [
                    Line(label="live", x=plans, y=[c.live_cost for c in self._comparisons]),
                    Line(label="shadow", x=plans, y=[c.other_cost for c in self._comparisons]),
                ],
                x_label="plans ago",
            ),
        )

    def _draw_presets(self, chosen: str = CHECKPOINT) -> None:
        presets, broken = self._staging.presets.read()
        self._choice.options = (CHECKPOINT, *presets)
        self._choice.value = chosen if chosen in (CHECKPOINT, *presets) else CHECKPOINT
        self._broken.visible = bool(broken)
        self._broken.content = cards(*(note(f"{file} is left out: {why}") for file, why in broken.items()))

    def _draw_log_where_new(self) -> None:
        """The page's shell notes what it does too, in its own process."""
        try:
            stamp_ns = self._staging.audit.path.stat().st_mtime_ns
        except OSError:
            return
        if stamp_ns != self._log_stamp_ns:
            self._log_stamp_ns = stamp_ns
            self._draw_log()

    def _draw_log(self) -> None:
        try:
            changes, broken = self._staging.audit.read()
        except WmrError as error:
            self._log.content = cards(note(str(error), bad=True))
            return
        self._log.content = cards(audit_table(changes, broken))


def audit_table(changes: list[Change], broken: int) -> str:
    """The newest changes first."""
    if not changes:
        return note("Nobody has changed anything yet.")
    rows = "".join(
        f"<tr><td>{escape(c.when[5:19].replace('T', ' '))}</td><td>{escape(c.field)}</td>"
        f"<td>{_changed(c)}</td></tr>"
        f'<tr class="quiet"><td></td><td colspan="2">{escape(c.who)}</td></tr>'
        for c in reversed(changes[-SHOWN_CHANGES:])
    )
    more = f", {broken} lines unreadable" if broken else ""
    return (
        f'<figure class="wide"><figcaption>{len(changes)} changes{more} (UTC)</figcaption>'
        f"<table>{rows}</table></figure>"
    )


def _changed(change: Change) -> str:
    after = escape(str(change.after))
    return after if change.before == NOT_BEFORE else f"{escape(str(change.before))} → {after}"
