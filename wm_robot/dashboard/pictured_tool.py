"""A ball in the scene where the model reads the tool in the pictures of the goal."""

from typing import Any

import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import Goal
from wm_robot.dashboard import colours
from wm_robot.dashboard.analysis import Analysis
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import Mind, View
from wm_robot.insight.same_goal import same_goal

MARKER_M = 0.012


class PicturedTool:
    """The ball; `show` tells it of the goal, which it has read where it is another one."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._goal: Goal | None = None
        self._ball: Any = None
        self._reading: Analysis[tuple[Goal, Mind], tuple[FloatArray | None]] = Analysis(
            page, _read, self._place, lambda problem: None
        )

    def show(self, view: View) -> None:
        goal = view.snapshot.goal
        if view.mind is not None and (self._goal is None or not same_goal(goal, self._goal)):
            self._goal = goal
            self._reading.of((goal, view.mind))

    def _place(self, read: tuple[FloatArray | None]) -> None:
        (place,) = read
        if place is not None and self._ball is None:
            self._ball = self._page.scene.add_icosphere(
                "/goal_pictured", radius=MARKER_M, color=colours.GREEN, opacity=0.6
            )
        if self._ball is not None:
            self._ball.visible = place is not None
            if place is not None:
                self._ball.position = tuple(place)


def _read(question: tuple[Goal, Mind]) -> tuple[FloatArray | None]:
    goal, mind = question
    with mind.lock:
        return (tool_in_pictures(goal, mind),)


def tool_in_pictures(goal: Goal, mind: Mind) -> FloatArray | None:
    """Where the model reads the tool in a goal's pictures (3,), m; None where it cannot."""
    stats = mind.model.config.proprio
    if goal.images is None or not {"ee_x", "ee_y"} <= set(stats.names):
        return None
    read = mind.model.read_proprio(mind.model.encode_goal(goal)) * stats.std + stats.mean
    place = np.zeros(3)
    for name, value in zip(stats.names, read, strict=True):
        if name in ("ee_x", "ee_y", "ee_z"):
            place["xyz".index(name[-1])] = value
    return place
