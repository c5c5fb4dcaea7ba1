"""The 3-D scene: arm, table, goal, where the plan leads, and what must not be touched."""

from itertools import combinations, product
from typing import Any

import numpy as np
from wm_sim.make import TASKS
from wm_sim.task_scene import TaskScene

from wm_robot.core.arrays import FloatArray
from wm_robot.dashboard import colours
from wm_robot.dashboard.camera_view import CameraView, calibrated_places, simulated_places
from wm_robot.dashboard.model_facts import task_workspace
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.panel import View
from wm_robot.dashboard.robot_model import RobotModel
from wm_robot.insight.tip_paths import KIND, tip_paths, tip_when_seen
from wm_robot.robots import Box, get_robot
from wm_robot.runtime.watch.snapshot import Snapshot

VIEW_DEG = 40.0
"""Vertical field of view at first: a narrow one from further away shows less of the floor."""

DISTRACTIONS = ("floor", "wall")
"""Geoms of the simulation that would only stand in the way here."""


class Scene:
    """See the module."""

    def __init__(self, page: Page) -> None:
        self._scene, self._model = page.scene, page.model_config
        robot, task = get_robot(page.subject.robot), page.subject.task
        built = TaskScene(robot, TASKS.get(task or "reach")())  # nothing but the arm and its table in reach
        built.paint(None, 0)
        self.workspace = page.workspace
        self._robot = RobotModel(self._scene, built.model, DISTRACTIONS)
        self._robot.place(dict(zip(robot.joint_names, robot.home, strict=True)), {})
        self._scene.add_grid("/grid", width=3.0, height=3.0, position=(0.0, 0.0, -0.04), cell_size=0.1)
        add_box(self._scene, "/workspace", self.workspace, colours.SKY)
        if page.subject.station and page.subject.workspace is None:
            self._scene.add_label(
                "/workspace/label", "as the arm's description has it", position=self.workspace.low
            )
        cameras = self._model.observation_space.cameras
        places = (
            simulated_places(task_workspace(robot, task))
            if task
            else calibrated_places(page.subject.calibration, cameras)
        )
        self._cameras = CameraView(self._scene, self.workspace, cameras, places)
        for number, box in enumerate(page.subject.keep_out):
            add_box(self._scene, f"/keep_out/{number}", box, colours.VERMILION)
        self._plan: Any = None
        self._contacts: Any = None
        self._aim_camera(page)

    def show(self, view: View) -> None:
        snapshot = view.snapshot
        objects = {} if snapshot.simulation is None else dict(snapshot.simulation.objects)
        self._robot.place(dict(zip(snapshot.arm.joint_names, snapshot.arm.q, strict=True)), objects)
        self._cameras.show(snapshot)
        self._show_plan(snapshot)
        self._show_contacts(snapshot)

    def _show_plan(self, snapshot: Snapshot) -> None:
        if self._model.action_space.kind != KIND:
            return
        if snapshot.decision is None:  # an older plan would look like the one that is carried out
            if self._plan is not None:
                self._plan.visible = False
            return
        start, decision = tip_when_seen(snapshot, self._model.observation_space), snapshot.decision
        actions, space = decision.plan.actions[None], self._model.action_space
        (path,) = tip_paths(start, actions, space, decision.under_way)
        segments = np.stack([path[:-1], path[1:]], axis=1).astype(np.float32)  # (H, 2, 3)
        if self._plan is None or self._plan.points.shape != segments.shape:
            self._plan = self._scene.add_line_segments(
                "/plan", segments, colors=colours.VERMILION, thickness=0.006
            )
        else:
            self._plan.points, self._plan.visible = segments, True

    def _show_contacts(self, snapshot: Snapshot) -> None:
        points = np.empty((0, 3)) if snapshot.simulation is None else snapshot.simulation.contacts
        if self._contacts is None:
            self._contacts = self._scene.add_point_cloud(
                "/contacts", points, colors=colours.PURPLE, point_size=0.008, point_shape="circle"
            )
        elif len(points) or len(self._contacts.points):
            self._contacts.points = points

    def _aim_camera(self, page: Page) -> None:
        camera = page.server.initial_camera
        camera.position, camera.look_at = viewpoint(self.workspace)
        camera.up, camera.fov = (0.0, 0.0, 1.0), np.deg2rad(VIEW_DEG)


def viewpoint(workspace: Box) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """From where the scene is seen at first, and the point that is then in the middle, m."""
    centre = (np.array(workspace.low) + np.array(workspace.high)) / 2
    size = float(np.linalg.norm(np.subtract(workspace.high, workspace.low)))
    x, y, z = centre + size * np.array([3.2, 0.4, 1.8])
    to_x, to_y, to_z = centre + size * np.array([-0.15, 0.0, 0.25])
    return (x, y, z), (to_x, to_y, to_z)


def add_box(scene: Any, name: str, box: Box, colour: colours.Colour) -> None:
    """The twelve edges of a box."""
    scene.add_line_segments(name, edges(box).astype(np.float32), colour, thickness=0.004)


def edges(box: Box) -> FloatArray:
    """Ends (12, 2, 3) of the edges of a box, m."""
    corners = np.array(list(product(*zip(box.low, box.high, strict=True))))  # (8, 3)
    differing = [(a, b) for a, b in combinations(corners, 2) if np.count_nonzero(a != b) == 1]
    return np.array(differing)
