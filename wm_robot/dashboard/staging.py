"""Settings that somebody prepares, beside those in force: seen as a difference before they are applied."""

from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any
from weakref import WeakKeyDictionary

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.page import Page
from wm_robot.insight.presets import Preset, PresetFolder
from wm_robot.planners.planning import PlanningConfig, planning_from_json
from wm_robot.runtime.planner_settings import apply, planner_settings
from wm_robot.runtime.settings import Setting
from wm_robot.runtime.watch.requests import Tune
from wm_robot.runtime.watch.snapshot import Snapshot

PROVED = 10
"""Control periods without a fault or a missed deadline after which settings count as good."""

_all: "WeakKeyDictionary[Page, Staging]" = WeakKeyDictionary()


class Staging:
    """What the panels of one page share about settings.

    Args:
        page: asks the planner.

    Attributes:
        in_force: settings that the planner uses; those of the checkpoint before it told any.
        presets: named settings.
        audit: who changed what.
        listeners: called after every change of settings, staged ones or those in force, from any thread.
        preset_listeners: called after presets have been saved, from any thread.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._lock = page, RLock()
        own = planning_from_json(page.model_config.planning)
        self.in_force: PlanningConfig = page.subject.planning or own
        self._heard = False
        self.presets = PresetFolder(path=page.subject.presets)
        self.audit = page.audit
        self.listeners: list[Callable[[], None]] = []
        self.preset_listeners: list[Callable[[], None]] = []
        self._changes: dict[str, Any] = {}
        self._proved, self._last_index = 0, -1

    @classmethod
    def of(cls, page: Page) -> "Staging":
        """The one of `page`."""
        if page not in _all:
            _all[page] = cls(page)
        return _all[page]

    @property
    def settings(self) -> list[Setting]:
        """All settings; their defaults are the values in force."""
        return planner_settings(self.in_force)

    def values(self) -> dict[str, Any]:
        """Values of all settings by name, as staged or else as in force."""
        with self._lock:
            return {s.name: self._changes.get(s.name, s.default) for s in self.settings}

    def differences(self) -> dict[str, tuple[Any, Any]]:
        """Values in force and staged, by name, of the settings in which they differ."""
        with self._lock:
            values = {setting.name: setting.default for setting in self.settings}
            return {name: (values[name], new) for name, new in self._changes.items() if values[name] != new}

    def planning(self) -> PlanningConfig:
        """The settings in force with what is staged; raises WmrError where they do not fit each other."""
        with self._lock:
            return apply(self.in_force, {name: new for name, (_, new) in self.differences().items()})

    def stage(self, name: str, value: Any) -> None:
        """Prepare one value."""
        with self._lock:
            self._changes[name] = value
        self._tell()

    def stage_all(self, planning: PlanningConfig) -> None:
        """Prepare all that `planning` has otherwise than what is in force."""
        with self._lock:
            self._changes = {setting.name: setting.default for setting in planner_settings(planning)}
            self._changes = {name: new for name, (_, new) in self.differences().items()}
        self._tell()

    def discard(self) -> None:
        """Forget what is staged."""
        with self._lock:
            self._changes = {}
        self._tell()

    def save(self, event: Any, *presets: Preset) -> list[Path]:
        """Keep presets in files, noted; returns these. Raises WmrError; those before it are kept."""
        try:
            return [self._save(event, preset) for preset in presets]
        finally:
            for listener in self.preset_listeners:
                listener()

    def _save(self, event: Any, preset: Preset) -> Path:
        self._page.note(event, "preset", f"saved {preset.name}")
        return self.presets.save(preset)

    def ask(self, planning: PlanningConfig, event: Any, *, keep: bool = True) -> None:
        """Have the planner use `planning`, noted in the audit log; for someone who may command.

        Args:
            planning: the new settings.
            event: that caused it.
            keep: the settings in force as the last good ones, where they have proved themselves.

        Raises:
            WmrError: it cannot be noted, or nothing runs that could be asked; nothing is changed then.
        """
        if self._page.subject.replay is not None:
            raise WmrError("a recorded run has no planner to change; What if plans its moments again")
        before = {setting.name: setting.default for setting in self.settings}
        after = {setting.name: setting.default for setting in planner_settings(planning)}
        changed = {name: (before[name], new) for name, new in after.items() if before[name] != new}
        if keep and self._proved >= PROVED and changed:
            subject = self._page.subject
            good = Preset(name="good", robot=subject.robot, task=subject.task, planning=self.in_force)
            self.presets.keep_good(good, subject.arm)
        self.audit.add(self._page.who(event), changed)
        self._page.ask(
            Tune(planning=planning),
            event,
            done="In force: the next plan is made with these settings.",
            then=lambda: None if self._heard else self._adopt(planning),
        )

    def roll_back(self, event: Any) -> None:
        """Return to the last good settings of this arm, and forget what is staged; as `ask`.

        Those in force are what somebody flees from, however long they have run: they are not kept.
        """
        good = self.presets.last_good(self._page.subject.arm)
        good.check_robot(self._page.subject.robot)
        self.ask(good.planning, event, keep=False)
        self.discard()

    def saw(self, snapshot: Snapshot) -> None:
        """Learn what is in force; for the loop."""
        decision = snapshot.decision
        planning = snapshot.planning or (decision and decision.planning)
        self._heard = True
        if planning is not None:
            self._adopt(planning)
        if decision is not None and snapshot.index != self._last_index:
            self._last_index = snapshot.index
            bad = snapshot.arm.faults or decision.plan.deadline_missed
            self._proved = 0 if bad else self._proved + 1

    def _adopt(self, planning: PlanningConfig) -> None:
        if planning == self.in_force:
            return
        with self._lock:
            self.in_force, self._proved = planning, 0
            self._changes = {name: new for name, (_, new) in self.differences().items()}
        self._tell()

    def problem(self) -> str:
        """Why what is staged cannot be applied; "" where it can."""
        try:
            self.planning()
        except WmrError as error:
            return str(error)
        return ""

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()
