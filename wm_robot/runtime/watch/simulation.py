"""What a simulation shows of itself."""

import mujoco
import numpy as np

from wm_robot.core.arrays import FloatArray

TOUCHING_M = 1e-3
"""Bodies that are nearer to each other touch."""


def contact_points(data: mujoco.MjData) -> FloatArray:
    """Where bodies touch (n, 3), m, world frame."""
    near = np.asarray(data.contact.dist) < TOUCHING_M
    return np.array(data.contact.pos)[near].reshape(-1, 3)


def free_objects(model: mujoco.MjModel) -> tuple[str, ...]:
    """Names of the joints by which objects are free to move."""
    return tuple(
        model.joint(i).name for i in range(model.njnt) if model.jnt_type[i] == mujoco.mjtJoint.mjJNT_FREE
    )


def object_poses(model: mujoco.MjModel, data: mujoco.MjData) -> dict[str, FloatArray]:
    """Position, m, and quat_wxyz (7,) of each free object by name."""
    return {name: data.joint(name).qpos.copy() for name in free_objects(model)}
