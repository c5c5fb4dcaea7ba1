"""Goals are compared by what they hold."""

from copy import deepcopy

import numpy as np

from wm_robot.core.types import Goal
from wm_robot.insight.same_goal import same_goal


def test_goals_are_the_same_by_content():
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    goals = [
        Goal(images={"front": black}),
        Goal(images={"front": white}),
        Goal(images={"top": black}),
        Goal(pose={"ee_x": 0.1}),
        Goal(pose={"ee_x": 0.2}),
        Goal(latent=np.zeros(3)),
        Goal(latent=np.ones(3)),
    ]
    for i, one in enumerate(goals):
        assert [same_goal(one, deepcopy(other)) for other in goals] == [i == j for j in range(len(goals))]
