"""A scene as data for whoever draws it: its shapes, where they are, and where things touch."""

from dataclasses import dataclass
from typing import Literal

import mujoco
import numpy as np

from wm_robot.core.arrays import FloatArray

ShapeKind = Literal["box", "sphere", "capsule", "cylinder", "ellipsoid"]

KINDS: dict[int, ShapeKind] = {
    int(mujoco.mjtGeom.mjGEOM_BOX): "box",
    int(mujoco.mjtGeom.mjGEOM_SPHERE): "sphere",
    int(mujoco.mjtGeom.mjGEOM_CAPSULE): "capsule",
    int(mujoco.mjtGeom.mjGEOM_CYLINDER): "cylinder",
    int(mujoco.mjtGeom.mjGEOM_ELLIPSOID): "ellipsoid",
}

TOUCHING_M = 1e-3
"""Bodies that are nearer to each other touch."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A visible geom.

    Args:
        name: of the geom, "" for none.
        kind: what it is.
        size: (3,), m, as MuJoCo counts: half extents, or radius and half length.
        body: index of the body that carries it.
        p_BG: its place in the body (3,), m.
        quat_wxyz: its orientation in the body (4,).
        rgba: colour (4,), 0 to 1.
    """

    name: str
    kind: ShapeKind
    size: FloatArray
    body: int
    p_BG: FloatArray
    quat_wxyz: FloatArray
    rgba: FloatArray


def visible_shapes(model: mujoco.MjModel) -> list[Shape]:
    """All primitives of the model that can be seen."""
    return [
        Shape(
            name=model.geom(i).name,
            kind=KINDS[int(model.geom_type[i])],
            size=model.geom_size[i].copy(),
            body=int(model.geom_bodyid[i]),
            p_BG=model.geom_pos[i].copy(),
            quat_wxyz=model.geom_quat[i].copy(),
            rgba=model.geom_rgba[i].copy(),
        )
        for i in range(model.ngeom)
        if model.geom_rgba[i, 3] > 0.0 and int(model.geom_type[i]) in KINDS
    ]


class BodyPoses:
    """Where the bodies of a model are, for any joint positions.

    Args:
        model: compiled scene.
    """

    def __init__(self, model: mujoco.MjModel) -> None:
        self._model, self._data = model, mujoco.MjData(model)

    def at(
        self, joints: dict[str, float], objects: dict[str, FloatArray]
    ) -> list[tuple[FloatArray, FloatArray]]:
        """Position p_WB (3,), m, and quat_wxyz (4,) of each body.

        Args:
            joints: positions by name, rad or m; others stay as they were.
            objects: position, m, and quat_wxyz (7,) of free objects by name.
        """
        for name, q in joints.items():
            self._data.joint(name).qpos[0] = q
        for name, pose in objects.items():
            self._data.joint(name).qpos[:] = pose
        mujoco.mj_kinematics(self._model, self._data)
        return [(self._data.xpos[i].copy(), self._data.xquat[i].copy()) for i in range(self._model.nbody)]


def contact_points(data: mujoco.MjData) -> FloatArray:
    """Where bodies touch (n, 3), m, world frame."""
    near = np.asarray(data.contact.dist) < TOUCHING_M
    return np.array(data.contact.pos)[near].reshape(-1, 3)


def free_objects(model: mujoco.MjModel) -> dict[str, int]:
    """Index of the body of each free object, by the name of the joint by which it is free to move."""
    free = np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)
    return {model.joint(int(i)).name: int(model.jnt_bodyid[i]) for i in free}


def object_poses(model: mujoco.MjModel, data: mujoco.MjData) -> dict[str, FloatArray]:
    """Position, m, and quat_wxyz (7,) of each free object by name."""
    return {name: data.joint(name).qpos.copy() for name in free_objects(model)}
