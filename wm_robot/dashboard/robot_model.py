"""The arm and what stands on the table as meshes of viser, from the scene that the simulation uses."""

from typing import Any

import mujoco
import numpy as np
import trimesh

from wm_robot.core.arrays import FloatArray

GEOM = mujoco.mjtGeom


class RobotModel:
    """Shows the geoms of a MuJoCo model, each body under a frame of its own, and moves those frames.

    Args:
        scene: of viser.
        model: compiled.
        left_out: names of geoms that are not shown.
    """

    def __init__(self, scene: Any, model: mujoco.MjModel, left_out: tuple[str, ...] = ()) -> None:
        self._model, self._data = model, mujoco.MjData(model)
        self._frames: dict[int, Any] = {}
        for i in range(model.ngeom):
            geom = model.geom(i)
            colour = model.geom_rgba[i]
            if colour[3] == 0.0 or geom.name in left_out:
                continue
            body = int(geom.bodyid[0])
            if body not in self._frames:
                self._frames[body] = scene.add_frame(f"/model/{body}", show_axes=False)
            mesh = _mesh(int(geom.type[0]), geom.size)
            scene.add_mesh_simple(
                f"/model/{body}/{i}",
                mesh.vertices,
                mesh.faces,
                color=tuple(int(255 * c) for c in colour[:3]),
                flat_shading=int(geom.type[0]) == GEOM.mjGEOM_BOX,
                wxyz=geom.quat,
                position=geom.pos,
            )

    def place(self, joints: dict[str, float], objects: dict[str, FloatArray]) -> None:
        """Show joint positions, rad, by name, and poses (7,) of free objects by name."""
        for name, q in joints.items():
            self._data.joint(name).qpos[0] = q
        for name, pose in objects.items():
            self._data.joint(name).qpos[:] = pose
        mujoco.mj_kinematics(self._model, self._data)
        for body, frame in self._frames.items():
            frame.position, frame.wxyz = self._data.xpos[body], self._data.xquat[body]


def _mesh(kind: int, size: FloatArray) -> trimesh.Trimesh:
    """Of a MuJoCo primitive, around its own origin."""
    if kind == GEOM.mjGEOM_BOX:
        return trimesh.creation.box(extents=2 * size)
    if kind == GEOM.mjGEOM_SPHERE:
        return trimesh.creation.icosphere(subdivisions=2, radius=size[0])
    if kind == GEOM.mjGEOM_CYLINDER:
        return trimesh.creation.cylinder(radius=size[0], height=2 * size[1], sections=32)
    if kind == GEOM.mjGEOM_ELLIPSOID:
        ball = trimesh.creation.icosphere(subdivisions=2)
        ball.vertices = np.asarray(ball.vertices) * size
        return ball
    capsule = trimesh.creation.capsule(height=2 * size[1], radius=size[0], count=[16, 16])
    capsule.apply_translation(-capsule.bounds.mean(axis=0))
    return capsule
