"""Episodes as they are drawn, for every robot, before any simulation."""

import numpy as np
import pytest
from wm_sim.tasks.push import Push, contact_distance, puck_region
from wm_sim.tasks.reach import Reach

from wm_robot.core.seeding import rng
from wm_robot.robots import ROBOTS, get_robot


@pytest.fixture(params=list(ROBOTS))
def robot(request):
    return get_robot(request.param)


def inside(points, box):
    return np.all((points >= np.array(box.low)[:2]) & (points <= np.array(box.high)[:2]))


def draw(task, robot, count=200):
    return [task.sample(robot, rng(seed)) for seed in range(count)]


def test_reach_starts_far_from_its_goal(robot):
    # 25 cm, or 40 % of the workspace's diagonal where that is less: SO-101's is 0.33 m long.
    diagonal = np.linalg.norm(np.subtract(robot.workspace.high, robot.workspace.low))
    least = min(0.25, 0.4 * diagonal)
    for episode in draw(Reach(), robot):
        assert np.linalg.norm(episode.tip - episode.goal_tip) >= least


def test_push_starts_8_to_20_cm_from_its_goal(robot):
    for episode in draw(Push(), robot):
        distance = np.linalg.norm(episode.objects[0] - episode.goal_objects[0])
        assert 0.08 <= distance <= 0.20


def test_push_starts_without_touching(robot):
    for episode in draw(Push(), robot):
        gap = np.linalg.norm(episode.tip[:2] - episode.objects[0, :2]) - contact_distance(robot)
        assert gap >= 0.015 - 1e-9


def test_in_a_push_goal_the_tool_stands_behind_the_puck_with_a_gap(robot):
    for episode in draw(Push(), robot):
        way = (episode.goal_objects[0] - episode.objects[0])[:2]
        offset = (episode.goal_tip - episode.goal_objects[0])[:2]
        # Behind means exactly against the direction of the push.
        assert way @ offset == pytest.approx(-np.linalg.norm(way) * np.linalg.norm(offset))
        assert 0.002 <= np.linalg.norm(offset) - contact_distance(robot) <= 0.02


def test_pucks_lie_where_the_tool_can_get_behind_them(robot):
    region, box = puck_region(robot), Push().workspace(robot)
    for episode in draw(Push(), robot):
        assert inside(episode.objects[:, :2], region)
        assert inside(episode.goal_objects[:, :2], region)
        assert inside(episode.goal_tip[:2], box)
