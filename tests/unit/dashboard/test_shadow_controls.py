"""A planner in the shadow, as the page shows it."""

import pytest

from .conftest import click

pytest.importorskip("viser")
from wm_robot.dashboard.staging import Staging
from wm_robot.dashboard.tuning_panel import TuningPanel


def test_a_shadow_compares_and_commands_nothing(page, view, settle):
    panel = TuningPanel(page)
    controls = panel._shadow
    Staging.of(page).stage("samples", 16)
    click(controls._switch)
    assert controls._switch.label == "Stop the shadow"
    for count in (3, 4):
        panel.show(view(count))
        settle(controls._analysis)
    assert "plans; the first actions differ" in controls._html.content
    assert "It began with its own last plan, and has no deadline" in controls._html.content
    assert len(controls._comparisons) == 2
    assert page.planner.asked == []
    click(controls._switch)
    panel.show(view(5))
    assert not page.busy(controls._analysis)


def test_what_an_older_shadow_planned_is_not_shown_as_the_newer_ones(page, view, settle):
    controls = TuningPanel(page)._shadow
    Staging.of(page).stage("samples", 16)
    click(controls._switch)
    late = controls._compare(view(3))
    click(controls._switch)
    click(controls._switch)
    controls._draw(late)
    assert len(controls._comparisons) == 0
    assert "Waiting for the next plan" in controls._html.content
