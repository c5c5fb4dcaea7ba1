"""The arm and what stands on the table as meshes of viser, from the scene that the simulation uses."""

from typing import Any

import numpy as np
import trimesh
from wm_sim.scene_view import BodyPoses, Shape, free_objects, visible_shapes

from wm_robot.core.arrays import FloatArray

SECTIONS = 24
"""Of a round shape: smooth enough to look at, small enough to send."""


class RobotModel:
    """Shows the shapes of a MuJoCo model, each body under a frame of its own, and moves those frames.

    Args:
        scene: of viser.
        model: compiled scene.
        left_out: names of shapes that are not shown.
    """

    def __init__(self, scene: Any, model: Any, left_out: tuple[str, ...] = ()) -> None:
        self._poses, self._free = BodyPoses(model), free_objects(model)
        self._frames: dict[int, Any] = {}
        for number, shape in enumerate(visible_shapes(model)):
            if shape.name in left_out:
                continue
            if shape.body not in self._frames:
                self._frames[shape.body] = scene.add_frame(f"/model/{shape.body}", show_axes=False)
            mesh = _mesh(shape)
            scene.add_mesh_simple(
                f"/model/{shape.body}/{number}",
                mesh.vertices,
                mesh.faces,
                color=tuple(int(255 * c) for c in shape.rgba[:3]),
                flat_shading=shape.kind in ("box", "cylinder"),
                wxyz=shape.quat_wxyz,
                position=shape.p_BG,
            )

    def place(self, joints: dict[str, float], objects: dict[str, FloatArray]) -> None:
        """Show joint positions, rad, by name, and poses (7,) of free objects by name; others are hidden."""
        poses = self._poses.at(joints, objects)
        for body, frame in self._frames.items():
            frame.position, frame.wxyz = poses[body]
        for name, body in self._free.items():  # a real one may be anywhere
            if body in self._frames:
                self._frames[body].visible = name in objects


def _mesh(shape: Shape) -> trimesh.Trimesh:
    """Around the shape's own origin."""
    radius, half, *_ = shape.size
    if shape.kind == "box":
        return trimesh.creation.box(extents=2 * shape.size)
    if shape.kind == "cylinder":
        return trimesh.creation.cylinder(radius=radius, height=2 * half, sections=SECTIONS)
    if shape.kind == "capsule":
        capsule = trimesh.creation.capsule(height=2 * half, radius=radius, count=[SECTIONS, SECTIONS])
        capsule.apply_translation(-capsule.bounds.mean(axis=0))  # some versions begin at one end
        return capsule
    ball = trimesh.creation.icosphere(subdivisions=2)
    ball.vertices = np.asarray(ball.vertices) * (radius if shape.kind == "sphere" else shape.size)
    return ball
