"""The audit log in the page."""

from dataclasses import replace

import pytest

from wm_robot.insight.audit import NOT_BEFORE, AuditLog

from .conftest import VIEWER

pytest.importorskip("viser")
from wm_robot.dashboard.audit_view import AuditView
from wm_robot.dashboard.tuning_panel import TuningPanel


def test_the_log_shows_what_another_process_has_noted(page, view):
    panel = TuningPanel(page)
    panel.show(view(1))
    AuditLog(page.audit.path).add("page at 10.0.0.2", {"stop": (NOT_BEFORE, "stopped: latched")})
    panel.show(view(2))
    assert "<td>stopped: latched</td>" in panel._log._html.content


def test_the_log_shows_the_newest_change_first(page, staging):
    log = AuditView(page)
    assert "Nobody has changed anything yet" in log._html.content
    staging.ask(replace(staging.in_force, budget_s=0.1), VIEWER)
    staging.ask(replace(staging.in_force, planner="mppi"), VIEWER)
    staging.discard()  # tells the listeners
    assert log._html.content.index("mppi") < log._html.content.index("budget_ms")
    assert "client 8" in log._html.content
