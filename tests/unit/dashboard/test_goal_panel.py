"""Goals from what people have: poses, files, frames."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from wm_robot.core.errors import WmrError
from wm_robot.core.spaces import ObservationSpace
from wm_robot.core.types import Goal

pytest.importorskip("viser")

from wm_robot.dashboard import goal_panel
from wm_robot.dashboard.deeds import goal_in_words
from wm_robot.dashboard.fan import graded
from wm_robot.dashboard.goal_panel import GoalPanel, targets, tool_in_pictures
from wm_robot.dashboard.pictures import enlarged, picture_goal, read_upload, side_by_side

SENSES = ObservationSpace(cameras=("front", "top"), image_size=(4, 4), proprio_names=("ee_x",))


def test_what_can_be_given_a_pose_is_what_the_model_reads():
    assert targets(("ee_x", "ee_y", "ee_z")) == {"tool": "xyz"}
    assert targets(("ee_x", "ee_y", "puck_x", "puck_y")) == {"tool": "xy", "puck": "xy"}


def test_a_goal_in_words_has_units():
    assert goal_in_words(Goal(pose={"ee_x": 0.5, "ee_y": -0.1234})) == "ee_x = 0.500 m, ee_y = -0.123 m"


def test_a_picture_of_any_size_becomes_the_models():
    images = {"front": np.zeros((8, 8, 3), np.uint8), "top": np.full((6, 9, 3), 7, np.uint8)}
    goal = picture_goal(images, SENSES)
    assert {name: image.shape for name, image in goal.images.items()} == {
        "front": (4, 4, 3),
        "top": (4, 4, 3),
    }


def test_a_goal_needs_a_picture_for_each_camera():
    with pytest.raises(WmrError, match="no picture for top"):
        picture_goal({"front": np.zeros((8, 8, 3), np.uint8)}, SENSES)


def test_an_uploaded_picture_keeps_its_colours():
    red_rgb = np.zeros((5, 6, 3), np.uint8)
    red_rgb[..., 0] = 200
    content = cv2.imencode(".png", red_rgb[..., ::-1])[1].tobytes()
    np.testing.assert_array_equal(read_upload("red.png", content), red_rgb)


@pytest.mark.parametrize("content", [b"", b"GIF89a no picture"])
def test_an_upload_that_is_no_picture_is_refused_by_name(content):
    with pytest.raises(WmrError, match=r"notes\.txt is no picture"):
        read_upload("notes.txt", content)


def test_pictures_are_enlarged_by_whole_pixels_and_set_side_by_side():
    small = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    large = enlarged(small, 5)
    assert large.shape == (6, 6, 3)  # three times as large: the first whole number that reaches 5
    np.testing.assert_array_equal(large[3:, :3], np.broadcast_to(small[1, 0], (3, 3, 3)))
    assert side_by_side([large, large]).shape == (6, 16, 3)  # and a gap of 4


def test_the_tool_in_a_goals_pictures_is_where_the_arm_would_stand(mind, snapshots):
    # After twelve periods towards it the arm stands at the goal, as far as the shipped model goes.
    last = snapshots[-1]
    read = tool_in_pictures(last.goal, mind)
    np.testing.assert_allclose(read, last.observation.proprio, atol=0.03)
    assert tool_in_pictures(Goal(pose={"ee_x": 0.1}), mind) is None


@pytest.fixture
def pursued(view):
    """A function that makes the view of a goal."""

    def make(goal):
        shown = view(1)
        return replace(shown, snapshot=replace(shown.snapshot, goal=goal))

    return make


def test_the_ball_is_where_the_pursued_pose_is_and_gone_without_one(page, view, pursued):
    panel = GoalPanel(page)
    assert not panel._ball.visible  # nothing is pursued yet
    panel.show(view(1))
    assert not panel._ball.visible  # pictures
    pose = {"ee_x": 0.5, "ee_y": -0.1, "ee_z": 0.2}
    panel.show(pursued(Goal(pose=pose)))
    assert panel._ball.visible
    for place in (panel._ball.position, panel._gizmo.position, panel._place.value):
        assert tuple(np.round(place, 6)) == (0.5, -0.1, 0.2)
    panel.show(view(1))
    assert not panel._ball.visible


def test_an_equal_goal_in_another_snapshot_is_read_once(page, view, settle, monkeypatch):
    read = []
    monkeypatch.setattr(goal_panel, "tool_in_pictures", lambda goal, mind: read.append(goal))
    panel, shown = GoalPanel(page), view(1)
    for _ in range(3):
        images = {name: image.copy() for name, image in shown.snapshot.goal.images.items()}
        panel.show(replace(shown, snapshot=replace(shown.snapshot, goal=Goal(images=images))))
        settle(panel._marking)
    assert len(read) == 1


def test_a_goal_that_comes_while_another_is_read_is_read_too(page, view, pursued, settle, monkeypatch):
    read = []
    monkeypatch.setattr(goal_panel, "tool_in_pictures", lambda goal, mind: read.append(goal))
    panel, latents = GoalPanel(page), [Goal(latent=np.full(3, i)) for i in range(3)]
    for goal in latents:
        panel.show(pursued(goal))
    settle(panel._marking)
    assert read[-1] is latents[-1]


def test_candidates_are_coloured_by_rank_cheap_ones_bright():
    colours = graded(np.array([5.0, 1.0, np.inf]))
    brightness = colours.sum(axis=1)
    assert brightness[1] > brightness[0] > brightness[2]
