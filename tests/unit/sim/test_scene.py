"""Cameras show what a task needs to see."""

import itertools

import numpy as np
import pytest
from wm_sim.scene import CAMERAS, FIELD_OF_VIEW_DEG, camera_pose
from wm_sim.tasks.push import Push
from wm_sim.tasks.reach import Reach

from wm_robot.robots import get_robot


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("task", [Push, Reach])
@pytest.mark.parametrize("robot", ["panda", "so101", "ur5e"])
def test_every_corner_of_the_workspace_is_in_the_picture(robot, task, camera):
    box = task().workspace(get_robot(robot))
    p_WC, (w, x, y, z) = camera_pose(camera, box)
    R_WC = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    half_picture = np.tan(np.deg2rad(FIELD_OF_VIEW_DEG / 2))
    for corner in itertools.product(*zip(box.low, box.high, strict=True)):
        right, up, backward = R_WC.T @ (np.array(corner) - p_WC)
        assert max(abs(right), abs(up)) / -backward < half_picture
