"""Robot, table, lamp, distractors and two cameras as one MuJoCo model."""

from pathlib import Path

import mujoco
import numpy as np

from wm_robot.core.arrays import FloatArray
from wm_robot.robots import Box, RobotSpec

ASSETS = Path(__file__).parent / "assets"
TIMESTEP_S = 0.004
CAMERAS = ("front", "top")
DISTRACTORS = ("distractor_0", "distractor_1", "distractor_2", "distractor_3")
FIELD_OF_VIEW_DEG = 20.0
MARGIN = 1.15
"""Half the height of the picture, over the radius of the sphere around what it must show."""


def model_path(robot: RobotSpec) -> Path:
    """The shipped MJCF of `robot`."""
    return ASSETS / f"{robot.name}.xml"


def robot_scene(robot: RobotSpec, view: Box) -> mujoco.MjSpec:
    """An editable scene with `robot` at its table and cameras that frame `view`; a task adds its objects.

    The table top is the plane z = 0. Geoms collide by class: the arm (contype 2) meets the world's
    objects (contype 1, conaffinity 3) and never itself.
    """
    spec = mujoco.MjSpec.from_file(str(model_path(robot)))
    spec.option.timestep = TIMESTEP_S
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    # A tree of boxes over a link's one or two shapes finds the same contacts later than the shapes would.
    spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_MIDPHASE
    quality = spec.visual.quality
    # Software rendering: no shadows, no multisampling and coarse round shapes are worth a factor of 60.
    quality.shadowsize, quality.offsamples, quality.numslices, quality.numstacks = 0, 0, 12, 6
    visual = getattr(spec.visual, "global")
    visual.offwidth, visual.offheight = 1024, 1024
    spec.visual.map.znear = 0.01
    _add_surroundings(spec, robot.workspace)
    for name in CAMERAS:
        position, quat_wxyz = camera_pose(name, view)
        spec.worldbody.add_camera(name=name, pos=position, quat=quat_wxyz, fovy=FIELD_OF_VIEW_DEG)
    return spec


def camera_pose(name: str, view: Box) -> tuple[FloatArray, FloatArray]:
    """Position p_WC (3,), m, and quat_wxyz (4,) of a camera in which every tool position in `view` shows.

    Both look back at the arm from the far side, "front" from its right and 40° down, "top" from its left
    and 60° down, and from far away: close up, the forearm would hide the table. They aim a little high,
    because the hand stands above the tool. MuJoCo cameras look along −z, with +y up in the image.
    """
    azimuth, elevation = np.deg2rad({"front": (-35.0, 40.0), "top": (50.0, 60.0)}[name])
    low, high = np.array(view.low), np.array(view.high)
    radius = float(np.linalg.norm(high - low)) / 2
    target = (low + high) / 2 + [0.0, 0.0, 0.2 * radius]
    backward = np.array(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
    )  # camera +z
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    R_WC = np.column_stack([right, np.cross(backward, right), backward])
    quat_wxyz = np.empty(4)
    mujoco.mju_mat2Quat(quat_wxyz, R_WC.ravel())
    distance = MARGIN * radius / np.tan(np.deg2rad(FIELD_OF_VIEW_DEG / 2))
    return target + distance * backward, quat_wxyz


def _add_surroundings(spec: mujoco.MjSpec, workspace: Box) -> None:
    low, high = np.array(workspace.low), np.array(workspace.high)
    centre, extent = (low + high) / 2, float(np.max((high - low)[:2]))
    box, plane = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_PLANE
    world = spec.worldbody
    # Objects rest on an invisible plane: plane contacts are exact and cheap, box contacts are neither.
    world.add_geom(
        name="table_top",
        type=plane,
        size=[0, 0, 1],
        rgba=[0, 0, 0, 0],
        conaffinity=3,
        friction=[0.4, 0.005, 1e-4],
    )
    world.add_geom(
        name="table",
        type=box,
        pos=[centre[0] - 0.2 * extent, centre[1], -0.02],
        size=[1.0 * extent, 0.75 * extent, 0.0199],
        contype=0,
        conaffinity=0,
    )
    for name, pos, size in (
        ("floor", [0, 0, -0.7], [6, 6, 0.01]),
        ("wall", [-2.0, 0, 1.0], [0.01, 6, 3]),
    ):
        world.add_geom(name=name, type=box, pos=pos, size=size, contype=0, conaffinity=0)
    shapes = (
        box,
        mujoco.mjtGeom.mjGEOM_SPHERE,
        mujoco.mjtGeom.mjGEOM_CAPSULE,
        mujoco.mjtGeom.mjGEOM_ELLIPSOID,
    )
    for name, shape in zip(DISTRACTORS, shapes, strict=True):
        # Invisible until an appearance uses them. Away from the origin, or MuJoCo would ignore later moves.
        size, parked = np.array([0.06, 0.05, 0.07]) * extent, [0, 0, -1]
        world.add_geom(
            name=name, type=shape, pos=parked, size=size, rgba=[0, 0, 0, 0], contype=0, conaffinity=0
        )
    world.add_light(name="lamp", pos=[centre[0], 0, 1.5], dir=[0, 0, -1], castshadow=False)
