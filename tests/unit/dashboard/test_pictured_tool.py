"""Where the tool is in the pictures of a goal."""

import numpy as np
import pytest

from wm_robot.core.types import Goal

pytest.importorskip("viser")
from wm_robot.dashboard import pictured_tool
from wm_robot.dashboard.goal_panel import GoalPanel
from wm_robot.dashboard.pictured_tool import tool_in_pictures


def test_the_tool_in_a_goals_pictures_is_where_the_arm_would_stand(mind, snapshots):
    # After twelve periods towards it the arm stands at the goal, as far as the shipped model goes.
    last = snapshots[-1]
    read = tool_in_pictures(last.goal, mind)
    np.testing.assert_allclose(read, last.observation.proprio, atol=0.03)
    assert tool_in_pictures(Goal(pose={"ee_x": 0.1}), mind) is None


def test_an_equal_goal_in_another_snapshot_is_read_once(page, view, pursued, settle, monkeypatch):
    read = []
    monkeypatch.setattr(pictured_tool, "tool_in_pictures", lambda goal, mind: read.append(goal))
    panel, goal = GoalPanel(page), view(1).snapshot.goal
    for _ in range(3):
        images = {name: image.copy() for name, image in goal.images.items()}
        panel.show(pursued(Goal(images=images)))
        settle(panel._pictured_tool._reading)
    assert len(read) == 1


def test_a_goal_that_comes_while_another_is_read_is_read_too(page, pursued, settle, monkeypatch):
    read = []
    monkeypatch.setattr(pictured_tool, "tool_in_pictures", lambda goal, mind: read.append(goal))
    panel, latents = GoalPanel(page), [Goal(latent=np.full(3, i)) for i in range(3)]
    for goal in latents:
        panel.show(pursued(goal))
    settle(panel._pictured_tool._reading)
    assert read[-1] is latents[-1]
