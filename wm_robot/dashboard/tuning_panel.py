"""Presets, the way back, a planner in the shadow, and who changed what."""

from wm_robot.dashboard.audit_view import AuditView
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.preset_controls import PresetControls
from wm_robot.dashboard.shadow_controls import ShadowControls
from wm_robot.dashboard.staging import Staging


class TuningPanel:
    """All of it is about settings; see `Staging`."""

    title, place = "Tuning", "control"

    def __init__(self, page: Page) -> None:
        self._staging = Staging.of(page)
        self._presets = PresetControls(page)
        self._shadow = ShadowControls(page)
        self._log = AuditView(page)

    def show(self, view: View) -> None:
        self._staging.saw(view.snapshot)
        self._log.show()
        self._shadow.show(view)
