"""An instant planned again with other settings."""

import numpy as np
import pytest

from .conftest import VIEWER, click

pytest.importorskip("viser")
from wm_robot.dashboard.staging import Staging
from wm_robot.dashboard.what_if_panel import WhatIfPanel


@pytest.fixture
def panel(page, view):
    panel = WhatIfPanel(page)
    panel.show(view(4))
    return panel


def test_both_plans_are_compared_and_drawn(panel, page, settle, snapshots):
    Staging.of(page).stage("planner", "mppi")
    click(panel._ask, VIEWER)  # it commands nothing, so everybody may
    settle(panel._question)
    assert "plan 3 of episode 0, period 3" in panel._html.content
    assert "Otherwise: mppi, 128 candidates × 5 rounds, 2 steps ahead, costs posture." in panel._html.content
    lines = [handle for handle in panel._drawn if "end" not in handle.name]
    assert [line.points.shape for line in lines] == [(2, 2, 3)] * 2
    # Both begin where the tip was seen.
    np.testing.assert_allclose(
        [line.points[0, 0] for line in lines], [snapshots[3].observation.proprio] * 2, atol=1e-6
    )
    assert not np.array_equal(lines[0].points, lines[1].points)
    assert page.planner.asked == []
    click(panel._clear, VIEWER)
    assert (panel._drawn, panel._clear.disabled) == ([], True)


def test_with_nothing_staged_the_plan_comes_out_the_same(panel, settle):
    click(panel._ask, VIEWER)
    settle(panel._question)
    assert "both plans should be the same" in panel._html.content
    lines = [handle for handle in panel._drawn if "end" not in handle.name]
    np.testing.assert_array_equal(lines[0].points, lines[1].points)


def test_what_cannot_be_planned_is_said(panel, page, settle, view):
    Staging.of(page).stage("knots", 9)
    click(panel._ask, VIEWER)
    assert page.told[-1][0] == "Not valid together"
    panel.show(view(4, mind=None))
    click(panel._ask, VIEWER)
    assert page.told[-1][0] == "Not yet"
