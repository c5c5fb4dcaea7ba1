"""All that the tab about settings has, together."""

from dataclasses import replace

import pytest

from .conftest import VIEWER, click

pytest.importorskip("viser")
from wm_robot.dashboard.staging import PROVED
from wm_robot.dashboard.tuning_panel import TuningPanel


@pytest.fixture
def panel(page):
    return TuningPanel(page)


def test_a_viewer_saves_loads_and_rolls_back_nothing(panel, page):
    presets, shadow = panel._presets, panel._shadow
    presets._name.value = "mine"
    for button in (presets._save, presets._load, presets._rollback, shadow._switch):
        click(button, VIEWER)
    assert not page.subject.presets.exists()
    assert (page.planner.asked, shadow._shadow) == ([], None)


def test_a_rollback_returns_to_settings_that_had_proved_themselves(panel, page, staging, view):
    click(panel._presets._rollback)
    assert "no last good settings yet" in page.told[-1][1]
    good = staging.in_force
    for count in range(1, PROVED + 1):
        panel.show(view(count))
    bad = replace(good, search=replace(good.search, samples=4))
    staging.ask(bad, VIEWER)
    shown = view(11)
    decision = replace(shown.snapshot.decision, planning=bad)
    panel.show(replace(shown, snapshot=replace(shown.snapshot, decision=decision)))
    staging.ask(replace(bad, search=replace(bad.search, samples=6)), VIEWER)  # it has not proved itself
    click(panel._presets._rollback)
    assert page.planner.asked[-1].planning == good
    assert "samples" in panel._log._html.content
