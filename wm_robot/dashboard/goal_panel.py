"""What the arm is to reach, and a pose to be reached that is dragged."""

from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np

from wm_robot.core.types import Goal
from wm_robot.dashboard import colours
from wm_robot.dashboard.deeds import goal_in_words
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.picture_goals import PictureGoals
from wm_robot.dashboard.pictured_tool import MARKER_M, PicturedTool
from wm_robot.dashboard.pictures import enlarged, side_by_side
from wm_robot.insight.same_goal import same_goal
from wm_robot.runtime.watch.requests import Aim

PICTURE_PX = 120
GIZMO_M = 0.12
THINGS = {"tool": "ee", "puck": "puck"}
"""What can be given a pose, and how its quantities begin."""


class GoalPanel:
    """What is pursued, and what may be pursued instead: the episode's own goal, a pose, or pictures."""

    title, place = "Goal", "control"

    def __init__(self, page: Page) -> None:
        self._page, gui = page, page.gui
        self._senses = page.model_config.observation_space
        self._workspace = page.workspace
        self._things = targets((*page.model_config.proprio.names, *page.model_config.probe.names))
        self._shown_goal: Goal | None = None
        self._told: Any = gui.add_markdown("Nothing is pursued yet.")
        height, width = PICTURE_PX, 2 * PICTURE_PX
        blank = np.full((height, width, 3), 235, np.uint8)
        self._pictures = {name: gui.add_image(blank, label=f"Camera {name}") for name in self._senses.cameras}
        self._own = gui.add_button("The episode's own goal", hint="Pursue what the episode began with.")
        self._own.on_click(lambda event: self._aim(event, None))
        if self._things:
            with gui.add_folder("A pose"):
                self._build_pose(gui)
        self._picture_goals, self._pictured_tool = PictureGoals(page), PicturedTool(page)

    def _build_pose(self, gui: Any) -> None:
        low, high = np.array(self._workspace.low), np.array(self._workspace.high)
        thing = next(iter(self._things))
        self._thing = gui.add_dropdown("Of the", tuple(self._things), initial_value=thing)
        self._thing.on_update(self._choose_thing)
        self._place = gui.add_vector3(
            "Position (mm)",
            millimetres((low + high) / 2),
            min=millimetres(low),
            max=millimetres(high),
            step=5.0,
            hint="World frame: the first joint's axis is z, the table's top z = 0.",
        )
        self._place.on_update(self._follow_numbers)
        self._go = gui.add_button("Go there", hint="Pursue this pose. Dragging the arrows does the same.")
        self._go.on_click(self._aim_at_pose)
        limits: Any = tuple(zip(low.tolist(), high.tolist(), strict=True))
        self._gizmo = self._page.scene.add_transform_controls(
            "/goal",
            scale=GIZMO_M,
            disable_rotations=True,
            depth_test=False,
            active_axes=self._active(thing),
            translation_limits=limits,
            position=tuple((low + high) / 2),
        )
        self._gizmo.on_update(self._follow_gizmo)
        self._ball = self._page.scene.add_icosphere(
            "/goal_posed", radius=MARKER_M, color=colours.GREEN, visible=False
        )

    def show(self, view: View) -> None:
        snapshot = view.snapshot
        self._told.content = f"**Pursued:** {escape(goal_in_words(snapshot.goal))}"
        for name, shown in self._pictures.items():
            images = [snapshot.observation.images[name]]
            pictured = snapshot.goal.images is not None
            if snapshot.goal.images is not None:
                images.append(snapshot.goal.images[name])
            shown.label = f"Camera {name}: now, goal" if pictured else f"Camera {name}: now"
            shown.image = side_by_side([enlarged(image, PICTURE_PX) for image in images])
        goal = snapshot.goal
        if self._shown_goal is None or not same_goal(goal, self._shown_goal):
            self._shown_goal = goal
            if self._things:
                self._place_ball(goal)
        self._picture_goals.show(view)
        self._pictured_tool.show(view)

    def _place_ball(self, goal: Goal) -> None:
        """Ball, arrows and numbers where the goal's pose is; without one no ball can be taken for it."""
        posed = [thing for thing in self._things if f"{THINGS[thing]}_x" in (goal.pose or {})]
        self._ball.visible = bool(posed)
        if goal.pose is None or not posed:
            return
        names = (f"{THINGS[posed[0]]}_{axis}" for axis in "xyz")
        x, y, z = (
            float(goal.pose.get(name, at)) for name, at in zip(names, self._gizmo.position, strict=True)
        )
        self._thing.value, self._gizmo.active_axes = posed[0], self._active(posed[0])
        self._ball.position = self._gizmo.position = (x, y, z)
        self._place.value = millimetres((x, y, z))

    def _active(self, thing: str) -> tuple[bool, bool, bool]:
        axes = self._things[thing]
        return ("x" in axes, "y" in axes, "z" in axes)

    def _choose_thing(self, event: Any) -> None:
        del event
        self._gizmo.active_axes = self._active(self._thing.value)

    def _follow_numbers(self, event: Any) -> None:
        if event.client is not None:
            self._gizmo.position = tuple(x / 1000 for x in self._place.value)

    def _follow_gizmo(self, event: Any) -> None:
        self._place.value = millimetres(self._gizmo.position)
        if event.phase == "end":
            self._aim_at_pose(event)

    def _aim(self, event: Any, goal: Goal | None) -> None:
        if self._page.may_command(event):
            self._page.ask(Aim(goal=goal), event)

    def _aim_at_pose(self, event: Any) -> None:
        place = np.clip(self._gizmo.position, self._workspace.low, self._workspace.high)
        axes, begin = self._things[self._thing.value], THINGS[self._thing.value]
        self._aim(event, Goal(pose={f"{begin}_{axis}": float(place["xyz".index(axis)]) for axis in axes}))


def millimetres(position: Iterable[float]) -> tuple[float, float, float]:
    """A position in metres as whole millimetres: three numbers in one line have room for as many digits."""
    x, y, z = (float(round(1000 * part)) for part in position)
    return x, y, z


def targets(names: tuple[str, ...]) -> dict[str, str]:
    """Axes by what can be given a pose, such as {"tool": "xyz"}, of quantities that the model reads."""
    found = {
        thing: "".join(axis for axis in "xyz" if f"{begin}_{axis}" in names)
        for thing, begin in THINGS.items()
    }
    return {thing: axes for thing, axes in found.items() if axes}
