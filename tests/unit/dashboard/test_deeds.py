"""What people ask for, in words."""

from wm_robot.core.types import Goal
from wm_robot.dashboard.deeds import goal_in_words


def test_a_goal_in_words_has_units():
    assert goal_in_words(Goal(pose={"ee_x": 0.5, "ee_y": -0.1234})) == "ee_x = 0.500 m, ee_y = -0.123 m"


def test_no_goal_is_no_latent():
    assert "holds still" in goal_in_words(Goal())
