"""A pose to be reached, in numbers and in the scene."""

import numpy as np
import pytest

from wm_robot.core.types import Goal

pytest.importorskip("viser")
from wm_robot.dashboard.goal_panel import GoalPanel, targets


def test_what_can_be_given_a_pose_is_what_the_model_reads():
    assert targets(("ee_x", "ee_y", "ee_z")) == {"tool": "xyz"}
    assert targets(("ee_x", "ee_y", "puck_x", "puck_y")) == {"tool": "xy", "puck": "xy"}


def test_the_ball_is_where_the_pursued_pose_is_and_gone_without_one(page, view, pursued):
    panel = GoalPanel(page)
    assert not panel._ball.visible  # nothing is pursued yet
    panel.show(view(1))
    assert not panel._ball.visible  # pictures
    pose = {"ee_x": 0.5, "ee_y": -0.1, "ee_z": 0.2}
    panel.show(pursued(Goal(pose=pose)))
    assert panel._ball.visible
    for place in (panel._ball.position, panel._gizmo.position):
        assert tuple(np.round(place, 6)) == (0.5, -0.1, 0.2)
    assert panel._place.value == (500.0, -100.0, 200.0)
    panel.show(view(1))
    assert not panel._ball.visible
